// dsp48e1_mac: one 7-series DSP slice with all its registers: a product, or a running sum of products.
`default_nettype none

module dsp48e1_mac #(
    parameter ACC_W      = 25,       // bits of the result, up to 48
    parameter ACCUMULATE = 1,        // 0: the product alone
    parameter A_INPUT    = "DIRECT"  // where the wide operand comes from, "CASCADE": acin_i
) (
    input  wire             clk_i,
    input  wire [29:0]      a_i,      // signed, 25 bits of it are multiplied
    input  wire [29:0]      acin_i,   // the same from the slice before it in the column, its acout_o
    input  wire [8:0]       b_i,      // signed
    input  wire             first_i,  // two cycles after a_i and b_i: start from 0
    output wire [29:0]      acout_o,  // a_i or acin_i a cycle later, for the next slice of the column alone
    output wire [ACC_W-1:0] sum_o     // three cycles after a_i and b_i
);
    wire [47:0] p;
    // The pre-adder is not used: its registers are there and never clocked, as Vivado wants them for the least power. With ADREG(0)
    // Yosys would move the register in front of A in, and acout_o would be wrong.
    // Z (bits 6:4) is P or 0, X and Y the product. The slice inverts: P unless it starts.
    wire start = ACCUMULATE == 0 || first_i;

    DSP48E1 #(
        .ACASCREG(1), .ADREG(1), .ALUMODEREG(0), .AREG(1), .A_INPUT(A_INPUT), .BCASCREG(1), .BREG(1), .CARRYINREG(0),
        .CARRYINSELREG(0), .CREG(0), .DREG(1), .INMODEREG(0), .IS_OPMODE_INVERTED(7'b0100000), .MREG(1), .OPMODEREG(0),
        .PREG(1), .USE_DPORT("FALSE"), .USE_MULT("MULTIPLY")
    ) slice (
        .CLK(clk_i),
        .A(a_i),
        .B({{9{b_i[8]}}, b_i}),
        .C(48'd0),
        .D(25'd0),
        .OPMODE({1'b0, start, 1'b0, 4'b0101}),
        .ALUMODE(4'd0), .INMODE(5'd0), .CARRYIN(1'b0), .CARRYINSEL(3'd0),
        .CEA1(1'b0), .CEA2(1'b1), .CEAD(1'b0), .CEALUMODE(1'b0), .CEB1(1'b0), .CEB2(1'b1), .CEC(1'b0), .CECARRYIN(1'b0),
        .CECTRL(1'b0), .CED(1'b0), .CEINMODE(1'b0), .CEM(1'b1), .CEP(1'b1),
        .RSTA(1'b0), .RSTALLCARRYIN(1'b0), .RSTALUMODE(1'b0), .RSTB(1'b0), .RSTC(1'b0), .RSTCTRL(1'b0), .RSTD(1'b0),
        .RSTINMODE(1'b0), .RSTM(1'b0), .RSTP(1'b0),
        .ACIN(acin_i), .BCIN(18'd0), .PCIN(48'd0), .CARRYCASCIN(1'b0), .MULTSIGNIN(1'b0),
        .ACOUT(acout_o), .P(p)
    );

    assign sum_o = p[ACC_W-1:0];
    wire unused = &{1'b0, p};
endmodule

`default_nettype wire

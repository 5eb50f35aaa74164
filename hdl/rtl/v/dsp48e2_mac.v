// dsp48e2_mac: one UltraScale+ DSP slice with all its registers: a product, or a running sum of products.
`default_nettype none

module dsp48e2_mac #(
    parameter ACC_W      = 25,  // bits of the result, up to 48
    parameter ACCUMULATE = 1    // 0: the product alone
) (
    input  wire             clk_i,
    input  wire [25:0]      x_i,      // signed
    input  wire [8:0]       y_i,      // signed
    input  wire             first_i,  // two cycles after x_i and y_i: start from 0
    output wire [ACC_W-1:0] sum_o     // three cycles after x_i and y_i
);
    wire [47:0] p;
    // Z (bits 6:4) is P or 0, X and Y the product.
    wire keep = ACCUMULATE != 0 && !first_i;

    DSP48E2 #(
        .ACASCREG(1), .ADREG(0), .ALUMODEREG(0), .AREG(1), .BCASCREG(1), .BREG(1), .CARRYINREG(0), .CARRYINSELREG(0),
        .CREG(0), .DREG(0), .INMODEREG(0), .MREG(1), .OPMODEREG(0), .PREG(1), .USE_MULT("MULTIPLY")
    ) slice (
        .CLK(clk_i),
        .A({{4{x_i[25]}}, x_i}),
        .B({{9{y_i[8]}}, y_i}),
        .C(48'd0),
        .D(27'd0),
        .OPMODE({2'b00, 1'b0, keep, 1'b0, 4'b0101}),
        .ALUMODE(4'd0), .INMODE(5'd0), .CARRYIN(1'b0), .CARRYINSEL(3'd0),
        .CEA1(1'b0), .CEA2(1'b1), .CEAD(1'b0), .CEALUMODE(1'b0), .CEB1(1'b0), .CEB2(1'b1), .CEC(1'b0), .CECARRYIN(1'b0),
        .CECTRL(1'b0), .CED(1'b0), .CEINMODE(1'b0), .CEM(1'b1), .CEP(1'b1),
        .RSTA(1'b0), .RSTALLCARRYIN(1'b0), .RSTALUMODE(1'b0), .RSTB(1'b0), .RSTC(1'b0), .RSTCTRL(1'b0), .RSTD(1'b0),
        .RSTINMODE(1'b0), .RSTM(1'b0), .RSTP(1'b0),
        .ACIN(30'd0), .BCIN(18'd0), .PCIN(48'd0), .CARRYCASCIN(1'b0), .MULTSIGNIN(1'b0),
        .P(p)
    );

    assign sum_o = p[ACC_W-1:0];
    wire unused = &{1'b0, p};
endmodule

`default_nettype wire

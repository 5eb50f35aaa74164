// gw5a_mul: a product in the register of one GW5A DSP block, MULTALU27X18 with its ALU passing the product on.
`default_nettype none

module gw5a_mul #(
    parameter A_W = 27,  // bits of a, at most 27
    parameter B_W = 18   // bits of b, at most 18
) (
    input  wire               clk_i,
    input  wire [A_W-1:0]     a_i,       // signed
    input  wire [B_W-1:0]     b_i,       // signed
    output wire [A_W+B_W-1:0] product_o  // signed, one cycle later
);
    generate
        if (A_W > 27 || B_W > 18) begin : g_check
            ERROR_gw5a_mul_multiplies_27_by_18_bits check ();
        end
    endgenerate

    // A bit more than fits, so that every extension has one bit at least.
    wire [27:0] a = {{(28 - A_W){a_i[A_W-1]}}, a_i};
    wire [18:0] b = {{(19 - B_W){b_i[B_W-1]}}, b_i};
    wire [47:0] out, cascaded;
    wire [26:0] shifted;

    // The register is that behind the multiplier: gowin_pack writes no configuration of this cell's output register on GW5AST-138.
    MULTALU27X18 #(
        .AREG_CLK("BYPASS"), .BREG_CLK("BYPASS"), .DREG_CLK("BYPASS"), .C_IREG_CLK("BYPASS"), .C_PREG_CLK("BYPASS"),
        .PREG_CLK("CLK0"), .PREG_CE("CE0"), .PREG_RESET("RESET0"), .OREG_CLK("BYPASS"),
        .FB_PREG_EN("FALSE"), .SOA_PREG_EN("FALSE"), .MULT_RESET_MODE("SYNC"), .MULT12X12_EN("FALSE"),
        .DYN_P_SEL("FALSE"), .P_SEL(1'b0), .DYN_A_SEL("FALSE"), .A_SEL(1'b0), .DYN_C_SEL("FALSE"), .C_SEL(1'b0),
        .DYN_CASI_SEL("FALSE"), .CASI_SEL(1'b0), .DYN_ACC_SEL("FALSE"), .ACC_SEL(1'b0),
        .DYN_ADD_SUB_0("FALSE"), .ADD_SUB_0(1'b0), .DYN_ADD_SUB_1("FALSE"), .ADD_SUB_1(1'b0)
    ) block (
        .CLK({1'b0, clk_i}), .CE(2'b01), .RESET(2'b00),
        .A(a[26:0]), .B(b[17:0]), .C(48'd0), .D(26'd0), .SIA(27'd0), .CASI(48'd0),
        .ACCSEL(1'b0), .PSEL(1'b0), .ASEL(1'b0), .PADDSUB(1'b0), .CSEL(1'b0), .CASISEL(1'b0), .ADDSUB(2'b00),
        .DOUT(out), .CASO(cascaded), .SOA(shifted)
    );

    assign product_o = out[A_W+B_W-1:0];
    wire unused = &{1'b0, out, cascaded, shifted, a[27], b[18]};
endmodule

`default_nettype wire

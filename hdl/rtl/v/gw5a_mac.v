// gw5a_mac: a running sum of products: the product in half a GW5A DSP block, MULT12X12 with its registers, the sum in LUTs.
`default_nettype none

module gw5a_mac #(
    parameter ACC_W = 25  // bits of the sum, at least 17
) (
    input  wire             clk_i,
    input  wire [7:0]       a_i,      // signed
    input  wire [8:0]       b_i,      // signed
    input  wire             first_i,  // two cycles after a_i and b_i: start from 0
    output wire [ACC_W-1:0] sum_o     // three cycles after a_i and b_i
);
    wire [23:0] out;

    // The register behind the multiplier rather than the one at the output, which gowin_pack gives both halves of a GW5AST-138's block
    // in common.
    MULT12X12 #(
        .AREG_CLK("CLK0"), .AREG_CE("CE0"), .AREG_RESET("RESET0"), .BREG_CLK("CLK0"), .BREG_CE("CE0"), .BREG_RESET("RESET0"),
        .PREG_CLK("CLK0"), .PREG_CE("CE0"), .PREG_RESET("RESET0"), .OREG_CLK("BYPASS"), .MULT_RESET_MODE("SYNC")
    ) half (
        .CLK({1'b0, clk_i}), .CE(2'b01), .RESET(2'b00), .A({{4{a_i[7]}}, a_i}), .B({{3{b_i[8]}}, b_i}), .DOUT(out)
    );

    reg [ACC_W-1:0] acc_q;
    wire [ACC_W-1:0] kept = first_i ? {ACC_W{1'b0}} : acc_q;
    wire [ACC_W:0] product = {{(ACC_W-16){out[16]}}, out[16:0]};
    always @(posedge clk_i) acc_q <= kept + product[ACC_W-1:0];

    assign sum_o = acc_q;
    wire unused = &{1'b0, out[23:17], product[ACC_W]};
endmodule

`default_nettype wire

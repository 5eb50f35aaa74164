// reg_mul: a product in a register.
`default_nettype none

module reg_mul #(
    parameter A_W  = 18,  // bits of a; of GW5A's multiplier at most 27
    parameter B_W  = 18,  // bits of b; of GW5A's multiplier at most 18
    parameter GW5A = 0    // 1: MULTALU27X18 of GW5A is instantiated, 0: left to the tool
) (
    input  wire               clk_i,
    input  wire [A_W-1:0]     a_i,       // signed
    input  wire [B_W-1:0]     b_i,       // signed
    output wire [A_W+B_W-1:0] product_o  // signed, one cycle later
);
    generate
        if (GW5A != 0) begin : g_gw5a
            gw5a_mul #(.A_W(A_W), .B_W(B_W)) block (.clk_i(clk_i), .a_i(a_i), .b_i(b_i), .product_o(product_o));
        end else begin : g_inferred
            wire signed [A_W-1:0] a = a_i;
            wire signed [B_W-1:0] b = b_i;
            reg signed [A_W+B_W-1:0] product_q;
            always @(posedge clk_i) product_q <= a * b;
            assign product_o = product_q;
        end
    endgenerate
endmodule

`default_nettype wire

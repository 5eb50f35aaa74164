// pe: one multiply-accumulate element with its shadow register and its link of the drain chain.
`default_nettype none

module pe #(
    parameter ACC_W = 25  // accumulator bits, at least 17
) (
    input  wire             clk_i,
    input  wire [8:0]       a_i,      // activation, signed
    input  wire [7:0]       w_i,      // weight, signed
    input  wire             first_i,  // two cycles after a_i: start from 0
    input  wire             last_i,   // three cycles after a_i: the sum is complete
    input  wire             load_i,   // the chain takes the shadow
    input  wire [ACC_W-1:0] chain_i,
    output wire [8:0]       a_o,      // to the right, one cycle later
    output wire [7:0]       w_o,      // down, one cycle later
    output wire [ACC_W-1:0] chain_o
);
    generate
        if (ACC_W < 17) begin : g_check_acc
            ERROR_pe_ACC_W_too_small check ();
        end
    endgenerate

    reg signed [8:0] a_q;
    reg signed [7:0] w_q;
    reg signed [16:0] product_q;
    reg signed [ACC_W-1:0] acc_q;
    reg [ACC_W-1:0] shadow_q, chain_q;

    wire signed [ACC_W:0] product = {{(ACC_W-16){product_q[16]}}, product_q};
    wire signed [ACC_W-1:0] kept = first_i ? {ACC_W{1'b0}} : acc_q;

    always @(posedge clk_i) begin
        a_q       <= a_i;
        w_q       <= w_i;
        product_q <= a_q * w_q;
        acc_q     <= kept + product[ACC_W-1:0];
        if (last_i) shadow_q <= acc_q;
        chain_q   <= load_i ? shadow_q : chain_i;
    end

    assign a_o     = a_q;
    assign w_o     = w_q;
    assign chain_o = chain_q;

    wire unused = product[ACC_W];
endmodule

`default_nettype wire

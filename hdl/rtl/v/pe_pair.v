// pe_pair: two multiply-accumulate elements, neighbours in a row, with one multiplier and their link of the drain chain.
`default_nettype none

module pe_pair #(
    parameter ACC_W   = 25,  // accumulator bits, at least 17
    parameter FABRIC  = 0,   // 1: the products are made of LUTs
    parameter PACK    = 0,   // 1: w_i comes as {.., w1, w0}, and leaves as pair_mul wants it
    parameter DSP48E2 = 0    // 1: the DSP slice is instantiated (UltraScale+), 0: left to the tool
) (
    input  wire               clk_i,
    input  wire [8:0]         a_i,      // activation, signed, above -256
    input  wire [16:0]        w_i,      // weights; FABRIC or PACK: {w1 sign, w1, w0}, else {w1 - (w0 < 0), w0}
    input  wire               first_i,  // three cycles after a_i: start from 0
    input  wire               load_i,   // four cycles after a_i: the sums are complete, the chain takes them
    input  wire               take_i,   // the chain takes its neighbour's sums
    input  wire [2*ACC_W-1:0] chain_i,
    output wire [8:0]         a_o,      // to the right, four cycles later
    output wire [16:0]        w_o,      // down, one cycle later
    output wire [2*ACC_W-1:0] chain_o   // the right element's sum above the left one's
);
    generate
        if (ACC_W < 17) begin : g_check_acc
            ERROR_pe_pair_ACC_W_too_small check ();
        end
        if (FABRIC != 0 && PACK != 0) begin : g_check_pack
            ERROR_pe_pair_FABRIC_takes_weights_as_they_come check ();
        end
    endgenerate

    wire [16:0] w;
    generate
        if (PACK != 0) begin : g_pack
            assign w = {w_i[16:8] - {8'd0, w_i[7]}, w_i[7:0]};
        end else begin : g_packed
            assign w = w_i;
        end
    endgenerate

    reg [8:0] a_q, a2_q, a3_q, a4_q;
    reg [16:0] w_q;
    reg [ACC_W-1:0] acc0_q, acc1_q;
    reg [2*ACC_W-1:0] chain_q;
    wire [15:0] product0, product1;
    wire carry0, carry1;

    generate
        if (FABRIC != 0) begin : g_mul
            lut_mul mul0 (.clk_i(clk_i), .a_i(a_i), .w_i(w[7:0]), .product_o(product0), .carry_o(carry0));
            lut_mul mul1 (.clk_i(clk_i), .a_i(a_i), .w_i(w[15:8]), .product_o(product1), .carry_o(carry1));
        end else begin : g_mul
            pair_mul #(.DSP48E2(DSP48E2)) mul (
                .clk_i(clk_i), .a_i(a_i), .w_i(w), .product0_o(product0), .product1_o(product1), .carry1_o(carry1)
            );
            assign carry0 = 1'b0;
        end
    endgenerate

    // Written as subtractions of the complement, with the carry as a lowest bit: a LUT a bit, its carry fed by the product.
    wire [ACC_W-1:0] gone0 = first_i ? {ACC_W{1'b1}} : ~acc0_q;
    wire [ACC_W-1:0] gone1 = first_i ? {ACC_W{1'b1}} : ~acc1_q;
    wire [ACC_W:0] sum0 = {{(ACC_W-16){product0[15]}}, product0, carry0} - {gone0, 1'b1};
    wire [ACC_W:0] sum1 = {{(ACC_W-16){product1[15]}}, product1, carry1} - {gone1, 1'b1};

    always @(posedge clk_i) begin
        a_q    <= a_i;
        a2_q   <= a_q;
        a3_q   <= a2_q;
        a4_q   <= a3_q;
        w_q    <= w;
        acc0_q <= sum0[ACC_W:1];
        acc1_q <= sum1[ACC_W:1];
        if (load_i || take_i) chain_q <= load_i ? {acc1_q, acc0_q} : chain_i;
    end

    assign a_o     = a4_q;
    assign w_o     = w_q;
    assign chain_o = chain_q;

    wire unused = &{1'b0, sum0[0], sum1[0]};
endmodule

`default_nettype wire

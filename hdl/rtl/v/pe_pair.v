// pe_pair: two multiply-accumulate elements, neighbours in a row, with one multiplier; the right sum a cycle later.
`default_nettype none

module pe_pair #(
    parameter ACC_W    = 25,  // accumulator bits, at least 17
    parameter FABRIC   = 0,   // 1: the products are made of LUTs
    parameter SLICE    = 0,   // DSP slice that is instantiated, 1: DSP48E1, 2: DSP48E2; 0: left to the tool
    parameter CASCADED = 0    // 1: w_i is the w_o of another slice
) (
    input  wire             clk_i,
    input  wire [8:0]       a_i,       // activation, signed, above -256
    input  wire [29:0]      w_i,       // weights; FABRIC: {w1, w0}, else (w1 << 16) + w0, signed
    input  wire             first0_i,  // three cycles after a_i: the left sum starts from 0
    input  wire             first1_i,  // a cycle later: the right one does
    output wire [8:0]       a_o,       // to the right, one cycle later
    output wire [29:0]      w_o,       // down, one cycle later; of a slice, for the next slice's w_i alone
    output wire [ACC_W-1:0] sum0_o,    // the left column's, four cycles later
    output wire [ACC_W-1:0] sum1_o     // the right column's, five cycles later
);
    generate
        if (ACC_W < 17) begin : g_check_acc
            ERROR_pe_pair_ACC_W_too_small check ();
        end
    endgenerate

    reg [8:0] a_q;
    reg [ACC_W-1:0] acc0_q, acc1_q;
    wire [15:0] product0, product1;
    wire carry0, carry1;
    // The right product waits a cycle, so that one link of the drain chain takes both sums.
    reg [15:0] product1_q;
    reg carry1_q;

    generate
        if (FABRIC != 0) begin : g_mul
            reg [15:0] w_q;
            always @(posedge clk_i) w_q <= w_i[15:0];
            assign w_o = {14'd0, w_q};
            lut_mul mul0 (.clk_i(clk_i), .a_i(a_i), .w_i(w_i[7:0]), .product_o(product0), .carry_o(carry0));
            lut_mul mul1 (.clk_i(clk_i), .a_i(a_i), .w_i(w_i[15:8]), .product_o(product1), .carry_o(carry1));
            wire unused_weight = &{1'b0, w_i[29:16]};
        end else begin : g_mul
            pair_mul #(.SLICE(SLICE), .CASCADED(CASCADED)) mul (
                .clk_i(clk_i), .a_i(a_i), .w_i(w_i), .w_o(w_o),
                .product0_o(product0), .product1_o(product1), .carry1_o(carry1)
            );
            assign carry0 = 1'b0;
        end
    endgenerate

    // Written as subtractions of the complement, with the carry as a lowest bit: a LUT a bit, its carry fed by the product.
    wire [ACC_W-1:0] gone0 = first0_i ? {ACC_W{1'b1}} : ~acc0_q;
    wire [ACC_W-1:0] gone1 = first1_i ? {ACC_W{1'b1}} : ~acc1_q;
    wire [ACC_W:0] sum0 = {{(ACC_W-16){product0[15]}}, product0, carry0} - {gone0, 1'b1};
    wire [ACC_W:0] sum1 = {{(ACC_W-16){product1_q[15]}}, product1_q, carry1_q} - {gone1, 1'b1};

    always @(posedge clk_i) begin
        a_q        <= a_i;
        product1_q <= product1;
        carry1_q   <= carry1;
        acc0_q     <= sum0[ACC_W:1];
        acc1_q     <= sum1[ACC_W:1];
    end

    assign a_o    = a_q;
    assign sum0_o = acc0_q;
    assign sum1_o = acc1_q;

    wire unused = &{1'b0, sum0[0], sum1[0]};
endmodule

`default_nettype wire

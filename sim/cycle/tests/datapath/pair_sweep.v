// pair_sweep: multiplies every activation by every pair of weights, eight left weights at a time, and counts what is wrong.
`default_nettype none

module pair_sweep (
    input  wire        clk_i,
    input  wire        rst_i,
    output wire        done_o,
    output wire [31:0] wrong_o,   // products of an inferred slice, of instantiated ones, or of LUTs
    output wire [31:0] checked_o  // pairs of products
);
    localparam LANES = 8;

    // Operands in cycle n; products and what they must be three cycles later.
    reg signed [8:0] a_q = -9'sd128;
    reg signed [7:0] w1_q = 8'sd0;
    reg [4:0] block_q = 5'd0;
    reg [2:0] left_q = 3'd0;
    reg ended_q = 1'b0;
    reg [31:0] wrong_q = 32'd0, checked_q = 32'd0;
    reg signed [8:0] a1_q, a2_q, a3_q;
    reg signed [7:0] w1_1_q, w1_2_q, w1_3_q;
    reg [4:0] block1_q, block2_q, block3_q;
    reg [2:0] live_q = 3'd0;
    wire [LANES-1:0] wrong;

    always @(posedge clk_i) begin
        if (!ended_q) begin
            w1_q <= w1_q + 8'sd1;
            if (&w1_q) begin
                block_q <= block_q + 5'd1;
                if (&block_q) begin
                    a_q <= a_q + 9'sd1;
                    if (a_q == 9'sd255) ended_q <= 1'b1;
                end
            end
        end else left_q <= left_q == 3'd7 ? 3'd7 : left_q + 3'd1;
        a1_q <= a_q; a2_q <= a1_q; a3_q <= a2_q;
        w1_1_q <= w1_q; w1_2_q <= w1_1_q; w1_3_q <= w1_2_q;
        block1_q <= block_q; block2_q <= block1_q; block3_q <= block2_q;
        live_q <= {live_q[1:0], !ended_q};
        if (live_q[2]) begin
            checked_q <= checked_q + LANES;
            if (wrong != 0) wrong_q <= wrong_q + 32'd1;
        end
    end

    genvar i, slice;
    generate
        for (i = 0; i < LANES; i = i + 1) begin : g_lane
            localparam [2:0] LOW = i;
            wire signed [7:0] w0 = {block_q, LOW};
            wire signed [7:0] w0_3 = {block3_q, LOW};
            wire [29:0] packed_w = {{6{w1_q[7]}}, w1_q, 16'd0} + {{22{w0[7]}}, w0};
            wire [15:0] first = a3_q * w0_3;
            wire [15:0] second = a3_q * w1_3_q;
            wire [15:0] l0, l1;
            wire k0, k1;
            wire [2:0] differ;
            // Left to the tool, DSP48E1, DSP48E2.
            for (slice = 0; slice < 3; slice = slice + 1) begin : g_slice
                wire [15:0] p0, p1;
                wire c1;
                wire [29:0] down;
                pair_mul #(.SLICE(slice)) mul (
                    .clk_i(clk_i), .a_i(a_q), .w_i(packed_w), .w_o(down), .product0_o(p0), .product1_o(p1), .carry1_o(c1)
                );
                assign differ[slice] = p0 != first || p1 + {15'd0, c1} != second;
                wire unused = &{1'b0, down};
            end
            lut_mul left (.clk_i(clk_i), .a_i(a_q), .w_i(w0), .product_o(l0), .carry_o(k0));
            lut_mul right (.clk_i(clk_i), .a_i(a_q), .w_i(w1_q), .product_o(l1), .carry_o(k1));
            assign wrong[i] = differ != 3'd0 || l0 + {15'd0, k0} != first || l1 + {15'd0, k1} != second;
        end
    endgenerate

    assign done_o    = left_q == 3'd7;
    assign wrong_o   = wrong_q;
    assign checked_o = checked_q;
    wire unused = rst_i;
endmodule

`default_nettype wire

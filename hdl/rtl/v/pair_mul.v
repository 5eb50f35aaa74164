// pair_mul: one activation times two weights in one DSP slice: the weights lie 16 bits apart in the wide operand.
`default_nettype none

module pair_mul #(
    parameter DSP48E2 = 0  // 1: the slice is instantiated (UltraScale+), 0: left to the tool
) (
    input  wire        clk_i,
    input  wire [8:0]  a_i,         // activation, signed, above -256
    input  wire [16:0] w_i,         // {w1 - (w0 < 0), w0}: the sum (w1 << 16) + w0 without its sign bits in between
    output wire [15:0] product0_o,  // a * w0, signed, three cycles later
    output wire [15:0] product1_o,  // a * w1, signed, less carry1_o
    output wire        carry1_o     // the low product was negative and took one from the high product
);
    wire [25:0] packed_w = {w_i[16], w_i[16:8], {8{w_i[7]}}, w_i[7:0]};
    wire [33:0] p;

    generate
        if (DSP48E2 != 0) begin : g_slice
            dsp48e2_mac #(.ACC_W(34), .ACCUMULATE(0)) mac (
                .clk_i(clk_i), .x_i(packed_w), .y_i(a_i), .first_i(1'b1), .sum_o(p)
            );
        end else begin : g_inferred
            reg signed [24:0] w_q;
            reg signed [8:0] a_q;
            reg signed [33:0] m_q, p_q;
            always @(posedge clk_i) begin
                w_q <= packed_w[24:0];
                a_q <= a_i;
                m_q <= a_q * w_q;
                p_q <= m_q;
            end
            assign p = p_q;
            wire unused = packed_w[25];
        end
    endgenerate

    assign product0_o = p[15:0];
    assign product1_o = p[31:16];
    assign carry1_o   = p[15];
    wire unused_sign = &{1'b0, p[33:32]};
endmodule

`default_nettype wire

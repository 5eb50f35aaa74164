// pair_mul: one activation times two weights in one DSP slice: the weights lie 16 bits apart in the wide operand.
`default_nettype none

module pair_mul #(
    parameter SLICE    = 0,  // slice that is instantiated, 1: DSP48E1, 2: DSP48E2; 0: left to the tool
    parameter CASCADED = 0   // 1: w_i is the w_o of another slice
) (
    input  wire        clk_i,
    input  wire [8:0]  a_i,         // activation, signed, above -256
    input  wire [29:0] w_i,         // (w1 << 16) + w0, signed
    output wire [29:0] w_o,         // w_i a cycle later; of a slice, for the next slice's w_i alone
    output wire [15:0] product0_o,  // a * w0, signed, three cycles later
    output wire [15:0] product1_o,  // a * w1, signed, less carry1_o
    output wire        carry1_o     // the low product was negative and took one from the high product
);
    wire [33:0] p;

    generate
        if (SLICE != 0) begin : g_slice
            dsp_mac #(.SLICE(SLICE), .CASCADED(CASCADED), .ACC_W(34), .ACCUMULATE(0)) mac (
                .clk_i(clk_i), .x_i(w_i), .y_i(a_i), .first_i(1'b1), .x_o(w_o), .sum_o(p)
            );
        end else begin : g_inferred
            // The low weight's sign fills the bits up to the high one.
            reg signed [24:0] w_q;
            reg [16:0] down_q;
            reg signed [8:0] a_q;
            reg signed [33:0] m_q, p_q;
            always @(posedge clk_i) begin
                w_q    <= w_i[24:0];
                down_q <= {w_i[24:16], w_i[7:0]};
                a_q    <= a_i;
                m_q    <= a_q * w_q;
                p_q    <= m_q;
            end
            assign p   = p_q;
            assign w_o = {{5{down_q[16]}}, down_q[16:8], {8{down_q[7]}}, down_q[7:0]};
            wire unused = &{1'b0, w_i[29:25]};
        end
    endgenerate

    assign product0_o = p[15:0];
    assign product1_o = p[31:16];
    assign carry1_o   = p[15];
    wire unused_sign = &{1'b0, p[33:32]};
endmodule

`default_nettype wire

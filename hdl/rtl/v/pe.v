// pe: one multiply-accumulate element: one DSP slice that holds the product and, where it can, the sum.
`default_nettype none

module pe #(
    parameter ACC_W    = 25,  // accumulator bits, 17 to 48
    parameter SLICE    = 0,   // DSP slice that is instantiated, 1: DSP48E1, 2: DSP48E2, 3: MULT12X12 of GW5A; 0: left to the tool
    parameter CASCADED = 0    // 1: w_i is the w_o of another slice
) (
    input  wire             clk_i,
    input  wire [8:0]       a_i,      // activation, signed
    input  wire [29:0]      w_i,      // weight, signed, 8 bits and their sign
    input  wire             first_i,  // two cycles after a_i: start from 0
    output wire [8:0]       a_o,      // to the right, one cycle later
    output wire [29:0]      w_o,      // down, one cycle later; of a slice, for the next slice's w_i alone
    output wire [ACC_W-1:0] sum_o     // three cycles later
);
    generate
        if (ACC_W < 17 || ACC_W > 48) begin : g_check_acc
            ERROR_pe_ACC_W_must_be_17_to_48 check ();
        end
    endgenerate

    reg signed [8:0] a_q;
    always @(posedge clk_i) a_q <= a_i;
    assign a_o = a_q;

    generate
        if (SLICE != 0) begin : g_slice
            dsp_mac #(.SLICE(SLICE), .CASCADED(CASCADED), .ACC_W(ACC_W), .ACCUMULATE(1)) mac (
                .clk_i(clk_i), .x_i(w_i), .y_i(a_i), .first_i(first_i), .x_o(w_o), .sum_o(sum_o)
            );
        end else begin : g_inferred
            reg signed [7:0] w_q;
            reg signed [16:0] product_q;
            reg signed [ACC_W-1:0] acc_q;
            wire signed [ACC_W:0] product = {{(ACC_W-16){product_q[16]}}, product_q};
            wire signed [ACC_W-1:0] kept = first_i ? {ACC_W{1'b0}} : acc_q;
            always @(posedge clk_i) begin
                w_q       <= w_i[7:0];
                product_q <= a_q * w_q;
                acc_q     <= kept + product[ACC_W-1:0];
            end
            assign w_o   = {{22{w_q[7]}}, w_q};
            assign sum_o = acc_q;
            wire unused = &{1'b0, product[ACC_W], w_i[29:8]};
        end
    endgenerate
endmodule

`default_nettype wire

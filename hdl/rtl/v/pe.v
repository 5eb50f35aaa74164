// pe: one multiply-accumulate element: one DSP slice that holds the product and the sum.
`default_nettype none

module pe #(
    parameter ACC_W   = 25,  // accumulator bits, 17 to 48
    parameter DSP48E2 = 0    // 1: the slice is instantiated (UltraScale+), 0: left to the tool
) (
    input  wire             clk_i,
    input  wire [8:0]       a_i,      // activation, signed
    input  wire [7:0]       w_i,      // weight, signed
    input  wire             first_i,  // two cycles after a_i: start from 0
    output wire [8:0]       a_o,      // to the right, one cycle later
    output wire [7:0]       w_o,      // down, one cycle later
    output wire [ACC_W-1:0] sum_o     // three cycles later
);
    generate
        if (ACC_W < 17 || ACC_W > 48) begin : g_check_acc
            ERROR_pe_ACC_W_must_be_17_to_48 check ();
        end
    endgenerate

    reg signed [8:0] a_q;
    reg signed [7:0] w_q;

    always @(posedge clk_i) begin
        a_q <= a_i;
        w_q <= w_i;
    end

    generate
        if (DSP48E2 != 0) begin : g_slice
            dsp48e2_mac #(.ACC_W(ACC_W), .ACCUMULATE(1)) mac (
                .clk_i(clk_i), .x_i({{18{w_i[7]}}, w_i}), .y_i(a_i), .first_i(first_i), .sum_o(sum_o)
            );
        end else begin : g_inferred
            reg signed [16:0] product_q;
            reg signed [ACC_W-1:0] acc_q;
            wire signed [ACC_W:0] product = {{(ACC_W-16){product_q[16]}}, product_q};
            wire signed [ACC_W-1:0] kept = first_i ? {ACC_W{1'b0}} : acc_q;
            always @(posedge clk_i) begin
                product_q <= a_q * w_q;
                acc_q     <= kept + product[ACC_W-1:0];
            end
            assign sum_o = acc_q;
            wire unused = product[ACC_W];
        end
    endgenerate

    assign a_o = a_q;
    assign w_o = w_q;
endmodule

`default_nettype wire

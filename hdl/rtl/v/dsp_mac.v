// dsp_mac: a product, or a running sum of products, in one DSP slice of the device, instantiated.
`default_nettype none

module dsp_mac #(
    parameter SLICE      = 1,   // 1: DSP48E1, 2: DSP48E2, 3: MULT12X12 of GW5A with the sum in LUTs, never CASCADED
    parameter CASCADED   = 0,   // 1: x_i is the x_o of another slice, 0: it comes from the fabric
    parameter ACC_W      = 25,  // bits of the result, up to 48
    parameter ACCUMULATE = 1    // 0: the product alone
) (
    input  wire             clk_i,
    input  wire [29:0]      x_i,      // signed; DSP48E1 multiplies 25 bits of it, DSP48E2 27, MULT12X12 8
    input  wire [8:0]       y_i,      // signed
    input  wire             first_i,  // two cycles after x_i and y_i: start from 0
    output wire [29:0]      x_o,      // x_i a cycle later, for the next slice of the column alone
    output wire [ACC_W-1:0] sum_o     // three cycles after x_i and y_i
);
    // A name for every choice: a string chosen by an expression would be padded.
    generate
        if (SLICE == 1 && CASCADED == 0) begin : g_e1
            dsp48e1_mac #(.ACC_W(ACC_W), .ACCUMULATE(ACCUMULATE), .A_INPUT("DIRECT")) mac (
                .clk_i(clk_i), .a_i(x_i), .acin_i(30'd0), .b_i(y_i), .first_i(first_i), .acout_o(x_o), .sum_o(sum_o)
            );
        end else if (SLICE == 1) begin : g_e1_below
            dsp48e1_mac #(.ACC_W(ACC_W), .ACCUMULATE(ACCUMULATE), .A_INPUT("CASCADE")) mac (
                .clk_i(clk_i), .a_i(30'd0), .acin_i(x_i), .b_i(y_i), .first_i(first_i), .acout_o(x_o), .sum_o(sum_o)
            );
        end else if (SLICE == 2 && CASCADED == 0) begin : g_e2
            dsp48e2_mac #(.ACC_W(ACC_W), .ACCUMULATE(ACCUMULATE), .A_INPUT("DIRECT")) mac (
                .clk_i(clk_i), .a_i(x_i), .acin_i(30'd0), .b_i(y_i), .first_i(first_i), .acout_o(x_o), .sum_o(sum_o)
            );
        end else if (SLICE == 2) begin : g_e2_below
            dsp48e2_mac #(.ACC_W(ACC_W), .ACCUMULATE(ACCUMULATE), .A_INPUT("CASCADE")) mac (
                .clk_i(clk_i), .a_i(30'd0), .acin_i(x_i), .b_i(y_i), .first_i(first_i), .acout_o(x_o), .sum_o(sum_o)
            );
        end else if (SLICE == 3 && CASCADED == 0 && ACCUMULATE == 1) begin : g_gw5a
            gw5a_mac #(.ACC_W(ACC_W)) mac (.clk_i(clk_i), .a_i(x_i[7:0]), .b_i(y_i), .first_i(first_i), .sum_o(sum_o));
            // Below it the weights come from the fabric.
            assign x_o = 30'd0;
            wire unused = &{1'b0, x_i[29:8]};
        end else begin : g_check
            ERROR_dsp_mac_SLICE_must_be_1_to_3_and_what_3_leaves_out_not_asked_of_it check ();
        end
    endgenerate
endmodule

`default_nettype wire

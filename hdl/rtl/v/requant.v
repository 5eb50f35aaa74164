// requant: all lanes from accumulator to activation; parameters enter at lane 0 and go down one lane per cycle.
`default_nettype none

module requant #(
    parameter ROWS       = 4,   // lanes
    parameter ACC_W      = 25,  // accumulator bits
    parameter MULT_W     = 17,  // multiplier bits
    parameter FRACTION   = 20,  // fraction bits of the multipliers
    parameter RESIDUAL   = 0,   // 1: the residual is rescaled and added
    parameter RESIDUAL_W = 1,   // bits of the multiplier of the residual
    parameter RESIDUAL_DELAY = 11,  // cycles from a residual value to its column's sum, at least 1
    parameter WIDE       = 0    // bits of a multiplier's wide operand where it has no sum, 18 or 27, see requant_lane
) (
    input  wire                  clk_i,
    input  wire                  rst_i,
    input  wire [ROWS*ACC_W-1:0] acc_i,         // signed; lane r comes r cycles late
    input  wire [ROWS-1:0]       mask_i,          // beside acc_i
    input  wire [ACC_W-1:0]      bias_i,        // beside lane 0, signed
    input  wire [MULT_W-1:0]     mult_i,
    input  wire [ROWS*8-1:0]     residual_act_i,        // RESIDUAL_DELAY cycles before its sum
    input  wire [RESIDUAL_W-1:0] residual_mult_i,
    input  wire                  residual_signed_i,
    input  wire                  relu_i,
    input  wire                  out_signed_i,
    input  wire                  out_wide_i,
    output wire [ROWS*17-1:0]    y_o,           // signed, four cycles later
    output wire [ROWS-1:0]       mask_o
);
    wire [(ROWS+1)*ACC_W-1:0] bias;
    wire [(ROWS+1)*MULT_W-1:0] mult;
    wire [(ROWS+1)*RESIDUAL_W-1:0] residual_mult;
    wire [ROWS:0] residual_signed, relu, out_signed, out_wide;
    assign residual_mult[0 +: RESIDUAL_W] = residual_mult_i;
    assign residual_signed[0] = residual_signed_i;
    assign relu[0] = relu_i;
    assign bias[0 +: ACC_W] = bias_i;
    assign mult[0 +: MULT_W] = mult_i;
    assign out_signed[0] = out_signed_i;
    assign out_wide[0] = out_wide_i;

    genvar r;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_lane
            requant_lane #(
                .ACC_W(ACC_W), .MULT_W(MULT_W), .FRACTION(FRACTION),
                .RESIDUAL(RESIDUAL), .RESIDUAL_W(RESIDUAL_W), .RESIDUAL_DELAY(RESIDUAL_DELAY), .WIDE(WIDE)
            ) lane (
                .clk_i(clk_i),
                .acc_i(acc_i[r*ACC_W +: ACC_W]),
                .mask_i(mask_i[r]),
                .bias_i(bias[r*ACC_W +: ACC_W]),
                .mult_i(mult[r*MULT_W +: MULT_W]),
                .residual_act_i(residual_act_i[r*8 +: 8]),
                .residual_mult_i(residual_mult[r*RESIDUAL_W +: RESIDUAL_W]),
                .residual_signed_i(residual_signed[r]),
                .relu_i(relu[r]),
                .out_signed_i(out_signed[r]),
                .out_wide_i(out_wide[r]),
                .bias_o(bias[(r+1)*ACC_W +: ACC_W]),
                .mult_o(mult[(r+1)*MULT_W +: MULT_W]),
                .residual_mult_o(residual_mult[(r+1)*RESIDUAL_W +: RESIDUAL_W]),
                .residual_signed_o(residual_signed[r+1]),
                .relu_o(relu[r+1]),
                .out_signed_o(out_signed[r+1]),
                .out_wide_o(out_wide[r+1]),
                .y_o(y_o[r*17 +: 17]),
                .mask_o(mask_o[r])
            );
        end
    endgenerate

    wire unused = &{
        1'b0, rst_i, bias[ROWS*ACC_W +: ACC_W], mult[ROWS*MULT_W +: MULT_W], residual_mult[ROWS*RESIDUAL_W +: RESIDUAL_W],
        residual_signed[ROWS], relu[ROWS], out_signed[ROWS], out_wide[ROWS]
    };
endmodule

`default_nettype wire

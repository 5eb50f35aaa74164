// lane_add: moves a lane on by up to ROWS pixels; combinational, both sums side by side.
`default_nettype none

module lane_add #(
    parameter LANE_W = 2,  // bits of a lane index
    parameter CNT_W  = 3   // bits of a pixel count
) (
    input  wire [LANE_W-1:0] lane_i,
    input  wire [CNT_W-1:0]  pixels_i,  // 0 to rows
    input  wire [CNT_W:0]    back_i,    // pixels - rows, signed
    output wire [LANE_W-1:0] lane_o,    // (lane + pixels) mod rows
    output wire              carry_o    // into the next tile
);
    wire [CNT_W:0] lane    = {{(CNT_W + 1 - LANE_W){1'b0}}, lane_i};
    wire [CNT_W:0] sum     = lane + {1'b0, pixels_i};
    wire [CNT_W:0] wrapped = lane + back_i;

    assign carry_o = !wrapped[CNT_W];
    assign lane_o  = carry_o ? wrapped[LANE_W-1:0] : sum[LANE_W-1:0];

    wire unused = &{1'b0, sum, wrapped};
endmodule

`default_nettype wire

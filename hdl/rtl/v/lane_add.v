// lane_add: moves a lane on by up to ROWS pixels; combinational.
`default_nettype none

module lane_add #(
    parameter ROWS   = 4,  // lanes
    parameter LANE_W = 2,  // bits of a lane index, clog2(ROWS)
    parameter CNT_W  = 3   // bits of a pixel count, clog2(ROWS + 1)
) (
    input  wire [LANE_W-1:0] lane_i,
    input  wire [CNT_W-1:0]  pixels_i,  // 0 to ROWS
    output wire [LANE_W-1:0] lane_o,    // (lane + pixels) mod ROWS
    output wire              carry_o    // into the next tile
);
    localparam [31:0] ROWS_VALUE = ROWS;

    wire [CNT_W+1:0] lane    = {{(CNT_W + 2 - LANE_W){1'b0}}, lane_i};
    wire [CNT_W+1:0] pixels  = {2'b00, pixels_i};
    wire [CNT_W+1:0] back    = pixels - ROWS_VALUE[CNT_W+1:0];  // a function of pixels_i alone
    wire [CNT_W+1:0] sum     = lane + pixels;
    wire [CNT_W+1:0] wrapped = lane + back;

    assign carry_o = !wrapped[CNT_W+1];
    assign lane_o  = carry_o ? wrapped[LANE_W-1:0] : sum[LANE_W-1:0];

    wire unused = &{1'b0, sum[CNT_W+1:LANE_W], wrapped[CNT_W:LANE_W]};
endmodule

`default_nettype wire

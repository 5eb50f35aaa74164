// lane_sum: sum and check of a column over the valid lanes, each a chain of one register per lane; for a dump one lane alone.
`default_nettype none

module lane_sum #(
    parameter ROWS   = 4,  // lanes
    parameter LANE_W = 2,  // bits of a lane index, clog2(ROWS)
    parameter SUM_W  = 19  // bits of the sum, signed, at least 17 + clog2(ROWS)
) (
    input  wire              clk_i,
    input  wire              rst_i,
    input  wire [ROWS*17-1:0] y_i,    // signed; lane r comes r cycles late
    input  wire [ROWS-1:0]   mask_i,    // beside y_i
    input  wire              dump_i,  // the sum is that of lane_i alone
    input  wire [LANE_W-1:0] lane_i,
    output wire [SUM_W-1:0]  sum_o,   // signed, ROWS cycles after lane 0
    output wire [15:0]       check_o  // over lanes r: rotate left by one, then add
);
    generate
        if (SUM_W < 17 + $clog2(ROWS)) begin : g_check_sum
            ERROR_lane_sum_SUM_W_too_small check ();
        end
        if (LANE_W != $clog2(ROWS)) begin : g_check_lane
            ERROR_lane_sum_LANE_W_must_be_clog2_of_ROWS check ();
        end
    endgenerate

    wire [(ROWS+1)*SUM_W-1:0] sum;
    wire [(ROWS+1)*16-1:0] check;
    assign sum[0 +: SUM_W] = {SUM_W{1'b0}};
    assign check[0 +: 16] = 16'd0;

    genvar r;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_lane
            wire [16:0] y = mask_i[r] ? y_i[r*17 +: 17] : 17'd0;
            wire [15:0] prior = check[r*16 +: 16];
            localparam [31:0] LANE = r;
            reg counts_q;
            reg [SUM_W-1:0] sum_q;
            reg [15:0] check_q;
            always @(posedge clk_i) begin
                counts_q <= !dump_i || lane_i == LANE[LANE_W-1:0];
                sum_q    <= sum[r*SUM_W +: SUM_W] + (counts_q ? {{(SUM_W-17){y[16]}}, y} : {SUM_W{1'b0}});
                check_q  <= {prior[14:0], prior[15]} + y[15:0];
            end
            assign sum[(r+1)*SUM_W +: SUM_W] = sum_q;
            assign check[(r+1)*16 +: 16] = check_q;
        end
    endgenerate

    assign sum_o   = sum[ROWS*SUM_W +: SUM_W];
    assign check_o = check[ROWS*16 +: 16];

    wire unused = rst_i;
endmodule

`default_nettype wire

// rotate_stage: one registered rotation of the lanes by sel * STEP, sel = 0 to 3.
`default_nettype none

module rotate_stage #(
    parameter ROWS  = 4,  // lanes
    parameter WIDTH = 8,  // bits of a lane
    parameter STEP  = 1   // lanes per unit of sel
) (
    input  wire                  clk_i,
    input  wire [ROWS*WIDTH-1:0] data_i,
    input  wire [ROWS*2-1:0]     sel_i,  // the same for every lane
    output wire [ROWS*WIDTH-1:0] data_o  // lane r = lane (r + sel * STEP) mod ROWS, one cycle later
);
    genvar r;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_lane
            reg [WIDTH-1:0] lane_q;
            always @(posedge clk_i)
                case (sel_i[r*2 +: 2])
                    2'd0: lane_q <= data_i[r*WIDTH +: WIDTH];
                    2'd1: lane_q <= data_i[((r + STEP) % ROWS)*WIDTH +: WIDTH];
                    2'd2: lane_q <= data_i[((r + 2*STEP) % ROWS)*WIDTH +: WIDTH];
                    default: lane_q <= data_i[((r + 3*STEP) % ROWS)*WIDTH +: WIDTH];
                endcase
            assign data_o[r*WIDTH +: WIDTH] = lane_q;
        end
    endgenerate
endmodule

`default_nettype wire

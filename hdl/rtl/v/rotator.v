// rotator: lane r takes bank (r + rot) mod ROWS, in ceil(ROT_W / 2) registered stages of 4-to-1 multiplexers.
`default_nettype none

module rotator #(
    parameter ROWS  = 4,  // lanes, at least 2
    parameter ROT_W = 2,  // bits of the amount, clog2(ROWS)
    parameter WIDTH = 8,  // bits of a lane
    parameter EARLY = 0   // 1: rot_i comes a cycle before data_i, and every lane has a register of its own for it
) (
    input  wire                  clk_i,
    input  wire                  rst_i,
    input  wire [ROWS*WIDTH-1:0] data_i,
    input  wire [ROT_W-1:0]      rot_i,   // EARLY cycles before data_i, below ROWS
    output wire [ROWS*WIDTH-1:0] data_o   // STAGES cycles after data_i
);
    localparam STAGES = (ROT_W + 1) / 2;
    localparam LANES_W = ROWS * WIDTH;

    generate
        if (ROWS < 2) begin : g_check_rows
            ERROR_rotator_ROWS_must_be_at_least_2 check ();
        end
        if (ROT_W != $clog2(ROWS)) begin : g_check_rot
            ERROR_rotator_ROT_W_must_be_clog2_of_ROWS check ();
        end
    endgenerate

    wire [2*STAGES:0] rot = {{(2*STAGES + 1 - ROT_W){1'b0}}, rot_i};
    wire [(STAGES+1)*LANES_W-1:0] lanes;
    assign lanes[0 +: LANES_W] = data_i;
    assign data_o = lanes[STAGES*LANES_W +: LANES_W];

    genvar s, r;
    generate
        for (s = 0; s < STAGES; s = s + 1) begin : g_stage
            wire [1:0] sel;
            delay #(.WIDTH(2), .N(s)) sel_delay (
                .clk_i(clk_i), .rst_i(1'b0), .d_i(rot[2*s +: 2]), .d_o(sel)
            );
            wire [2*ROWS-1:0] lane_sel;
            for (r = 0; r < ROWS; r = r + 1) begin : g_sel
                if (EARLY != 0) begin : g_own
                    // Synthesis would make one register of them. Vivado looks at the register's mark, Yosys at the block's.
                    (* keep = "true" *) reg [1:0] sel_q;
                    (* keep *) always @(posedge clk_i) sel_q <= sel;
                    assign lane_sel[2*r +: 2] = sel_q;
                end else begin : g_common
                    assign lane_sel[2*r +: 2] = sel;
                end
            end
            rotate_stage #(.ROWS(ROWS), .WIDTH(WIDTH), .STEP(1 << (2*s))) stage (
                .clk_i(clk_i),
                .data_i(lanes[s*LANES_W +: LANES_W]),
                .sel_i(lane_sel),
                .data_o(lanes[(s+1)*LANES_W +: LANES_W])
            );
        end
    endgenerate

    wire unused = &{1'b0, rst_i, rot[2*STAGES]};
endmodule

`default_nettype wire

// pool_data: the pool engine's datapath: rotation, lane mask, maximum over rows and over lanes, stride, rotation, maximum with what
// others have begun, FIFO. Never stalls.
`default_nettype none

module pool_data #(
    parameter ROWS     = 4,   // lanes
    parameter LANE_W   = 2,   // bits of a lane index, clog2(ROWS)
    parameter CNT_W    = 3,   // bits of a pixel count, clog2(ROWS + 1)
    parameter KERNEL   = 3,   // largest kernel, at most ROWS
    parameter MERGE    = 1,   // there are reads of what others have begun
    parameter K_W      = 2,   // bits of kernel_last and pad
    parameter STRIDE_W = 3,   // bits of the stride, which is 1 to 4
    parameter FIFO     = 16   // results in flight, a power of two
) (
    input  wire                clk_i,
    input  wire                rst_i,
    input  wire                read_i,         // cycle v: a read is granted
    input  wire                read_merge_i,   // of what there is of the chunk's result; before its rows
    input  wire                read_first_i,   // of the chunk's rows
    input  wire                read_last_i,
    input  wire [LANE_W-1:0]   read_lane_i,    // bank of the chunk's first pixel
    input  wire [K_W-1:0]      read_lo_i,      // lanes from lo to end - 1 lie inside the map
    input  wire [CNT_W-1:0]    read_end_i,
    input  wire [LANE_W-1:0]   read_dst_i,     // bank of the first pooled pixel
    input  wire [CNT_W-1:0]    read_out_i,     // pooled pixels
    input  wire [K_W-1:0]      kernel_last_i,  // of the operation, stable while results are in flight
    input  wire [STRIDE_W-1:0] stride_i,
    input  wire                signed_i,
    input  wire [ROWS*8-1:0]   data_i,         // the banks' words, at v + 3
    output wire                ready_o,        // a result is waiting
    output wire [ROWS-1:0]     mask_o,         // its banks
    output wire [ROWS*8-1:0]   data_o,
    input  wire                take_i          // it is written
);
    localparam ROT     = (LANE_W + 1) / 2;
    localparam LATENCY = 4 + 2*ROT + KERNEL;  // of a result in its banks
    localparam LANES   = ROWS * 8;
    localparam LEN_W   = $clog2(FIFO);
    localparam [31:0] ROWS_VALUE = ROWS;

    generate
        if (KERNEL < 1 || KERNEL > ROWS) begin : g_check_kernel
            ERROR_pool_data_KERNEL_must_be_1_to_ROWS check ();
        end
        if ((1 << LEN_W) != FIFO) begin : g_check_fifo
            ERROR_pool_data_FIFO_must_be_a_power_of_two check ();
        end
        if (LANE_W != $clog2(ROWS)) begin : g_check_lane
            ERROR_pool_data_LANE_W_must_be_clog2_of_ROWS check ();
        end
        if (CNT_W != $clog2(ROWS + 1)) begin : g_check_count
            ERROR_pool_data_CNT_W_must_be_clog2_of_ROWS_plus_1 check ();
        end
        if (STRIDE_W < 3) begin : g_check_stride
            ERROR_pool_data_STRIDE_W_must_be_at_least_3 check ();
        end
    endgenerate

    // v + 3: the first pixel's bank becomes lane 0.
    wire [LANE_W-1:0] lane_rot;
    wire [LANES-1:0] lanes;
    delay #(.WIDTH(LANE_W), .N(3)) lane_delay (.clk_i(clk_i), .rst_i(1'b0), .d_i(read_lane_i), .d_o(lane_rot));
    rotator #(.ROWS(ROWS), .ROT_W(LANE_W), .WIDTH(8)) source (
        .clk_i(clk_i), .rst_i(rst_i), .data_i(data_i), .rot_i(lane_rot), .data_o(lanes)
    );

    // v + 3 + ROT: lanes outside the map lose every comparison; with the sign bit turned over the neutral element is 0.
    wire valid, first;
    wire [K_W-1:0] lo;
    wire [CNT_W-1:0] over;
    delay #(.WIDTH(1), .N(3 + ROT), .RESET(1)) valid_delay (.clk_i(clk_i), .rst_i(rst_i), .d_i(read_i && !read_merge_i), .d_o(valid));
    delay #(.WIDTH(1), .N(3 + ROT)) first_delay (.clk_i(clk_i), .rst_i(1'b0), .d_i(read_first_i), .d_o(first));
    delay #(.WIDTH(K_W + CNT_W), .N(2 + ROT)) limit_delay (
        .clk_i(clk_i), .rst_i(1'b0), .d_i({read_lo_i, read_end_i}), .d_o({lo, over})
    );
    wire [31:0] lo_wide   = {{(32 - K_W){1'b0}}, lo};
    wire [31:0] over_wide = {{(32 - CNT_W){1'b0}}, over};

    // A comparison by < is a carry chain alone for Yosys, one by > asks for equality too.
    // Stage j of the horizontal maximum takes lane r + j into lane r; stage 0 is the vertical maximum.
    wire [KERNEL*LANES-1:0] wide, own;
    wire [31:0] kernel_last = {{(32 - K_W){1'b0}}, kernel_last_i};
    genvar r, j;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_down
            localparam [31:0] LANE = r;
            reg inside_q;
            reg [7:0] max_q;
            wire [7:0] pixel = {lanes[r*8 + 7] ^ signed_i, lanes[r*8 +: 7]};
            always @(posedge clk_i) begin
                inside_q <= lo_wide <= LANE && over_wide > LANE;
                if (valid) begin
                    if (first) max_q <= inside_q ? pixel : 8'd0;
                    else if (inside_q && max_q < pixel) max_q <= pixel;
                end
            end
            assign wide[r*8 +: 8] = max_q;
            assign own[r*8 +: 8]  = max_q;
        end
        for (j = 1; j < KERNEL; j = j + 1) begin : g_across
            localparam [31:0] COLUMN = j;
            wire on = kernel_last >= COLUMN;
            reg [LANES-1:0] own_q;
            always @(posedge clk_i) own_q <= own[(j-1)*LANES +: LANES];
            assign own[j*LANES +: LANES] = own_q;
            for (r = 0; r < ROWS; r = r + 1) begin : g_lane
                reg [7:0] max_q;
                wire [7:0] here = wide[(j-1)*LANES + r*8 +: 8];
                if (r + j < ROWS) begin : g_take
                    wire [7:0] there = own[(j-1)*LANES + (r+j)*8 +: 8];
                    always @(posedge clk_i) max_q <= on && here < there ? there : here;
                end else begin : g_keep
                    always @(posedge clk_i) max_q <= here;
                end
                assign wide[j*LANES + r*8 +: 8] = max_q;
            end
        end
    endgenerate

    // v + 4 + ROT + KERNEL: one lane in `stride`, and which of them are pooled pixels.
    wire [LANES-1:0] max = wide[(KERNEL-1)*LANES +: LANES];
    wire [CNT_W-1:0] out;
    wire [LANE_W-1:0] dst_rot;
    wire [ROWS*9-1:0] picked, placed;
    delay #(.WIDTH(CNT_W), .N(3 + ROT + KERNEL)) out_delay (
        .clk_i(clk_i), .rst_i(1'b0), .d_i(read_out_i), .d_o(out)
    );
    wire [31:0] out_wide = {{(32 - CNT_W){1'b0}}, out};
    wire [31:0] back = read_dst_i == {LANE_W{1'b0}} ? 32'd0 : ROWS_VALUE - {{(32 - LANE_W){1'b0}}, read_dst_i};
    delay #(.WIDTH(LANE_W), .N(4 + ROT + KERNEL)) dst_delay (
        .clk_i(clk_i), .rst_i(1'b0), .d_i(back[LANE_W-1:0]), .d_o(dst_rot)
    );
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_pick
            localparam [31:0] PIXEL = r;
            // Pixels beyond the lanes are never written: any lane will do.
            localparam TWO   = 2*r < ROWS ? 2*r : r;
            localparam THREE = 3*r < ROWS ? 3*r : r;
            localparam FOUR  = 4*r < ROWS ? 4*r : r;
            reg [7:0] pixel_q;
            reg mask_q;
            always @(posedge clk_i) begin
                mask_q <= out_wide > PIXEL;
                case (stride_i[2:0])
                    3'd4:    pixel_q <= max[FOUR*8 +: 8];
                    3'd3:    pixel_q <= max[THREE*8 +: 8];
                    3'd2:    pixel_q <= max[TWO*8 +: 8];
                    default: pixel_q <= max[r*8 +: 8];
                endcase
            end
            assign picked[r*9 +: 9] = {mask_q, pixel_q[7] ^ signed_i, pixel_q[6:0]};
        end
    endgenerate

    // The first pooled pixel's lane becomes its bank.
    rotator #(.ROWS(ROWS), .ROT_W(LANE_W), .WIDTH(9)) target (
        .clk_i(clk_i), .rst_i(rst_i), .data_i(picked), .rot_i(dst_rot), .data_o(placed)
    );

    wire there;
    delay #(.WIDTH(1), .N(LATENCY), .RESET(1)) there_delay (
        .clk_i(clk_i), .rst_i(rst_i), .d_i(read_i && read_last_i), .d_o(there)
    );

    // What others have begun waits for its rows: it was read before them. A chunk that merges takes two reads and more, so that
    // the next one's word is in begun_q in time.
    wire done;
    wire [ROWS*9-1:0] merged;
    generate
        if (MERGE != 0) begin : g_merge
            (* ram_style = "distributed" *) reg [LANES-1:0] begun [0:FIFO-1];
            reg [LEN_W-1:0] begun_put_q, begun_take_q;
            reg [LEN_W:0] begun_count_q;
            reg [LANES-1:0] begun_q;
            reg [ROWS*9-1:0] merged_q;
            reg done_q;
            wire arrives;
            wire merges = begun_count_q != {(LEN_W+1){1'b0}};
            delay #(.WIDTH(1), .N(3), .RESET(1)) arrive_delay (
                .clk_i(clk_i), .rst_i(rst_i), .d_i(read_i && read_merge_i), .d_o(arrives)
            );
            for (r = 0; r < ROWS; r = r + 1) begin : g_larger
                wire [7:0] mine  = {placed[r*9 + 7] ^ signed_i, placed[r*9 +: 7]};
                wire [7:0] other = {begun_q[r*8 + 7] ^ signed_i, begun_q[r*8 +: 7]};
                always @(posedge clk_i)
                    merged_q[r*9 +: 9] <= {placed[r*9 + 8], merges && mine < other ? begun_q[r*8 +: 8] : placed[r*9 +: 8]};
            end
            always @(posedge clk_i) begin
                if (arrives) begun[begun_put_q] <= data_i;
                begun_q       <= begun[begun_take_q];
                done_q        <= there;
                begun_put_q   <= begun_put_q + {{(LEN_W-1){1'b0}}, arrives};
                begun_take_q  <= begun_take_q + {{(LEN_W-1){1'b0}}, there && merges};
                begun_count_q <= begun_count_q + {{LEN_W{1'b0}}, arrives} - {{LEN_W{1'b0}}, there && merges};
                if (rst_i) begin
                    done_q        <= 1'b0;
                    begun_put_q   <= {LEN_W{1'b0}};
                    begun_take_q  <= {LEN_W{1'b0}};
                    begun_count_q <= {(LEN_W+1){1'b0}};
                end
            end
            assign merged = merged_q;
            assign done   = done_q;
`ifdef ASSERT
            reg armed_q;
            initial armed_q = 1'b0;
            localparam [31:0] ROOM = FIFO;
            always @(posedge clk_i) begin
                armed_q <= armed_q || rst_i;
                if (armed_q && !rst_i && begun_count_q > ROOM[LEN_W:0]) begin
                    $display("%m: the FIFO of what others have begun overflows");
                    $stop;
                end
            end
`endif
        end else begin : g_whole
            assign merged = placed;
            assign done   = there;
        end
    endgenerate

    (* ram_style = "distributed" *) reg [ROWS*9-1:0] fifo [0:FIFO-1];
    reg [LEN_W-1:0] put_q, take_q;
    reg [LEN_W:0] count_q;
    reg ready_q;
    always @(posedge clk_i) begin
        if (done) fifo[put_q] <= merged;
        put_q   <= put_q + {{(LEN_W-1){1'b0}}, done};
        take_q  <= take_q + {{(LEN_W-1){1'b0}}, take_i};
        count_q <= count_q + {{LEN_W{1'b0}}, done} - {{LEN_W{1'b0}}, take_i};
        ready_q <= done || (ready_q && !(take_i && count_q == {{LEN_W{1'b0}}, 1'b1}));
        if (rst_i) begin
            put_q   <= {LEN_W{1'b0}};
            take_q  <= {LEN_W{1'b0}};
            count_q <= {(LEN_W+1){1'b0}};
            ready_q <= 1'b0;
        end
    end

    wire [ROWS*9-1:0] head = fifo[take_q];
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_head
            assign mask_o[r]        = head[r*9 + 8];
            assign data_o[r*8 +: 8] = head[r*9 +: 8];
        end
    endgenerate
    assign ready_o = ready_q;

    wire unused = &{1'b0, own[(KERNEL-1)*LANES +: LANES], back[31:LANE_W], stride_i, kernel_last};

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    localparam [31:0] FIFO_ROOM = FIFO;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        if (armed_q && !rst_i) begin
            if (!(count_q <= FIFO_ROOM[LEN_W:0])) begin
                $display("%m: the FIFO overflows");
                $stop;
            end
            if (!(!take_i || ready_o)) begin
                $display("%m: a result is taken that is not there");
                $stop;
            end
            if (!(ready_q == (count_q != {(LEN_W+1){1'b0}}))) begin
                $display("%m: ready and the FIFO's count differ");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

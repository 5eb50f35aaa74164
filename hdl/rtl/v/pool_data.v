// pool_data: the pool engine's datapath: rotation, lane mask, maximum over rows and over lanes, stride, rotation, maximum with what
// others have begun, FIFO. Never stalls.
`default_nettype none

module pool_data #(
    parameter ROWS     = 4,   // lanes
    parameter LANE_W   = 2,   // bits of a lane index, clog2(ROWS)
    parameter CNT_W    = 3,   // bits of a pixel count, clog2(ROWS + 1)
    parameter KERNEL   = 3,   // largest kernel, at most ROWS
    parameter MERGE    = 1,   // there are reads of what others have begun
    parameter K_W      = 2,   // bits of kernel_last
    parameter STRIDE_W = 3,   // bits of the stride, which is 1 to 4
    parameter FIFO     = 16   // results in flight, a power of two
) (
    input  wire                clk_i,
    input  wire                rst_i,
    input  wire                step_i,         // cycle v: a read of what there is of a chunk, or a pass
    input  wire                merge_i,        // the former; before the chunk's passes
    input  wire                first_i,        // the chunk's first pass
    input  wire                last_i,
    input  wire [LANE_W-1:0]   bank_i,         // bank of the first window's first column
    input  wire [CNT_W:0]      lo_i,           // lanes from lo to end - 1 are pixels, where lane ROWS + i is lane i's
    input  wire [CNT_W:0]      end_i,
    input  wire                merge_all_i,    // of the first pass: others have begun all of the chunk's pixels,
    input  wire                straddles_i,    // or those whose windows begin before lane lo
    input  wire [LANE_W-1:0]   dst_i,          // bank of the first pooled pixel
    input  wire [CNT_W-1:0]    out_i,          // pooled pixels at most: those whose windows begin before lane end,
    input  wire                whole_i,        // or all
    input  wire [K_W-1:0]      kernel_last_i,
    input  wire [STRIDE_W-1:0] stride_i,
    input  wire                signed_i,
    input  wire                direct_i,       // the pass is over the word of the result FIFO
    input  wire [ROWS*8-1:0]   bank_data_i,    // the banks' words, at v + 3
    input  wire [ROWS*8-1:0]   fifo_data_i,    // the result FIFO's, at v + 3
    output wire                ready_o,        // a result is waiting
    output wire [ROWS-1:0]     mask_o,         // its banks
    output wire [ROWS*8-1:0]   data_o,
    input  wire                take_i          // it is written
);
    localparam ROT     = (LANE_W + 1) / 2;
    localparam LATENCY = 4 + 2*ROT + KERNEL;  // of a result in its banks
    localparam PICK    = 3 + ROT + KERNEL;    // of the maxima
    localparam WIDE    = ROWS + KERNEL - 1;   // lanes in which windows lie
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

    // v + 3: the first column's bank becomes lane 0.
    wire [LANE_W-1:0] lane_rot;
    wire direct;
    wire [LANES-1:0] lanes;
    delay #(.WIDTH(LANE_W + 1), .N(3)) lane_delay (.clk_i(clk_i), .rst_i(1'b0), .d_i({bank_i, direct_i}), .d_o({lane_rot, direct}));
    rotator #(.ROWS(ROWS), .ROT_W(LANE_W), .WIDTH(8)) source (
        .clk_i(clk_i), .rst_i(rst_i), .data_i(direct ? fifo_data_i : bank_data_i), .rot_i(lane_rot), .data_o(lanes)
    );

    // v + 3 + ROT: lanes outside the row lose every comparison; with the sign bit turned over the neutral element is 0.
    wire valid, first, down_signed;
    wire [CNT_W:0] lo, over;
    delay #(.WIDTH(1), .N(3 + ROT), .RESET(1)) valid_delay (.clk_i(clk_i), .rst_i(rst_i), .d_i(step_i && !merge_i), .d_o(valid));
    delay #(.WIDTH(2), .N(3 + ROT)) first_delay (
        .clk_i(clk_i), .rst_i(1'b0), .d_i({first_i, signed_i}), .d_o({first, down_signed})
    );
    delay #(.WIDTH(2*(CNT_W + 1)), .N(2 + ROT)) limit_delay (
        .clk_i(clk_i), .rst_i(1'b0), .d_i({lo_i, end_i}), .d_o({lo, over})
    );
    wire [31:0] lo_wide   = {{(31 - CNT_W){1'b0}}, lo};
    wire [31:0] over_wide = {{(31 - CNT_W){1'b0}}, over};

    // A comparison by < is a carry chain alone for Yosys, one by > asks for equality too.
    // Stage j of the horizontal maximum takes lane r + j into lane r; stage 0 is the vertical maximum.
    wire [KERNEL*WIDE*8-1:0] wide, own;
    wire [31:0] kernel_last = {{(32 - K_W){1'b0}}, kernel_last_i};
    genvar r, j;
    generate
        for (r = 0; r < WIDE; r = r + 1) begin : g_down
            localparam [31:0] LANE = r;
            localparam FROM = r < ROWS ? r : r - ROWS;
            reg inside_q;
            reg [7:0] max_q;
            wire [7:0] pixel = {lanes[FROM*8 + 7] ^ down_signed, lanes[FROM*8 +: 7]};
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
            wire on;
            delay #(.WIDTH(1), .N(3 + ROT + j)) on_delay (
                .clk_i(clk_i), .rst_i(1'b0), .d_i(kernel_last >= COLUMN), .d_o(on)
            );
            reg [WIDE*8-1:0] own_q;
            always @(posedge clk_i) own_q <= own[(j-1)*WIDE*8 +: WIDE*8];
            assign own[j*WIDE*8 +: WIDE*8] = own_q;
            for (r = 0; r < WIDE; r = r + 1) begin : g_lane
                reg [7:0] max_q;
                wire [7:0] here = wide[((j-1)*WIDE + r)*8 +: 8];
                if (r + j < WIDE) begin : g_take
                    wire [7:0] there = own[((j-1)*WIDE + r + j)*8 +: 8];
                    always @(posedge clk_i) max_q <= on && here < there ? there : here;
                end else begin : g_keep
                    always @(posedge clk_i) max_q <= here;
                end
                assign wide[(j*WIDE + r)*8 +: 8] = max_q;
            end
        end
    endgenerate

    // What the first pass says of the chunk, until its last one.
    reg [CNT_W:0] held_lo_q;
    reg held_all_q, held_straddles_q;
    wire [CNT_W:0] chunk_lo = first_i ? lo_i : held_lo_q;
    wire chunk_all          = first_i ? merge_all_i : held_all_q;
    wire chunk_straddles    = first_i ? straddles_i : held_straddles_q;
    always @(posedge clk_i)
        if (step_i) begin
            held_lo_q        <= chunk_lo;
            held_all_q       <= chunk_all;
            held_straddles_q <= chunk_straddles;
        end

    // v + PICK: one lane in `stride`, and which of them are pooled pixels, and which of those others have begun.
    wire [WIDE*8-1:0] max = wide[(KERNEL-1)*WIDE*8 +: WIDE*8];
    wire [CNT_W:0] begin_lo, begin_end;
    wire begin_all, begin_straddles, begin_whole;
    delay #(.WIDTH(2*(CNT_W + 1) + 3), .N(PICK - 1)) begin_delay (
        .clk_i(clk_i), .rst_i(1'b0),
        .d_i({chunk_lo, end_i, chunk_all, chunk_straddles, whole_i}),
        .d_o({begin_lo, begin_end, begin_all, begin_straddles, begin_whole})
    );
    wire [31:0] begin_lo_wide  = {{(31 - CNT_W){1'b0}}, begin_lo};
    wire [31:0] begin_end_wide = {{(31 - CNT_W){1'b0}}, begin_end};
    reg [WIDE-1:0] begins_q, begun_before_q;  // a window begins in the lane; others have begun its pooled pixel
    generate
        for (r = 0; r < WIDE; r = r + 1) begin : g_begin
            localparam [31:0] LANE = r;
            always @(posedge clk_i) begin
                begins_q[r]       <= begin_whole || begin_end_wide > LANE;
                begun_before_q[r] <= begin_all || (begin_straddles && begin_lo_wide > LANE);
            end
        end
    endgenerate
    wire [CNT_W-1:0] out;
    wire [STRIDE_W-1:0] stride;
    wire [LANE_W-1:0] dst_rot;
    wire pick_signed;
    wire [ROWS*10-1:0] picked, placed;
    delay #(.WIDTH(CNT_W + STRIDE_W), .N(PICK)) out_delay (
        .clk_i(clk_i), .rst_i(1'b0), .d_i({out_i, stride_i}), .d_o({out, stride})
    );
    wire [31:0] out_wide = {{(32 - CNT_W){1'b0}}, out};
    wire [31:0] back = dst_i == {LANE_W{1'b0}} ? 32'd0 : ROWS_VALUE - {{(32 - LANE_W){1'b0}}, dst_i};
    delay #(.WIDTH(LANE_W + 1), .N(PICK + 1)) dst_delay (
        .clk_i(clk_i), .rst_i(1'b0), .d_i({back[LANE_W-1:0], signed_i}), .d_o({dst_rot, pick_signed})
    );
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_pick
            localparam [31:0] PIXEL = r;
            // Pixels whose windows begin beyond the lanes are never written: any lane's value will do.
            localparam TWO   = 2*r < WIDE ? 2*r : r;
            localparam THREE = 3*r < WIDE ? 3*r : r;
            localparam FOUR  = 4*r < WIDE ? 4*r : r;
            reg [9:0] pixel_q;
            wire counted = out_wide > PIXEL;
            always @(posedge clk_i)
                case (stride[2:0])
                    3'd4:    pixel_q <= {counted && 4*r < WIDE && begins_q[FOUR], begun_before_q[FOUR], max[FOUR*8 +: 8]};
                    3'd3:    pixel_q <= {counted && 3*r < WIDE && begins_q[THREE], begun_before_q[THREE], max[THREE*8 +: 8]};
                    3'd2:    pixel_q <= {counted && 2*r < WIDE && begins_q[TWO], begun_before_q[TWO], max[TWO*8 +: 8]};
                    default: pixel_q <= {counted && begins_q[r], begun_before_q[r], max[r*8 +: 8]};
                endcase
            assign picked[r*10 +: 10] = {pixel_q[9:8], pixel_q[7] ^ pick_signed, pixel_q[6:0]};
        end
    endgenerate

    // The first pooled pixel's lane becomes its bank.
    rotator #(.ROWS(ROWS), .ROT_W(LANE_W), .WIDTH(10)) target (
        .clk_i(clk_i), .rst_i(rst_i), .data_i(picked), .rot_i(dst_rot), .data_o(placed)
    );

    wire there, merges, there_signed;
    delay #(.WIDTH(1), .N(LATENCY), .RESET(1)) there_delay (
        .clk_i(clk_i), .rst_i(rst_i), .d_i(step_i && !merge_i && last_i), .d_o(there)
    );
    delay #(.WIDTH(2), .N(LATENCY)) merges_delay (
        .clk_i(clk_i), .rst_i(1'b0), .d_i({chunk_all || chunk_straddles, signed_i}), .d_o({merges, there_signed})
    );

    // What others have begun waits for its passes: it was read before them. A chunk that merges takes two steps and more, so that
    // the next one's word is in begun_q in time.
    wire done;
    wire [ROWS*9-1:0] merged;
    generate
        if (MERGE != 0) begin : g_merge
            (* ram_style = "distributed" *) reg [LANES-1:0] begun [0:FIFO-1];
            reg [LEN_W-1:0] begun_put_q, begun_take_q;
            reg [LANES-1:0] begun_q;
            reg [ROWS*9-1:0] merged_q;
            reg done_q;
            wire arrives;
            delay #(.WIDTH(1), .N(3), .RESET(1)) arrive_delay (
                .clk_i(clk_i), .rst_i(rst_i), .d_i(step_i && merge_i), .d_o(arrives)
            );
            for (r = 0; r < ROWS; r = r + 1) begin : g_larger
                wire [7:0] mine  = {placed[r*10 + 7] ^ there_signed, placed[r*10 +: 7]};
                wire [7:0] other = {begun_q[r*8 + 7] ^ there_signed, begun_q[r*8 +: 7]};
                wire larger      = merges && placed[r*10 + 8] && mine < other;
                always @(posedge clk_i)
                    merged_q[r*9 +: 9] <= {placed[r*10 + 9], larger ? begun_q[r*8 +: 8] : placed[r*10 +: 8]};
            end
            always @(posedge clk_i) begin
                if (arrives) begun[begun_put_q] <= bank_data_i;
                begun_q       <= begun[begun_take_q];
                done_q        <= there;
                begun_put_q   <= begun_put_q + {{(LEN_W-1){1'b0}}, arrives};
                begun_take_q  <= begun_take_q + {{(LEN_W-1){1'b0}}, there && merges};
                if (rst_i) begin
                    done_q        <= 1'b0;
                    begun_put_q   <= {LEN_W{1'b0}};
                    begun_take_q  <= {LEN_W{1'b0}};
                end
            end
            assign merged = merged_q;
            assign done   = done_q;
`ifdef ASSERT
            reg armed_q;
            initial armed_q = 1'b0;
            localparam [31:0] ROOM = FIFO;
            reg [LEN_W:0] begun_count_q;
            always @(posedge clk_i) begin
                armed_q <= armed_q || rst_i;
                begun_count_q <= rst_i ? {(LEN_W+1){1'b0}}
                    : begun_count_q + {{LEN_W{1'b0}}, arrives} - {{LEN_W{1'b0}}, there && merges};
                if (armed_q && !rst_i && begun_count_q > ROOM[LEN_W:0]) begin
                    $display("%m: the FIFO of what others have begun overflows");
                    $stop;
                end
            end
`endif
        end else begin : g_whole
            for (r = 0; r < ROWS; r = r + 1) begin : g_own
                assign merged[r*9 +: 9] = {placed[r*10 + 9], placed[r*10 +: 8]};
            end
            assign done   = there;
            wire unused_merges = &{1'b0, merges, there_signed, placed};
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

    wire unused = &{1'b0, own[(KERNEL-1)*WIDE*8 +: WIDE*8], back[31:LANE_W], stride, kernel_last, max, begins_q, begun_before_q};

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

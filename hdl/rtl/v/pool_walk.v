// pool_walk: the pool engine's walk over kernel rows, channels and chunks of lanes: one read request after the other. Where an
// operation goes on with what others have begun, a chunk's first read is of that.
//
// Retimed. The path that is cut leads from the requests at port B through its combinational grant and the ends of the nested
// counters to the next read address. Without the retiming a grant would do this:
//     row = row == last ? first : row + 1;               // rows of the group that lie inside the map
//     if (row was last) ch = ch == ch_last ? 0 : ch + 1;  // then the next channel
//     if (ch was ch_last) chunk = chunk + 1;              // then the next lanes, for all rows
//     addr = src_base + ch * src_n + slot(row, chunk)
// Instead of comparing counters after the grant, every end is a register that was found a cycle before (at_last_q, ch_end_q,
// chunk_end_q, single_q, and turn_q for all but the chunk's); the row that comes next is one-hot (coming_q) and picks among
// positions that all rows keep, the next chunk's included (next_q, ahead_q, carry_q); steps less a whole round are constants of the
// operation (row_back_q, chunk_back_q, slots_back_q). So a grant enables registers and selects, and adds nothing.
`default_nettype none

module pool_walk #(
    parameter ROWS      = 4,    // lanes
    parameter LANE_W    = 2,    // bits of a lane index, clog2(ROWS)
    parameter CNT_W     = 3,    // bits of a pixel count, clog2(ROWS + 1)
    parameter KERNEL    = 3,    // largest kernel
    parameter MERGE     = 1,    // operations may go on with what others have begun
    parameter K_W       = 2,    // bits of kernel_last and pad
    parameter SLOT_W    = 8,    // bits of a line buffer's tile count
    parameter ADDR_W    = 12,   // bits of a bank address
    parameter CH_W      = 8,    // bits of ch_last
    parameter CHUNK_W   = 4,    // bits of chunk_last
    parameter X_W       = 8,    // bits of w_last
    parameter Y_W       = 8,    // bits of a row number
    parameter STRIDE_W  = 3,    // bits of the stride
    parameter POOL_BITS = 152   // bits of a POOL word, all fields together
) (
    input  wire                 clk_i,
    input  wire                 latch_i,             // state and descriptor are there
    input  wire                 pos_i,               // position of kernel row index_i
    input  wire [K_W-1:0]       index_i,
    input  wire                 grant_i,             // the read is granted
    input  wire [Y_W:0]         state_top_i,         // first window row, signed; all state_* as to be latched
    input  wire [K_W-1:0]       state_kernel_row_i,
    input  wire [SLOT_W-1:0]    state_src_slot_i,
    input  wire [LANE_W-1:0]    state_src_lane_i,
    input  wire [SLOT_W-1:0]    state_dst_slot_i,
    input  wire [LANE_W-1:0]    state_dst_lane_i,
    input  wire [POOL_BITS-1:0] word_i,
    output wire                 begin_o,             // the request is its chunk's first
    output wire                 merge_o,             // ... and of what there is of the result
    output wire                 first_o,             // the request is the first (last) row of its chunk
    output wire                 last_o,
    output wire                 end_o,               // ... and the operation's last read
    output wire [ADDR_W-1:0]    read_addr_a_o,
    output wire [ADDR_W-1:0]    read_addr_b_o,
    output wire [LANE_W-1:0]    read_lane_o,
    output wire [K_W-1:0]       read_lo_o,           // lanes from lo to end - 1 lie inside the map
    output wire [CNT_W-1:0]     read_end_o,
    output wire [CNT_W-1:0]     read_out_o,          // pooled pixels
    output wire [ADDR_W-1:0]    write_addr_a_o,      // where the chunk's result goes
    output wire [ADDR_W-1:0]    write_addr_b_o,
    output wire [LANE_W-1:0]    write_lane_o
);
    // Fields of word_i as pool_*, a pool word: printed from hdl/machine/src/tables.rs, do not edit.
    generate if (POOL_BITS != 2*ADDR_W + 8*SLOT_W + 4*LANE_W + 4*CNT_W + CH_W + CHUNK_W + 2*K_W + STRIDE_W + 2*Y_W + X_W + 1) begin : g_check_pool
        ERROR_pool_walk_POOL_BITS_must_be_the_sum_of_its_fields check ();
    end endgenerate
    wire [ADDR_W-1:0] pool_src_base = word_i[0 +: ADDR_W];
    wire [SLOT_W-1:0] pool_src_n = word_i[ADDR_W +: SLOT_W];
    wire [SLOT_W-1:0] pool_row_slots = word_i[ADDR_W + SLOT_W +: SLOT_W];
    wire [LANE_W-1:0] pool_row_lanes = word_i[ADDR_W + 2*SLOT_W +: LANE_W];
    wire [CNT_W-1:0] pool_chunk_lanes = word_i[ADDR_W + 3*SLOT_W + 2*LANE_W +: CNT_W];
    wire [ADDR_W-1:0] pool_dst_base = word_i[ADDR_W + 5*SLOT_W + 3*LANE_W + CNT_W +: ADDR_W];
    wire [SLOT_W-1:0] pool_dst_n = word_i[2*ADDR_W + 5*SLOT_W + 3*LANE_W + CNT_W +: SLOT_W];
    wire [CH_W-1:0] pool_ch_last = word_i[2*ADDR_W + 8*SLOT_W + 4*LANE_W + CNT_W +: CH_W];
    wire [CHUNK_W-1:0] pool_chunk_last = word_i[2*ADDR_W + 8*SLOT_W + 4*LANE_W + CNT_W + CH_W +: CHUNK_W];
    wire [CNT_W-1:0] pool_out = word_i[2*ADDR_W + 8*SLOT_W + 4*LANE_W + CNT_W + CH_W + CHUNK_W +: CNT_W];
    wire [CNT_W-1:0] pool_out_final = word_i[2*ADDR_W + 8*SLOT_W + 4*LANE_W + 2*CNT_W + CH_W + CHUNK_W +: CNT_W];
    wire [K_W-1:0] pool_kernel_last = word_i[2*ADDR_W + 8*SLOT_W + 4*LANE_W + 3*CNT_W + CH_W + CHUNK_W +: K_W];
    wire [CNT_W-1:0] pool_group = word_i[2*ADDR_W + 8*SLOT_W + 4*LANE_W + 3*CNT_W + CH_W + CHUNK_W + K_W +: CNT_W];
    wire [K_W-1:0] pool_pad = word_i[2*ADDR_W + 8*SLOT_W + 4*LANE_W + 4*CNT_W + CH_W + CHUNK_W + K_W + STRIDE_W +: K_W];
    wire [Y_W-1:0] pool_h_last = word_i[2*ADDR_W + 8*SLOT_W + 4*LANE_W + 4*CNT_W + CH_W + CHUNK_W + 2*K_W + STRIDE_W +: Y_W];
    wire [X_W-1:0] pool_w_last = word_i[2*ADDR_W + 8*SLOT_W + 4*LANE_W + 4*CNT_W + CH_W + CHUNK_W + 2*K_W + STRIDE_W + Y_W +: X_W];
    wire unused_pool = &{1'b0, word_i};

    localparam [31:0] ROWS_VALUE = ROWS;
    localparam [31:0] TWO = 2;
    localparam LEFT_W = (X_W > CNT_W ? X_W : CNT_W) + 2;  // bits of w_last + 1 + pad

    generate
        if (K_W > CNT_W) begin : g_check_kernel
            ERROR_pool_walk_K_W_must_not_exceed_CNT_W check ();
        end
        if (K_W > Y_W) begin : g_check_rows
            ERROR_pool_walk_K_W_must_not_exceed_Y_W check ();
        end
        if (SLOT_W > 31 || ADDR_W > 31) begin : g_check_slot
            ERROR_pool_walk_SLOT_W_and_ADDR_W_must_be_below_32 check ();
        end
    endgenerate

    // Where a chunk's first source pixel lies, for the kernel row in hand and for each: slot, the slot after it, lane.
    reg [SLOT_W-1:0] src_last_q, src_before_q, dst_last_q;  // a line buffer's last slot, the one before it
    reg src_one_q;                                          // the line buffer has a single slot
    reg [SLOT_W-1:0] row_slot_q;
    reg [LANE_W-1:0] row_lane_q;
    wire [SLOT_W-1:0] moved_slot;
    wire [SLOT_W-1:0] row_next = row_slot_q == src_last_q ? {SLOT_W{1'b0}} : row_slot_q + 1'b1;
    wire [LANE_W-1:0] moved_lane;
    wire moved_carry;
    wire [CNT_W:0] row_lanes = {{(CNT_W + 1 - LANE_W){1'b0}}, pool_row_lanes};
    // Steps less a whole round, ready before the first one is taken.
    reg [CNT_W:0] row_back_q, chunk_back_q, out_back_q;
    reg [SLOT_W:0] slots_back_q;
    always @(posedge clk_i) begin
        row_back_q   <= row_lanes - ROWS_VALUE[CNT_W:0];
        chunk_back_q <= {1'b0, pool_chunk_lanes} - ROWS_VALUE[CNT_W:0];
        out_back_q   <= {1'b0, pool_out} - ROWS_VALUE[CNT_W:0];
        slots_back_q <= {1'b0, pool_row_slots} - {1'b0, pool_src_n};
    end
    lane_add #(.LANE_W(LANE_W), .CNT_W(CNT_W)) row_lane (
        .lane_i(row_lane_q), .pixels_i(row_lanes[CNT_W-1:0]), .back_i(row_back_q),
        .lane_o(moved_lane), .carry_o(moved_carry)
    );
    slot_add #(.SLOT_W(SLOT_W)) row_slot (
        .slot_i(row_slot_q), .slots_i(pool_row_slots), .back_i(slots_back_q), .carry_i(moved_carry),
        .slot_o(moved_slot)
    );
    always @(posedge clk_i)
        if (latch_i) begin
            src_last_q   <= pool_src_n - 1'b1;
            src_before_q <= pool_src_n - TWO[SLOT_W-1:0];
            src_one_q    <= pool_src_n == {{(SLOT_W-1){1'b0}}, 1'b1};
            dst_last_q   <= pool_dst_n - 1'b1;
            row_slot_q   <= state_src_slot_i;
            row_lane_q   <= state_src_lane_i;
        end else if (pos_i) begin
            row_slot_q <= moved_slot;
            row_lane_q <= moved_lane;
        end

    // Counters of the walk. A group of kernel rows outside the map takes the nearest row inside.
    reg [KERNEL-1:0] coming_q, row_hi_q;  // the row after the one in hand and the chunk's last, one-hot
    reg [K_W-1:0] row_first_q, row_lo_q, above_q, hi_q;
    reg [CNT_W:0] group_hi_q;
    reg [Y_W:0] room_q;
    reg [CH_W-1:0] ch_left_q;
    reg [CHUNK_W-1:0] chunk_left_q;
    reg ch_end_q, chunk_end_q;
    reg at_first_q, at_last_q;     // the row in hand is the chunk's first, last
    reg one_row_q, past_q, met_q;  // the kernel has a single row; the map, the group ends at row_lo_q or before
    reg single_q;                  // row_first_q is the last too
    reg turn_q;                    // at_last_q in the chunk's last channel
    wire merging, merges;
    wire row_end   = !merging && at_last_q;
    wire row_step  = grant_i && !merging;
    wire ch_step   = grant_i && row_end;
    wire chunk_end = row_step && turn_q;
    wire chunk     = chunk_end && !chunk_end_q;
    wire [Y_W:0] top_above = -state_top_i;
    wire [K_W-1:0] above   = state_top_i[Y_W] ? top_above[K_W-1:0] : {K_W{1'b0}};
    wire [CNT_W:0] kernel_last = {{(CNT_W + 1 - K_W){1'b0}}, pool_kernel_last};
    wire [CNT_W:0] above_wide  = {{(CNT_W + 1 - K_W){1'b0}}, above_q};
    // Every window has rows inside the map: fewer than the kernel's rows lie above.
    wire [K_W-1:0] hi = group_hi_q >= kernel_last ? pool_kernel_last : group_hi_q < above_wide ? above_q : group_hi_q[K_W-1:0];
    wire [Y_W:0] lo_rows = {{(Y_W + 1 - K_W){1'b0}}, row_lo_q};
    wire [Y_W:0] hi_rows = {{(Y_W + 1 - K_W){1'b0}}, hi_q};
    wire [Y_W:0] index_rows = {{(Y_W + 1 - K_W){1'b0}}, index_i};
    wire [K_W-1:0] row_first = room_q < lo_rows ? room_q[K_W-1:0] : row_lo_q;
    // A kernel of several rows has several cycles of pos_i: the second register has the first one's value by the last of them. A
    // kernel of one row has row 0 alone, which is not looked up.
    wire past_hi = room_q < hi_rows;
    wire [CNT_W:0] row_lo = {{(CNT_W + 1 - K_W){1'b0}}, row_lo_q};
    wire single  = one_row_q || past_q || met_q;
    wire [K_W-1:0] row_start = one_row_q ? {K_W{1'b0}} : row_first_q;
    // The row that comes next is the last.
    wire last_comes   = |(coming_q & row_hi_q);
    wire one_channel  = pool_ch_last == {CH_W{1'b0}};
    wire last_channel = ch_left_q == {{(CH_W-1){1'b0}}, 1'b1};
    always @(posedge clk_i) begin
        if (latch_i) begin
            above_q    <= above;
            row_lo_q   <= state_kernel_row_i < above ? above : state_kernel_row_i;
            group_hi_q <= {{(CNT_W + 1 - K_W){1'b0}}, state_kernel_row_i} + {1'b0, pool_group} - 1'b1;
            room_q     <= {1'b0, pool_h_last} - state_top_i;
        end
        if (pos_i) begin
            row_first_q <= row_first;
            hi_q        <= hi;
            single_q    <= single;
        end
        one_row_q  <= pool_kernel_last == {K_W{1'b0}};
        past_q     <= lo_rows >= room_q;
        met_q      <= row_lo >= group_hi_q || row_lo_q >= pool_kernel_last;
        at_first_q <= pos_i || (row_step ? at_last_q : at_first_q);
        if (pos_i) begin
            at_last_q <= single;
            turn_q    <= single && ch_end_q;
        end else if (row_step) begin
            at_last_q <= at_last_q ? single_q : last_comes;
            turn_q    <= at_last_q ? single_q && (ch_end_q ? one_channel : last_channel) : last_comes && ch_end_q;
        end
        if (latch_i || chunk) begin
            ch_left_q <= pool_ch_last;
            ch_end_q  <= one_channel;
        end else if (ch_step) begin
            ch_left_q <= ch_left_q - 1'b1;
            ch_end_q  <= last_channel;
        end
        if (latch_i) begin
            chunk_left_q <= pool_chunk_last;
            chunk_end_q  <= pool_chunk_last == {CHUNK_W{1'b0}};
        end else if (chunk) begin
            chunk_left_q <= chunk_left_q - 1'b1;
            chunk_end_q  <= chunk_left_q == {{(CHUNK_W-1){1'b0}}, 1'b1};
        end
    end

    // Positions of all kernel rows, moved on together from chunk to chunk.
    wire [KERNEL:0] comes = {coming_q, 1'b0};
    genvar k;
    generate
        for (k = 0; k < KERNEL; k = k + 1) begin : g_row
            localparam [31:0] INDEX = k;
            wire load = pos_i && index_i == INDEX[K_W-1:0];

            // Whether the row comes next, after the first row and after any other.
            wire at_start = row_start == INDEX[K_W-1:0];
            wire at_first = row_first_q == INDEX[K_W-1:0];
            wire behind_start, behind_first;
            if (k == 0) begin : g_none
                assign behind_start = 1'b0;
                assign behind_first = 1'b0;
            end else begin : g_behind
                localparam [31:0] BEFORE = k - 1;
                assign behind_start = row_start == BEFORE[K_W-1:0];
                assign behind_first = row_first_q == BEFORE[K_W-1:0];
            end
            always @(posedge clk_i)
                if (pos_i) begin
                    coming_q[k] <= single ? at_start : behind_start;
                    row_hi_q[k] <= past_hi ? room_q[K_W-1:0] == INDEX[K_W-1:0] : hi_q == INDEX[K_W-1:0];
                end else if (row_step)
                    coming_q[k] <= at_last_q ? (single_q ? at_first : behind_first) : last_comes ? at_first : comes[k];

            // The first pixel's lane, the next chunk's and whether that lies in the next slot, and whether this is the line buffer's last.
            reg [SLOT_W-1:0] slot_q, next_q;
            reg [LANE_W-1:0] lane_q, ahead_q;
            reg carry_q, wraps_q;
            wire [SLOT_W-1:0] after = wraps_q ? {SLOT_W{1'b0}} : next_q + 1'b1;
            wire [LANE_W-1:0] from  = pos_i ? row_lane_q : ahead_q;
            wire [LANE_W-1:0] ahead;
            wire carry;
            lane_add #(.LANE_W(LANE_W), .CNT_W(CNT_W)) chunk_lane (
                .lane_i(from), .pixels_i(pool_chunk_lanes), .back_i(chunk_back_q), .lane_o(ahead), .carry_o(carry)
            );
            always @(posedge clk_i) begin
                if (load) begin
                    slot_q  <= row_slot_q;
                    next_q  <= row_next;
                    wraps_q <= src_one_q || row_slot_q == src_before_q;
                end else if (chunk && carry_q) begin
                    slot_q  <= next_q;
                    next_q  <= after;
                    wraps_q <= src_one_q || next_q == src_before_q;
                end
                if (load || chunk) begin
                    lane_q  <= from;
                    ahead_q <= ahead;
                    carry_q <= carry;
                end
            end

            // The position if the row comes next, already of the next chunk where that begins; only one of them is not 0.
            wire skip = turn_q && carry_q;
            wire [SLOT_W-1:0] slot = skip ? next_q : slot_q;
            wire [SLOT_W-1:0] next = skip ? after : next_q;
            wire [LANE_W-1:0] lane = turn_q ? ahead_q : lane_q;
            wire [SLOT_W-1:0] slot_now = {SLOT_W{coming_q[k]}} & slot;
            wire [SLOT_W-1:0] next_now = {SLOT_W{coming_q[k]}} & next;
            wire [LANE_W-1:0] lane_now = {LANE_W{coming_q[k]}} & lane;
            wire [SLOT_W-1:0] slots, nexts;
            wire [LANE_W-1:0] lanes;
            if (k == 0) begin : g_top
                assign slots = slot_now;
                assign nexts = next_now;
                assign lanes = lane_now;
            end else begin : g_below
                assign slots = g_row[k-1].slots | slot_now;
                assign nexts = g_row[k-1].nexts | next_now;
                assign lanes = g_row[k-1].lanes | lane_now;
            end
        end
    endgenerate

    // The position that the request uses.
    reg [SLOT_W-1:0] slot_q, next_q;
    reg [LANE_W-1:0] lane_q;
    always @(posedge clk_i)
        if (pos_i) begin
            if (row_lo_q >= index_i && room_q >= index_rows) begin
                slot_q <= row_slot_q;
                next_q <= row_next;
                lane_q <= row_lane_q;
            end
        end else if (row_step) begin
            slot_q <= g_row[KERNEL-1].slots;
            next_q <= g_row[KERNEL-1].nexts;
            lane_q <= g_row[KERNEL-1].lanes;
        end

    // The chunk's place: lanes before the map's first column, columns left, and where its results go.
    reg [K_W-1:0] lo_q;
    reg [LEFT_W-1:0] left_q;
    reg [SLOT_W-1:0] dst_slot_q, dst_next_q;
    reg [LANE_W-1:0] dst_lane_q;
    wire [LANE_W-1:0] dst_lane;
    wire dst_carry;
    lane_add #(.LANE_W(LANE_W), .CNT_W(CNT_W)) dst (
        .lane_i(dst_lane_q), .pixels_i(pool_out), .back_i(out_back_q), .lane_o(dst_lane), .carry_o(dst_carry)
    );
    wire [CNT_W:0] lo_wide = {{(CNT_W + 1 - K_W){1'b0}}, lo_q};
    wire [CNT_W:0] lo_less = lo_wide - {1'b0, pool_chunk_lanes};
    wire [LEFT_W-1:0] width  = {{(LEFT_W - X_W){1'b0}}, pool_w_last};
    wire [LEFT_W-1:0] pad    = {{(LEFT_W - K_W){1'b0}}, pool_pad};
    wire [LEFT_W:0] width_pad = {width, 1'b1} + {pad, 1'b1};
    wire [LEFT_W-1:0] lanes  = {{(LEFT_W - CNT_W){1'b0}}, pool_chunk_lanes};
    always @(posedge clk_i)
        if (latch_i) begin
            lo_q       <= pool_pad;
            left_q     <= width_pad[LEFT_W:1];
            dst_slot_q <= state_dst_slot_i;
            dst_lane_q <= state_dst_lane_i;
        end else if (chunk) begin
            lo_q       <= lo_less[CNT_W] ? {K_W{1'b0}} : lo_less[K_W-1:0];
            left_q     <= left_q - lanes;
            dst_lane_q <= dst_lane;
            if (dst_carry) dst_slot_q <= dst_next_q;
        end
    wire [SLOT_W-1:0] dst_from = pos_i ? dst_slot_q : dst_next_q;
    always @(posedge clk_i)
        if (pos_i || (chunk && dst_carry)) dst_next_q <= dst_from == dst_last_q ? {SLOT_W{1'b0}} : dst_from + 1'b1;

    // Addresses of the channel's words: slot 0 of the line buffer, one line buffer further with every channel.
    reg [ADDR_W-1:0] src_chan_q, dst_chan_q;
    wire [31:0] src_n = {{(32 - SLOT_W){1'b0}}, pool_src_n};
    wire [31:0] dst_n = {{(32 - SLOT_W){1'b0}}, pool_dst_n};
    wire [31:0] slot_wide     = {{(32 - SLOT_W){1'b0}}, slot_q};
    wire [31:0] next_wide     = {{(32 - SLOT_W){1'b0}}, next_q};
    wire [31:0] dst_slot_wide = {{(32 - SLOT_W){1'b0}}, dst_slot_q};
    wire [31:0] dst_next_wide = {{(32 - SLOT_W){1'b0}}, dst_next_q};
    always @(posedge clk_i)
        if (latch_i || chunk_end) begin
            src_chan_q <= pool_src_base;
            dst_chan_q <= pool_dst_base;
        end else if (ch_step) begin
            src_chan_q <= src_chan_q + src_n[ADDR_W-1:0];
            dst_chan_q <= dst_chan_q + dst_n[ADDR_W-1:0];
        end

    generate
        if (MERGE != 0) begin : g_merge
            reg merges_q, merging_q;
            always @(posedge clk_i)
                if (latch_i) begin
                    merges_q  <= state_kernel_row_i != {K_W{1'b0}};
                    merging_q <= state_kernel_row_i != {K_W{1'b0}};
                end else if (grant_i) merging_q <= row_end && merges_q;
            assign merging = merging_q;
            assign merges  = merges_q;
        end else begin : g_whole
            assign merging = 1'b0;
            assign merges  = 1'b0;
        end
    endgenerate

    wire [ADDR_W-1:0] dst_addr_a = dst_chan_q + dst_slot_wide[ADDR_W-1:0];
    wire [ADDR_W-1:0] dst_addr_b = dst_chan_q + dst_next_wide[ADDR_W-1:0];
    wire first = !merging && at_first_q;
    assign begin_o        = merging || (first && !merges);
    assign merge_o        = merging;
    assign first_o        = first;
    assign last_o         = row_end;
    assign end_o          = !merging && turn_q && chunk_end_q;
    assign read_addr_a_o  = merging ? dst_addr_a : src_chan_q + slot_wide[ADDR_W-1:0];
    assign read_addr_b_o  = merging ? dst_addr_b : src_chan_q + next_wide[ADDR_W-1:0];
    assign read_lane_o    = merging ? dst_lane_q : lane_q;
    assign read_lo_o      = lo_q;
    assign read_end_o     = left_q > ROWS_VALUE[LEFT_W-1:0] ? ROWS_VALUE[CNT_W-1:0] : left_q[CNT_W-1:0];
    assign read_out_o     = chunk_end_q ? pool_out_final : pool_out;
    assign write_addr_a_o = dst_addr_a;
    assign write_addr_b_o = dst_addr_b;
    assign write_lane_o   = dst_lane_q;

    wire unused = &{
        1'b0, row_lanes[CNT_W], top_above[Y_W:K_W], group_hi_q[CNT_W], src_n[31:ADDR_W], dst_n[31:ADDR_W], slot_wide[31:ADDR_W], next_wide[31:ADDR_W],
        dst_slot_wide[31:ADDR_W], dst_next_wide[31:ADDR_W], lo_less, width_pad[0],
        comes[KERNEL]
    };
endmodule

`default_nettype wire

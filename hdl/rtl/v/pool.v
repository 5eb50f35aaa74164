// pool: the pool engine: takes some rows of a pooled row's windows at a time from its queue, reads them through port B, and what
// others have made of the pooled row, and writes the maxima back.
`default_nettype none

module pool #(
    parameter ROWS      = 4,    // lanes
    parameter LANE_W    = 2,    // bits of a lane index, clog2(ROWS)
    parameter CNT_W     = 3,    // bits of a pixel count, clog2(ROWS + 1)
    parameter QUEUE     = 8,    // operations that may wait, at least 2
    parameter FIFO      = 16,   // results in flight, a power of two
    parameter POOL_W    = 2,    // bits of a pool index
    parameter KERNEL    = 3,    // largest kernel, 1 to ROWS
    parameter MERGE     = 1,    // operations may take some of a window's rows
    parameter K_W       = 2,    // bits of kernel_last and pad, at most CNT_W and Y_W
    parameter STRIDE_W  = 3,    // bits of the stride (1 to 4), at least 3
    parameter SLOT_W    = 8,    // bits of a line buffer's tile count
    parameter ADDR_W    = 12,   // bits of a bank address
    parameter CH_W      = 8,    // bits of ch_last
    parameter CHUNK_W   = 4,    // bits of chunk_last
    parameter X_W       = 8,    // bits of w_last
    parameter Y_W       = 8,    // bits of a row number
    parameter POOL_BITS = 152   // bits of a POOL word, all fields together
) (
    input  wire                 clk_i,
    input  wire                 rst_i,
    input  wire                 push_i,          // from the sequencer; not while full_o
    input  wire [POOL_W-1:0]    push_pool_i,
    input  wire [15:0]          push_dep_i,      // array tiles (program count) to be retired before
    output wire                 full_o,
    input  wire                 retire_i,        // an array tile's results are in their banks
    output wire                 pool_retire_o,   // an operation's results are in their banks
    output wire [POOL_W-1:0]    pool_addr_o,     // POOL, data a cycle later
    input  wire [POOL_BITS-1:0] word_i,
    output wire                 read_o,          // to port B; bank b: address b if b < lane, else address a
    output wire [ADDR_W-1:0]    read_addr_a_o,
    output wire [ADDR_W-1:0]    read_addr_b_o,
    output wire [LANE_W-1:0]    read_lane_o,
    input  wire                 read_grant_i,
    input  wire [ROWS*8-1:0]    read_data_i,     // three cycles after the grant
    output wire                 write_o,
    output wire [ADDR_W-1:0]    write_addr_a_o,
    output wire [ADDR_W-1:0]    write_addr_b_o,
    output wire [LANE_W-1:0]    write_lane_o,
    output wire [ROWS-1:0]      write_mask_o,
    output wire [ROWS*8-1:0]    write_data_o,
    input  wire                 write_grant_i
);
    // Fields of word_i as pool_*, a pool word: printed from hdl/machine/src/tables.rs, do not edit.
    generate if (POOL_BITS != 2*ADDR_W + 8*SLOT_W + 4*LANE_W + 4*CNT_W + CH_W + CHUNK_W + 2*K_W + STRIDE_W + 2*Y_W + X_W + 1) begin : g_check_pool
        ERROR_pool_POOL_BITS_must_be_the_sum_of_its_fields check ();
    end endgenerate
    wire [K_W-1:0] pool_kernel_last = word_i[2*ADDR_W + 8*SLOT_W + 4*LANE_W + 3*CNT_W + CH_W + CHUNK_W +: K_W];
    wire [STRIDE_W-1:0] pool_stride = word_i[2*ADDR_W + 8*SLOT_W + 4*LANE_W + 4*CNT_W + CH_W + CHUNK_W + K_W +: STRIDE_W];
    wire pool_signed = word_i[2*ADDR_W + 8*SLOT_W + 4*LANE_W + 4*CNT_W + CH_W + CHUNK_W + 2*K_W + STRIDE_W + 2*Y_W + X_W];
    wire unused_pool = &{1'b0, word_i};

    localparam [2:0] IDLE = 3'd0, LOAD = 3'd1, LATCH = 3'd2, POS = 3'd3, RUN = 3'd4, DRAIN = 3'd5, WAIT = 3'd6;
    localparam LEN_W   = $clog2(FIFO);
    localparam ENTRY_W = POOL_W + 16;

    generate
        if (QUEUE < 2) begin : g_check_queue
            ERROR_pool_QUEUE_must_be_at_least_2 check ();
        end
    endgenerate

    reg [2:0] state_q;
    reg [POOL_W-1:0] pool_q;
    reg [K_W-1:0] index_q;
    reg [LEN_W:0] inflight_q;
    reg read_q, retire_q;

    // The queue: the head is entry 0. Whether its dependency is not yet met is known a cycle ahead, of an operation that comes into
    // an empty queue too; after a pop several cycles go by until it is asked for again.
    reg [QUEUE*ENTRY_W-1:0] queue_q;
    reg [QUEUE:0] tail_q;  // the place of the next operation pushed, one-hot; the last one: the queue is full
    reg fresh_q, late_q, push_late_q;
    reg [15:0] arr_coming_q;  // array tiles retired, and the one in the array
    wire [16:0] lead      = {arr_coming_q, retire_i} - {queue_q[15:0], !retire_i};
    wire [16:0] push_lead = {arr_coming_q, retire_i} - {push_dep_i, !retire_i};
    wire pop = state_q == IDLE && !tail_q[0] && !(fresh_q ? push_late_q : late_q);
    genvar q;
    generate
        for (q = 0; q < QUEUE; q = q + 1) begin : g_queue
            wire here = push_i && (pop ? tail_q[q+1] : tail_q[q]);
            if (q < QUEUE - 1) begin : g_shift
                always @(posedge clk_i)
                    if (here) queue_q[q*ENTRY_W +: ENTRY_W] <= {push_pool_i, push_dep_i};
                    else if (pop) queue_q[q*ENTRY_W +: ENTRY_W] <= queue_q[(q+1)*ENTRY_W +: ENTRY_W];
            end else begin : g_end
                always @(posedge clk_i) if (here) queue_q[q*ENTRY_W +: ENTRY_W] <= {push_pool_i, push_dep_i};
            end
        end
    endgenerate

    wire begins, merge, first, last, end_read;
    wire begun = read_grant_i && begins;
    // The request after a grant, and without one; a chunk begins only where its result has a place. One grant excludes the other.
    wire follows = !end_read && !(last && (begins ? &inflight_q[LEN_W-1:0] : inflight_q[LEN_W]));
    wire stays   = !begins || !inflight_q[LEN_W] || write_grant_i;
    wire empty = inflight_q == {(LEN_W+1){1'b0}} || (inflight_q == {{LEN_W{1'b0}}, 1'b1} && write_grant_i);
    always @(posedge clk_i) begin
        case (state_q)
            IDLE:    if (pop) state_q <= LOAD;
            LOAD:    state_q <= LATCH;
            LATCH:   state_q <= POS;
            POS:     if (index_q == pool_kernel_last) state_q <= RUN;
            RUN:     if (read_grant_i && end_read) state_q <= DRAIN;
            DRAIN:   if (empty) state_q <= WAIT;
            default: state_q <= IDLE;
        endcase
        if (pop) pool_q <= queue_q[16 +: POOL_W];
        index_q       <= state_q == POS ? index_q + 1'b1 : {K_W{1'b0}};
        read_q        <= state_q == POS ? index_q == pool_kernel_last : state_q == RUN && (read_grant_i ? follows : stays);
        inflight_q    <= inflight_q + {{LEN_W{write_grant_i}}, begun || write_grant_i};
        retire_q      <= state_q == WAIT;
        if (push_i != pop) tail_q <= pop ? {1'b0, tail_q[QUEUE:1]} : {tail_q[QUEUE-1:0], 1'b0};
        fresh_q       <= tail_q[0];
        late_q        <= lead[16];
        push_late_q   <= push_lead[16];
        arr_coming_q  <= arr_coming_q + {15'd0, retire_i};
        if (rst_i) begin
            state_q       <= IDLE;
            pool_q        <= {POOL_W{1'b0}};
            inflight_q    <= {(LEN_W+1){1'b0}};
            read_q        <= 1'b0;
            retire_q      <= 1'b0;
            tail_q        <= {{QUEUE{1'b0}}, 1'b1};
            arr_coming_q  <= 16'd1;
        end
    end

    wire [Y_W:0] top;
    wire [K_W-1:0] kernel_row;
    wire [SLOT_W-1:0] src_slot, dst_slot;
    wire [LANE_W-1:0] src_lane, dst_lane;
    pool_state #(
        .ROWS(ROWS), .LANE_W(LANE_W), .CNT_W(CNT_W), .POOL_W(POOL_W), .K_W(K_W), .STRIDE_W(STRIDE_W),
        .SLOT_W(SLOT_W), .Y_W(Y_W), .ADDR_W(ADDR_W), .CH_W(CH_W), .CHUNK_W(CHUNK_W), .X_W(X_W), .POOL_BITS(POOL_BITS)
    ) state (
        .clk_i(clk_i),
        .rst_i(rst_i),
        .pool_i(pool_q),
        .latch_i(state_q == LATCH),
        .finish_i(state_q == WAIT),
        .word_i(word_i),
        .top_o(top),
        .kernel_row_o(kernel_row),
        .src_slot_o(src_slot),
        .src_lane_o(src_lane),
        .dst_slot_o(dst_slot),
        .dst_lane_o(dst_lane)
    );

    wire [K_W-1:0] read_lo;
    wire [CNT_W-1:0] read_end, read_out;
    wire [ADDR_W-1:0] result_addr_a, result_addr_b;
    wire [LANE_W-1:0] result_lane;
    pool_walk #(
        .ROWS(ROWS), .LANE_W(LANE_W), .CNT_W(CNT_W), .KERNEL(KERNEL), .MERGE(MERGE), .K_W(K_W), .SLOT_W(SLOT_W),
        .ADDR_W(ADDR_W), .CH_W(CH_W), .CHUNK_W(CHUNK_W), .X_W(X_W), .Y_W(Y_W), .STRIDE_W(STRIDE_W), .POOL_BITS(POOL_BITS)
    ) walk (
        .clk_i(clk_i),
        .latch_i(state_q == LATCH),
        .pos_i(state_q == POS),
        .index_i(index_q),
        .grant_i(read_grant_i),
        .state_top_i(top),
        .state_kernel_row_i(kernel_row),
        .state_src_slot_i(src_slot),
        .state_src_lane_i(src_lane),
        .state_dst_slot_i(dst_slot),
        .state_dst_lane_i(dst_lane),
        .word_i(word_i),
        .begin_o(begins),
        .merge_o(merge),
        .first_o(first),
        .last_o(last),
        .end_o(end_read),
        .read_addr_a_o(read_addr_a_o),
        .read_addr_b_o(read_addr_b_o),
        .read_lane_o(read_lane_o),
        .read_lo_o(read_lo),
        .read_end_o(read_end),
        .read_out_o(read_out),
        .write_addr_a_o(result_addr_a),
        .write_addr_b_o(result_addr_b),
        .write_lane_o(result_lane)
    );

    pool_data #(
        .ROWS(ROWS), .LANE_W(LANE_W), .CNT_W(CNT_W), .KERNEL(KERNEL), .MERGE(MERGE), .K_W(K_W), .STRIDE_W(STRIDE_W),
        .FIFO(FIFO)
    ) data (
        .clk_i(clk_i),
        .rst_i(rst_i),
        .read_i(read_grant_i),
        .read_merge_i(merge),
        .read_first_i(first),
        .read_last_i(last),
        .read_lane_i(read_lane_o),
        .read_lo_i(read_lo),
        .read_end_i(read_end),
        .read_dst_i(result_lane),
        .read_out_i(read_out),
        .kernel_last_i(pool_kernel_last),
        .stride_i(pool_stride),
        .signed_i(pool_signed),
        .data_i(read_data_i),
        .ready_o(write_o),
        .mask_o(write_mask_o),
        .data_o(write_data_o),
        .take_i(write_grant_i)
    );

    // Addresses of results in flight, put in as their last read is granted, long before the results come: the oldest result's are
    // in a register by then.
    (* ram_style = "distributed" *) reg [2*ADDR_W+LANE_W-1:0] places [0:FIFO-1];
    reg [LEN_W-1:0] put_q, take_q, behind_q;  // behind_q is take_q + 1
    reg [2*ADDR_W+LANE_W-1:0] place_q;
    wire put = read_grant_i && last;
    wire [LEN_W-1:0] take = write_grant_i ? behind_q : take_q;
    always @(posedge clk_i) begin
        if (put) places[put_q] <= {result_addr_a, result_addr_b, result_lane};
        place_q <= places[take];
        put_q   <= put_q + {{(LEN_W-1){1'b0}}, put};
        take_q  <= take;
        if (write_grant_i) behind_q <= behind_q + 1'b1;
        if (rst_i) begin
            put_q    <= {LEN_W{1'b0}};
            take_q   <= {LEN_W{1'b0}};
            behind_q <= {{(LEN_W-1){1'b0}}, 1'b1};
        end
    end
    assign {write_addr_a_o, write_addr_b_o, write_lane_o} = place_q;

    assign full_o        = tail_q[QUEUE];
    assign pool_retire_o = retire_q;
    assign pool_addr_o   = pool_q;
    assign read_o        = read_q;

    wire unused = &{1'b0, lead[15:0], push_lead[15:0]};

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    localparam [31:0] FIFO_ROOM = FIFO;
    wire [QUEUE:0] tail_less = tail_q - 1'b1;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        if (armed_q && !rst_i) begin
            if (!(tail_q != {(QUEUE+1){1'b0}} && (tail_q & tail_less) == {(QUEUE+1){1'b0}})) begin
                $display("%m: the queue's tail is not one-hot");
                $stop;
            end
            if (!(!push_i || !full_o)) begin
                $display("%m: an operation is pushed into a full queue");
                $stop;
            end
            if (!(inflight_q <= FIFO_ROOM[LEN_W:0])) begin
                $display("%m: more results in flight than the FIFO has room for");
                $stop;
            end
            if (!(!begun || inflight_q < FIFO_ROOM[LEN_W:0] || write_grant_i)) begin
                $display("%m: a chunk begins whose result has no room");
                $stop;
            end
            if (!(!write_grant_i || inflight_q != {(LEN_W+1){1'b0}})) begin
                $display("%m: a result is written that no chunk began");
                $stop;
            end
            if (!(!read_o || state_q == RUN)) begin
                $display("%m: a read outside an operation");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

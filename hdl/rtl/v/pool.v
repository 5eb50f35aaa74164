// pool: the pool engine: takes source tiles from its queue, one after another. Of each channel's word, out of the result FIFO or read
// through port B, it finds the maxima for all pooled pixels that have a part in it, adds what others have made of these, and writes them
// back.
`default_nettype none

module pool #(
    parameter ROWS      = 4,    // lanes
    parameter LANE_W    = 2,    // bits of a lane index, clog2(ROWS)
    parameter CNT_W     = 3,    // bits of a pixel count, clog2(ROWS + 1)
    parameter QUEUE     = 8,    // operations that may wait, at least 2
    parameter FIFO      = 16,   // results in flight, a power of two
    parameter POOL_W    = 2,    // bits of a pool index
    parameter KERNEL    = 3,    // largest kernel, 1 to ROWS
    parameter MERGE     = 1,    // windows have pixels in several tiles
    parameter PASSES    = 4,    // passes of an operation at most, at least 1
    parameter WORDS     = 16,   // words of the result FIFO, a power of two; 0: there is none
    parameter WORDS_BLOCK = 0,  // 1: in block RAM, 0: in distributed RAM
    parameter K_W       = 2,    // bits of kernel_last and pad
    parameter STRIDE_W  = 3,    // bits of the stride (1 to 4), at least 3
    parameter SLOT_W    = 8,    // bits of a line buffer's tile count
    parameter ADDR_W    = 12,   // bits of a bank address
    parameter CH_W      = 8,    // bits of ch_last
    parameter X_W       = 8,    // bits of a column number
    parameter Y_W       = 8,    // bits of a row number
    parameter POOL_BITS = 116   // bits of a POOL word, all fields together
) (
    input  wire                 clk_i,
    input  wire                 rst_i,
    input  wire                 push_i,          // from the sequencer; not while full_o
    input  wire [POOL_W-1:0]    push_pool_i,
    input  wire [15:0]          push_dep_i,      // array tiles (program count) to be retired before
    output wire                 full_o,
    input  wire                 fill_i,          // a result for the result FIFO, which has room
    input  wire [ROWS*8-1:0]    fill_data_i,
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
    generate if (POOL_BITS != 3 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + 3*X_W + 2*Y_W + 2*K_W + STRIDE_W) begin : g_check_pool
        ERROR_pool_POOL_BITS_must_be_the_sum_of_its_fields check ();
    end endgenerate
    wire pool_direct = word_i[0];
    wire [CH_W-1:0] pool_ch_last = word_i[1 + 2*ADDR_W + 4*SLOT_W + LANE_W +: CH_W];
    wire [K_W-1:0] pool_kernel_last = word_i[1 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + 2*X_W + Y_W +: K_W];
    wire [STRIDE_W-1:0] pool_stride = word_i[1 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + 2*X_W + Y_W + K_W +: STRIDE_W];
    wire pool_whole = word_i[1 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + 3*X_W + 2*Y_W + 2*K_W + STRIDE_W];
    wire pool_signed = word_i[2 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + 3*X_W + 2*Y_W + 2*K_W + STRIDE_W];
    wire unused_pool = &{1'b0, word_i};

    localparam [2:0] IDLE = 3'd0, LOAD = 3'd1, LATCH = 3'd2, LIST = 3'd3, RUN = 3'd4, DRAIN = 3'd5;
    localparam D_W     = (X_W > CNT_W ? X_W : CNT_W) + 2;
    localparam ROW_W   = (K_W > STRIDE_W ? K_W : STRIDE_W) + 2;
    localparam [31:0] FIFO_VALUE = FIFO;
    localparam LEN_W   = $clog2(FIFO);
    localparam ENTRY_W = POOL_W + 16;

    generate
        if (QUEUE < 2) begin : g_check_queue
            ERROR_pool_QUEUE_must_be_at_least_2 check ();
        end
    endgenerate

    reg [2:0] state_q;
    reg [POOL_W-1:0] pool_q;
    reg [LEN_W:0] inflight_q;
    reg go_q, retire_q;
    reg long_q;  // channels come in the same order again, and more of them than chunks can be in flight

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

    wire latch = state_q == LATCH;
    wire begins, follows_begin, merge, port, word_end, ends;
    wire list_end, state_done, there;
    wire write_ends;

    // A step is taken when port B grants it or, where it needs no port, when the result FIFO has a word; a chunk begins only where its
    // result has a place.
    wire taken = go_q && !port && there;
    wire step  = read_grant_i || taken;
    wire begun = step && begins;
    wire next_begins = step ? follows_begin : begins;
    wire room  = write_grant_i || !(inflight_q[LEN_W] || (begun && &inflight_q[LEN_W-1:0]));
    wire goes  = !next_begins || room;
    wire empty = inflight_q == {(LEN_W+1){1'b0}} || (inflight_q == {{LEN_W{1'b0}}, 1'b1} && write_grant_i);
    wire over  = state_q == DRAIN && state_done && (long_q || empty);
    wire [31:0] channels = {{(32 - CH_W){1'b0}}, pool_ch_last};
    always @(posedge clk_i) begin
        case (state_q)
            IDLE:    if (pop) state_q <= LOAD;
            LOAD:    state_q <= LATCH;
            LATCH:   state_q <= LIST;
            LIST:    if (list_end) state_q <= RUN;
            RUN:     if (step && ends) state_q <= DRAIN;
            default: if (over) state_q <= IDLE;
        endcase
        if (pop) pool_q <= queue_q[16 +: POOL_W];
        go_q          <= state_q == LIST ? list_end && room : state_q == RUN && !(step && ends) && goes;
        inflight_q    <= inflight_q + {{LEN_W{1'b0}}, begun} - {{LEN_W{1'b0}}, write_grant_i};
        long_q        <= channels >= FIFO_VALUE;
        retire_q      <= write_grant_i && write_ends;
        if (push_i != pop) tail_q <= pop ? {1'b0, tail_q[QUEUE:1]} : {tail_q[QUEUE-1:0], 1'b0};
        fresh_q       <= tail_q[0];
        late_q        <= lead[16];
        push_late_q   <= push_lead[16];
        arr_coming_q  <= arr_coming_q + {15'd0, retire_i};
        if (rst_i) begin
            state_q       <= IDLE;
            pool_q        <= {POOL_W{1'b0}};
            inflight_q    <= {(LEN_W+1){1'b0}};
            go_q          <= 1'b0;
            retire_q      <= 1'b0;
            tail_q        <= {{QUEUE{1'b0}}, 1'b1};
            arr_coming_q  <= 16'd1;
        end
    end

    wire [X_W-1:0] to_next, out_left;
    wire [Y_W-1:0] rows_left, out_rows_left;
    wire top;
    wire [ROW_W-1:0] kernel_row;
    wire [D_W-1:0] kernel_col;
    wire [SLOT_W-1:0] row_slot, pixel_slot, src_slot;
    wire [LANE_W-1:0] row_lane, pixel_lane;
    pool_state #(
        .ROWS(ROWS), .LANE_W(LANE_W), .CNT_W(CNT_W), .POOL_W(POOL_W), .K_W(K_W), .STRIDE_W(STRIDE_W), .SLOT_W(SLOT_W),
        .ADDR_W(ADDR_W), .CH_W(CH_W), .X_W(X_W), .Y_W(Y_W), .D_W(D_W), .ROW_W(ROW_W), .POOL_BITS(POOL_BITS)
    ) state (
        .clk_i(clk_i),
        .rst_i(rst_i),
        .pool_i(pool_q),
        .latch_i(latch),
        .finish_i(over),
        .word_i(word_i),
        .done_o(state_done),
        .to_next_o(to_next),
        .rows_left_o(rows_left),
        .top_o(top),
        .kernel_row_o(kernel_row),
        .out_rows_left_o(out_rows_left),
        .kernel_col_o(kernel_col),
        .out_left_o(out_left),
        .row_slot_o(row_slot),
        .row_lane_o(row_lane),
        .pixel_slot_o(pixel_slot),
        .pixel_lane_o(pixel_lane),
        .src_slot_o(src_slot)
    );

    wire pass, pass_first, pass_last, pass_merge_all, pass_straddles;
    wire [LANE_W-1:0] pass_bank, pass_lane;
    wire [CNT_W:0] pass_lo, pass_end;
    wire [SLOT_W-1:0] pass_slot, pass_next;
    wire [CNT_W-1:0] pass_out;
    pool_passes #(
        .ROWS(ROWS), .LANE_W(LANE_W), .CNT_W(CNT_W), .K_W(K_W), .STRIDE_W(STRIDE_W), .SLOT_W(SLOT_W),
        .ADDR_W(ADDR_W), .CH_W(CH_W), .X_W(X_W), .Y_W(Y_W), .D_W(D_W), .ROW_W(ROW_W), .POOL_BITS(POOL_BITS)
    ) passes (
        .clk_i(clk_i),
        .latch_i(latch),
        .list_i(state_q == LIST),
        .word_i(word_i),
        .to_next_i(to_next),
        .rows_left_i(rows_left),
        .top_i(top),
        .kernel_row_i(kernel_row),
        .out_rows_left_i(out_rows_left),
        .kernel_col_i(kernel_col),
        .out_left_i(out_left),
        .row_slot_i(row_slot),
        .row_lane_i(row_lane),
        .pixel_slot_i(pixel_slot),
        .pixel_lane_i(pixel_lane),
        .end_o(list_end),
        .pass_o(pass),
        .bank_o(pass_bank),
        .lo_o(pass_lo),
        .end_lane_o(pass_end),
        .first_o(pass_first),
        .last_o(pass_last),
        .merge_all_o(pass_merge_all),
        .straddles_o(pass_straddles),
        .slot_o(pass_slot),
        .next_o(pass_next),
        .lane_o(pass_lane),
        .out_o(pass_out)
    );

    wire first, last, merge_all, straddles;
    wire [LANE_W-1:0] bank;
    wire [CNT_W:0] lo, end_lane;
    wire [CNT_W-1:0] out;
    wire [ADDR_W-1:0] result_addr_a, result_addr_b;
    wire [LANE_W-1:0] result_lane;
    pool_walk #(
        .LANE_W(LANE_W), .CNT_W(CNT_W), .K_W(K_W), .STRIDE_W(STRIDE_W), .SLOT_W(SLOT_W), .ADDR_W(ADDR_W), .CH_W(CH_W),
        .X_W(X_W), .Y_W(Y_W), .MERGE(MERGE), .PASSES(PASSES), .POOL_BITS(POOL_BITS)
    ) walk (
        .clk_i(clk_i),
        .latch_i(latch),
        .src_slot_i(src_slot),
        .pass_i(pass),
        .pass_bank_i(pass_bank),
        .pass_lo_i(pass_lo),
        .pass_end_i(pass_end),
        .pass_first_i(pass_first),
        .pass_last_i(pass_last),
        .pass_merge_all_i(pass_merge_all),
        .pass_straddles_i(pass_straddles),
        .pass_slot_i(pass_slot),
        .pass_next_i(pass_next),
        .pass_lane_i(pass_lane),
        .pass_out_i(pass_out),
        .step_i(step),
        .word_i(word_i),
        .begin_o(begins),
        .follows_begin_o(follows_begin),
        .merge_o(merge),
        .port_o(port),
        .word_end_o(word_end),
        .end_o(ends),
        .first_o(first),
        .last_o(last),
        .merge_all_o(merge_all),
        .straddles_o(straddles),
        .bank_o(bank),
        .lo_o(lo),
        .end_lane_o(end_lane),
        .out_o(out),
        .read_addr_a_o(read_addr_a_o),
        .read_addr_b_o(read_addr_b_o),
        .read_lane_o(read_lane_o),
        .write_addr_a_o(result_addr_a),
        .write_addr_b_o(result_addr_b),
        .write_lane_o(result_lane)
    );

    wire [ROWS*8-1:0] fifo_data;
    pool_fifo #(.WORDS(WORDS), .BLOCK(WORDS_BLOCK), .WIDTH(ROWS*8)) words (
        .clk_i(clk_i),
        .rst_i(rst_i),
        .push_i(fill_i),
        .data_i(fill_data_i),
        .there_o(there),
        .pop_i(taken && word_end),
        .data_o(fifo_data)
    );

    pool_data #(
        .ROWS(ROWS), .LANE_W(LANE_W), .CNT_W(CNT_W), .KERNEL(KERNEL), .MERGE(MERGE), .K_W(K_W), .STRIDE_W(STRIDE_W),
        .FIFO(FIFO)
    ) data (
        .clk_i(clk_i),
        .rst_i(rst_i),
        .step_i(step),
        .merge_i(merge),
        .first_i(first),
        .last_i(last),
        .bank_i(bank),
        .lo_i(lo),
        .end_i(end_lane),
        .merge_all_i(merge_all),
        .straddles_i(straddles),
        .dst_i(result_lane),
        .out_i(out),
        .whole_i(pool_whole),
        .kernel_last_i(pool_kernel_last),
        .stride_i(pool_stride),
        .signed_i(pool_signed),
        .direct_i(pool_direct),
        .bank_data_i(read_data_i),
        .fifo_data_i(fifo_data),
        .ready_o(write_o),
        .mask_o(write_mask_o),
        .data_o(write_data_o),
        .take_i(write_grant_i)
    );

    // Addresses of results in flight, and whether a result is its operation's last, put in with their last pass, long before the
    // results come: the oldest result's are in a register by then.
    (* ram_style = "distributed" *) reg [2*ADDR_W+LANE_W:0] places [0:FIFO-1];
    reg [LEN_W-1:0] put_q, take_q, behind_q;  // behind_q is take_q + 1
    reg [2*ADDR_W+LANE_W:0] place_q;
    wire put = step && !merge && last;
    wire [LEN_W-1:0] take = write_grant_i ? behind_q : take_q;
    always @(posedge clk_i) begin
        if (put) places[put_q] <= {result_addr_a, result_addr_b, result_lane, ends};
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
    assign {write_addr_a_o, write_addr_b_o, write_lane_o, write_ends} = place_q;

    assign full_o        = tail_q[QUEUE];
    assign pool_retire_o = retire_q;
    assign pool_addr_o   = pool_q;
    assign read_o        = go_q && port;

    wire unused = &{1'b0, lead[15:0], push_lead[15:0]};

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    localparam [31:0] FIFO_ROOM = FIFO;
    localparam [31:0] LIST_ROOM = PASSES;
    reg [31:0] listed_q;  // passes of the operation
    wire [QUEUE:0] tail_less = tail_q - 1'b1;
    always @(posedge clk_i) begin
        armed_q  <= armed_q || rst_i;
        listed_q <= latch ? 32'd0 : listed_q + {31'd0, pass};
        if (armed_q && !rst_i) begin
            if (!(!(pass && state_q == LIST) || listed_q < LIST_ROOM)) begin
                $display("%m: an operation has more passes than the list has room for");
                $stop;
            end
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
            if (!(!go_q || state_q == RUN)) begin
                $display("%m: a step outside an operation");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

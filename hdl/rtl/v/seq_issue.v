// seq_issue: begins tiles when their interlocks allow it and walks through their channel tiles, taps and channels, a step a cycle.
//
// Retimed. The path that is cut leads from the counters' ends (is this the channel tile's last cycle?) through the interlocks (may
// the next tile begin?) to the load of all walk counters; on an ECP5 it was the whole chip's slowest. Without the retiming:
//     over  = cnt >= MIN_INTERVAL - 1 && the last channel of the last tap is issued, or padding;
//     go    = enable && an item is there && outstanding <= wait_arr && pools retired >= wait_pool && in_level >= wait_in
//             && (no result begins || a result's bank is free);
//     start = over && more channel tiles || (over || idle) && go
// Instead, counters run down so that their ends are registers (ch_end_q, tap_end_q, ct_end_q, more_q); over_q is found a cycle ahead
// from those ends (last_d, pad_d, enough_d); each interlock is a register compared a cycle ahead with the present cycle's event as
// carry (cur_arr_ok_q, nxt_arr_ok_q, nxt_pool_ok_q, nxt_in_ok_q), which is safe because two boundaries are MIN_INTERVAL apart; and
// while there is no present item its registers follow the next one (load), so that they need not wait for go.
`default_nettype none

module seq_issue #(
    parameter COLS          = 4,   // columns of the array
    parameter MIN_INTERVAL  = 4,   // fewest cycles of a (pixel tile, channel tile), at least 4
    parameter RELEASE_DELAY = 12,  // cycles from the end of an item to the release of its input tiles, at least 2
    parameter LAYER_W       = 4,   // bits of a layer index
    parameter TILES_W       = 6,   // bits of an item's tile count
    parameter ARR_W         = 4,   // bits of wait_arr and of the tiles in flight
    parameter IN_W          = 6,   // bits of wait_in, free_in and of the tiles in the input line buffer
    parameter TAPA_W        = 8,   // bits of a TAP address
    parameter TAP_W         = 6,   // bits of tap_last
    parameter CH_W          = 8,   // bits of ch_last
    parameter CT_W          = 4    // bits of ct_last
) (
    input  wire               clk_i,
    input  wire               rst_i,
    input  wire               enable_i,          // tiles may begin
    input  wire               retire_i,          // a tile's results are in their banks
    input  wire               in_tile_i,         // an input tile is in its banks
    input  wire               pool_retire_i,     // a pool operation is complete
    input  wire               sum_done_i,        // a result's last beat is accepted
    input  wire               nxt_valid_i,
    input  wire [LAYER_W-1:0] nxt_layer_i,
    input  wire [TILES_W-1:0] nxt_tiles_i,
    input  wire [ARR_W:0]     nxt_arr_i,
    input  wire [IN_W-1:0]    nxt_free_in_i,     // at most its wait_in
    input  wire               nxt_tile_first_i,  // its state is at tile 0
    input  wire [ARR_W:0]     ahead_arr_i,       // see seq_fetch
    input  wire [7:0]         ahead_pool_i,
    input  wire [IN_W:0]      ahead_in_i,
    output wire               from_nxt_o,        // start_* are to be those of the next item, not of the present one
    input  wire               start_sum_i,       // LAYER fields of what is to start
    input  wire [TAPA_W-1:0]  start_tap_base_i,
    input  wire [TAP_W-1:0]   start_tap_last_i,
    input  wire [CH_W-1:0]    start_ch_last_i,
    input  wire [CT_W-1:0]    start_ct_last_i,
    input  wire [CH_W-1:0]    cur_ch_last_i,     // of the present item
    input  wire               cur_residual_i,
    input  wire               tile_first_i,      // present item's state is at tile 0
    input  wire               tile_last_i,       // present item's state is at the image's last tile
    output wire               load_o,            // combinational: no present item, so take in what is known of the next one
    output wire               take_o,            // combinational: the next item becomes the present one
    output wire               tile_over_o,       // combinational: the state moves on
    output wire               item_over_o,       // combinational: the state goes to STATE
    output wire               cur_active_o,
    output wire [LAYER_W-1:0] cur_layer_o,
    output wire               step_valid_o,      // issue registers: a step
    output wire               step_tile_o,       // first of its tile
    output wire               step_first_o,      // first of its channel tile
    output wire               step_last_o,       // last cycle of its channel tile; a bubble if it is short
    output wire               step_ch_first_o,   // first of its tap
    output wire               step_ct_last_o,    // of the last channel tile
    output wire               step_residual_o,       // no step: the next column's residual word is read
    output wire [TAPA_W-1:0]  tap_addr_o,
    output wire [IN_W-1:0]    release_o,         // input tiles given back
    output wire               stall_fetch_o,     // why no step is issued in this cycle
    output wire               stall_array_o,
    output wire               stall_pool_o,
    output wire               stall_input_o,
    output wire               stall_output_o,
    output wire               busy_o             // an image is in flight
);
    localparam CNT_W = $clog2(MIN_INTERVAL);
    localparam [31:0] CNT_ENOUGH = MIN_INTERVAL - 2;

    generate
        if (MIN_INTERVAL < 4) begin : g_check_interval
            ERROR_seq_issue_MIN_INTERVAL_must_be_at_least_4 check ();
        end
        if (RELEASE_DELAY < 2) begin : g_check_release
            ERROR_seq_issue_RELEASE_DELAY_must_be_at_least_2 check ();
        end
    endgenerate

    reg run_q, pad_q, enough_q, over_q, cur_active_q, more_q, ct_end_q, tap_end_q, ch_end_q;
    reg tile_q, first_q, ch_first_q;
    reg [CNT_W-1:0] cnt_q;
    reg [LAYER_W-1:0] cur_layer_q;
    reg [TILES_W-1:0] left_q;
    reg [ARR_W:0] cur_arr_q;
    reg [ARR_W-1:0] outstanding_q;
    reg [IN_W-1:0] cur_free_in_q, in_level_q;
    reg [CT_W-1:0] ct_left_q;
    reg [TAP_W-1:0] tap_left_q;
    reg [CH_W-1:0] ch_left_q;
    reg [TAPA_W-1:0] tap_addr_q;
    reg [7:0] pool_retired_q;
    reg [1:0] sum_busy_q;
    reg cur_arr_ok_q, nxt_arr_ok_q, nxt_pool_ok_q, nxt_in_ok_q;

    // Boundaries and the decision to begin; every condition is a register or a few gates from one.
    wire last_step = run_q && tap_end_q && ch_end_q;
    wire tile_over = over_q && ct_end_q;
    wire item_over = tile_over && !more_q;
    wire boundary  = (!run_q && !pad_q) || tile_over;
    wire present   = more_q || nxt_valid_i;
    wire tile_zero = more_q ? (tile_over ? tile_last_i : tile_first_i) : nxt_tile_first_i;
    wire output_ok = !(start_sum_i && nxt_tile_first_i && sum_busy_q[1]);
    wire arr_ok    = more_q ? cur_arr_ok_q : nxt_arr_ok_q;
    wire first_ok  = more_q || (nxt_pool_ok_q && nxt_in_ok_q && output_ok);
    // Found beside the boundary, which is the late one.
    wire wants     = enable_i && present;
    wire go        = (wants && arr_ok) && first_ok;
    wire begin_d   = boundary && go;
    wire take      = begin_d && !more_q;
    wire start     = begin_d || (over_q && !ct_end_q);

    // The end of a channel tile, found a cycle ahead: the next cycle is the last step or padding, and as long as it has to be.
    // Neither is true of the cycle behind a start.
    wire ch_end_d  = ch_end_q ? cur_ch_last_i == {CH_W{1'b0}} : ch_left_q == {{(CH_W-1){1'b0}}, 1'b1};
    wire tap_end_d = ch_end_q ? tap_left_q == {{(TAP_W-1){1'b0}}, 1'b1} : tap_end_q;
    wire last_d    = run_q && !last_step && ch_end_d && tap_end_d;
    wire pad_d     = (pad_q || last_step) && !over_q;
    wire enough_d  = (enough_q || cnt_q == CNT_ENOUGH[CNT_W-1:0]) && !(last_step && cur_residual_i);
    always @(posedge clk_i) over_q <= ((last_d && !cur_residual_i) || pad_d) && enough_d && !rst_i;

    always @(posedge clk_i) begin
        tile_q <= begin_d;
        first_q <= start;
        if (boundary || last_step) run_q <= 1'b0;
        if (last_step) pad_q <= 1'b1;
        if (over_q) pad_q <= 1'b0;
        if (start) run_q <= 1'b1;
        if (item_over) cur_active_q <= 1'b0;
        if (take) begin
            cur_active_q <= 1'b1;
            cur_layer_q  <= nxt_layer_i;
            more_q       <= nxt_tiles_i != {{(TILES_W-1){1'b0}}, 1'b1};
        end else if (begin_d) more_q <= left_q != {{(TILES_W-1){1'b0}}, 1'b1};
        if (begin_d) ct_end_q <= start_ct_last_i == {CT_W{1'b0}};
        else if (start) ct_end_q <= ct_left_q == {{(CT_W-1){1'b0}}, 1'b1};
        if (rst_i) begin
            tile_q       <= 1'b0;
            first_q      <= 1'b0;
            run_q        <= 1'b0;
            pad_q        <= 1'b0;
            cur_active_q <= 1'b0;
            cur_layer_q  <= {LAYER_W{1'b0}};
            more_q       <= 1'b0;
            ct_end_q     <= 1'b1;
        end
    end

    // Without a present item its registers follow the next one; that spares them the wait for the decision to begin.
    wire load = boundary && !more_q;
    always @(posedge clk_i) begin
        if (load) begin
            cur_arr_q     <= nxt_arr_i;
            cur_free_in_q <= nxt_free_in_i;
        end
        if (begin_d) left_q <= (more_q ? left_q : nxt_tiles_i) - 1'b1;
        if (begin_d) ct_left_q <= start_ct_last_i;
        else if (start) ct_left_q <= ct_left_q - 1'b1;
    end

    // Padding may be longer than there are columns.
    wire column;
    generate
        if (COLS < MIN_INTERVAL) begin : g_few
            localparam [31:0] COLUMNS = COLS;
            assign column = cnt_q < COLUMNS[CNT_W-1:0];
        end else begin : g_all
            assign column = 1'b1;
        end
    endgenerate

    // The walk: channels inside taps; counters run down so that their ends are registers.
    always @(posedge clk_i) begin
        cnt_q    <= cnt_q + 1'b1;
        enough_q <= enough_q || cnt_q == CNT_ENOUGH[CNT_W-1:0];
        if (run_q) begin
            ch_first_q <= ch_end_q;
            ch_left_q  <= ch_end_q ? cur_ch_last_i : ch_left_q - 1'b1;
            ch_end_q   <= ch_end_d;
        end
        if (run_q && ch_end_q) begin
            tap_addr_q <= tap_addr_q + 1'b1;
            tap_left_q <= tap_left_q - 1'b1;
            tap_end_q  <= tap_left_q == {{(TAP_W-1){1'b0}}, 1'b1};
        end
        // The residual is read in padding of its own, a column per cycle.
        if (start || (last_step && cur_residual_i)) begin
            cnt_q    <= {CNT_W{1'b0}};
            enough_q <= 1'b0;
        end
        if (start) begin
            ch_first_q <= 1'b1;
            ch_left_q  <= start_ch_last_i;
            ch_end_q   <= start_ch_last_i == {CH_W{1'b0}};
            tap_addr_q <= start_tap_base_i;
            tap_left_q <= start_tap_last_i;
            tap_end_q  <= start_tap_last_i == {TAP_W{1'b0}};
        end
        if (rst_i) tap_addr_q <= {TAPA_W{1'b0}};
    end

    // Interlocks, compared a cycle ahead. A begin changes them too, but the next boundary is at least MIN_INTERVAL away.
    // in_level leaves out what the items begun will give back, so that none counts on a tile of those before it.
    wire [ARR_W-1:0] unretired = outstanding_q - {{(ARR_W-1){1'b0}}, retire_i};
    wire [IN_W-1:0] in_level = in_level_q + {{(IN_W-1){1'b0}}, in_tile_i};
    wire [7:0] pool_retired = pool_retired_q + {7'd0, pool_retire_i};
    // Differences with this cycle's event as the carry into their lowest bit: not negative means go.
    wire [ARR_W+1:0] cur_arr = {cur_arr_q, 1'b1} + {~{1'b0, outstanding_q}, retire_i};
    wire [ARR_W+1:0] nxt_arr = {ahead_arr_i, 1'b1} + {~{1'b0, outstanding_q}, retire_i};
    wire [8:0]       nxt_pool = {pool_retired_q, 1'b1} + {~ahead_pool_i, pool_retire_i};
    wire [IN_W+1:0]  nxt_in = {1'b0, in_level_q, 1'b1} + {~ahead_in_i, in_tile_i};
    always @(posedge clk_i) begin
        cur_arr_ok_q   <= !cur_arr[ARR_W+1];
        nxt_arr_ok_q   <= !nxt_arr[ARR_W+1];
        nxt_pool_ok_q  <= !nxt_pool[8];
        nxt_in_ok_q    <= !nxt_in[IN_W+1];
        outstanding_q  <= begin_d ? outstanding_q + {{(ARR_W-1){1'b0}}, !retire_i} : unretired;
        pool_retired_q <= pool_retired;
        in_level_q     <= take ? in_level - nxt_free_in_i : in_level;
        sum_busy_q     <= sum_busy_q + {1'b0, begin_d && start_sum_i && tile_zero} - {1'b0, sum_done_i};
        if (rst_i) begin
            outstanding_q  <= {ARR_W{1'b0}};
            pool_retired_q <= 8'd0;
            in_level_q     <= {IN_W{1'b0}};
            sum_busy_q     <= 2'd0;
        end
    end

    // Release of input tiles: the token is cleared by reset, the amount beside it need not be.
    wire release_token;
    wire [IN_W-1:0] release_amount;
    delay #(.WIDTH(1), .N(RELEASE_DELAY), .RESET(1)) token_delay (
        .clk_i(clk_i), .rst_i(rst_i), .d_i(item_over), .d_o(release_token)
    );
    delay #(.WIDTH(IN_W), .N(RELEASE_DELAY)) amount_delay (
        .clk_i(clk_i), .rst_i(1'b0), .d_i(cur_free_in_q), .d_o(release_amount)
    );

    // Status, a cycle late: the stall of the cycle that the failed attempt made idle.
    wire no_pool   = !more_q && !nxt_pool_ok_q;
    wire no_input  = !more_q && nxt_pool_ok_q && !nxt_in_ok_q;
    wire no_output = !more_q && nxt_pool_ok_q && nxt_in_ok_q && !output_ok;
    wire [4:0] stall = {{3{wants && arr_ok}} & {no_output, no_input, no_pool}, wants && !arr_ok, !present};
    reg [4:0] stall_q;
    reg busy_q;
    always @(posedge clk_i) begin
        stall_q    <= {5{boundary}} & stall;
        busy_q     <= cur_active_q || in_level_q != {IN_W{1'b0}} || sum_busy_q != 2'd0;
        if (rst_i) stall_q <= 5'd0;
        if (rst_i) busy_q <= 1'b0;
    end

    assign from_nxt_o      = ct_end_q && !more_q;
    assign load_o          = load;
    assign take_o          = take;
    assign tile_over_o     = tile_over;
    assign item_over_o     = item_over;
    assign cur_active_o    = cur_active_q;
    assign cur_layer_o     = cur_layer_q;
    assign step_valid_o    = run_q;
    assign step_tile_o     = tile_q;
    assign step_first_o    = first_q;
    assign step_last_o     = over_q;
    assign step_ch_first_o = ch_first_q;
    assign step_ct_last_o  = ct_end_q;
    assign step_residual_o     = pad_q && cur_residual_i && column;
    assign tap_addr_o      = tap_addr_q;
    assign release_o       = release_token ? release_amount : {IN_W{1'b0}};
    assign stall_fetch_o   = stall_q[0];
    assign stall_array_o   = stall_q[1];
    assign stall_pool_o    = stall_q[2];
    assign stall_input_o   = stall_q[3];
    assign stall_output_o  = stall_q[4];
    assign busy_o          = busy_q;

    wire unused = &{1'b0, cur_arr, nxt_arr, nxt_pool, nxt_in};

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        if (armed_q && !rst_i) begin
            if (!(!(run_q && pad_q))) begin
                $display("%m: a step and padding at once");
                $stop;
            end
            if (!(!(begin_d && !boundary))) begin
                $display("%m: a tile begins within another");
                $stop;
            end
            if (!(!retire_i || outstanding_q != {ARR_W{1'b0}})) begin
                $display("%m: a tile is retired that was not begun");
                $stop;
            end
            if (!(!(begin_d && !retire_i) || outstanding_q != {ARR_W{1'b1}})) begin
                $display("%m: more tiles in flight than are counted");
                $stop;
            end
            if (!(!take || in_level >= nxt_free_in_i)) begin
                $display("%m: an item gives back input tiles that are not there");
                $stop;
            end
            if (!(!sum_done_i || sum_busy_q != 2'd0)) begin
                $display("%m: a result is done that was not begun");
                $stop;
            end
            if (!(!(begin_d && start_sum_i && tile_zero && !sum_done_i) || sum_busy_q != 2'd2)) begin
                $display("%m: a third result begins while two wait");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

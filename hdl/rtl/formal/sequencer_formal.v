// sequencer_formal: any program, any layers, against everything that the machine reports, at any times: a tile begins in the very cycle in
// which its interlocks allow it and in no other, a channel tile takes exactly its time, and the sequencer does not stand still for ever while
// what it waits for comes. The walk of seq_issue is retimed; here it is as the head of its file says it is without.
`default_nettype none

module sequencer_formal #(
    parameter COLS          = 4,   // columns of the array
    parameter MIN_INTERVAL  = 4,   // fewest cycles of a channel tile
    parameter RELEASE_DELAY = 2,   // cycles from the end of an item to the release of its input tiles
    parameter ARR_W         = 2,   // bits of the tiles in flight
    parameter IN_W          = 2,   // bits of a count of input tiles
    parameter CH_W          = 2,   // bits of ch_last
    parameter POOLS         = 1,   // 1: the program has pool operations too
    parameter PATIENCE      = 3,   // cycles after which what is awaited comes at the latest, once it can
    parameter BOUND         = 40   // cycles without a step, at most, while tiles may begin
) (
    input  wire            clk_i,
    input  wire            rst_i,
    input  wire            enable_i,
    input  wire            hold_i,
    input  wire            kind_i,       // of the program's word: pool operation,
    input  wire            last_i,
    input  wire            layer_i,
    input  wire            two_i,        // two tiles,
    input  wire [ARR_W-1:0] wait_arr_i,
    input  wire            wait_pool_i,
    input  wire [IN_W-1:0] wait_in_i,
    input  wire [IN_W-1:0] free_in_i,
    input  wire            tap_last_i,   // of a layer
    input  wire [CH_W-1:0] ch_last_i,
    input  wire            ct_last_i,
    input  wire            sum_i,
    input  wire            residual_i,
    input  wire [1:0]      tile_last_i,  // of each layer, while rst_i is 1; sum_i too
    input  wire            retire_i,     // what is awaited comes now, if it can
    input  wire            in_tile_i,
    input  wire            pool_retire_i,
    input  wire            sum_done_i,
    input  wire            pool_full_i,
    output wire            cover_second_tile_o,
    output wire            cover_result_o,
    output wire            cover_release_o
);
    localparam ENTRY_W = 2 + CH_W + 4;
    localparam PROG_BITS = 2 + 1 + 2 + ARR_W + 1 + 2*IN_W;
    localparam [ARR_W-1:0] ARR_MOST = {{(ARR_W-1){1'b1}}, 1'b0};  // one more tile must be counted
    localparam [IN_W-1:0] SLOTS = {IN_W{1'b1}};
    localparam [31:0] LEAST = MIN_INTERVAL, BOUND_MOST = BOUND;
    localparam STEP_W = 8;
    localparam [1:0] PATIENT = PATIENCE[1:0];

    wire kind = kind_i && POOLS != 0;
    wire [ARR_W-1:0] wait_arr = wait_arr_i > ARR_MOST ? ARR_MOST : wait_arr_i;
    wire [IN_W-1:0]  free_in  = free_in_i > wait_in_i ? wait_in_i : free_in_i;
    wire [PROG_BITS-1:0] item = {free_in, wait_in_i, wait_pool_i && POOLS != 0, wait_arr, two_i, !two_i, layer_i, last_i, kind};
    // tap_base (free of meaning here), tap_last, ch_last, ct_last, sum, residual, the image's last tile.
    // Whether layer 1 is the sum layer, and of how many tiles a layer is, does not change.
    reg sum_q;
    reg [1:0] tile_last_q;
    always @(posedge clk_i) if (rst_i) begin
        sum_q       <= sum_i;
        tile_last_q <= tile_last_i;
    end
    wire layer_addr;
    wire [ENTRY_W-1:0] entry = {tile_last_q[layer_addr], residual_i, sum_q && layer_addr, ct_last_i, ch_last_i, tap_last_i, 1'b0};

    wire state_we, cur_active, cur_layer, push, pool, take, nxt_valid, nxt_layer, nxt_state, load, tile_over, from_nxt;
    wire prog_addr, pc;
    wire [15:0] pool_dep;
    wire [1:0] nxt_tiles;
    wire [ARR_W:0] nxt_arr, ahead_arr;
    wire [IN_W-1:0] nxt_free_in, released;
    wire [ENTRY_W-1:0] nxt_entry;
    wire [7:0] ahead_pool;
    wire [IN_W:0] ahead_in;
    wire step_valid, step_tile, step_first, step_last, step_ch_first, step_ct_last, step_residual, tap_addr, busy;
    wire [4:0] stall;

    // The state of a layer is the number of its tile, 0 or 1.
    reg tile_q, tile_first_q, tile_end_q;
    reg [ENTRY_W-1:0] cur_entry_q;
    wire after = !tile_end_q && !tile_q;
    always @(posedge clk_i) begin
        tile_end_q <= tile_q == cur_entry_q[ENTRY_W-1];
        if (tile_over) tile_q <= after;
        if (tile_over) tile_first_q <= tile_end_q;
        if (load) begin
            tile_q       <= nxt_state;
            tile_first_q <= !nxt_state;
            cur_entry_q  <= nxt_entry;
        end
    end

    // What the machine owes: tiles that are over, input tiles for which there is room, pool operations, results.
    reg [ARR_W:0] over_q;
    reg [IN_W:0] in_buffer_q;
    reg [2:0] pools_q;
    reg [1:0] results_q;
    reg [1:0] retire_age_q, in_age_q, pool_age_q, done_age_q, full_age_q;
    wire retire      = over_q != {(ARR_W+1){1'b0}} && (retire_i || retire_age_q == PATIENT);
    wire in_tile     = in_buffer_q < {1'b0, SLOTS} && (in_tile_i || in_age_q == PATIENT);
    wire pool_retire = pools_q != 3'd0 && (pool_retire_i || pool_age_q == PATIENT);
    wire sum_done    = results_q != 2'd0 && (sum_done_i || done_age_q == PATIENT);
    wire pool_full   = pools_q == 3'd2 || (pool_full_i && full_age_q != PATIENT);

    seq_fetch #(
        .PC_W(1), .LAYER_W(1), .POOL_W(1), .TILES_W(2), .ARR_W(ARR_W), .WAIT_POOL_W(1), .IN_W(IN_W), .ENTRY_W(ENTRY_W), .STATE_W(1),
        .PROG_BITS(PROG_BITS)
    ) fetch (
        .clk_i(clk_i), .rst_i(rst_i), .hold_i(hold_i), .prog_addr_o(prog_addr), .pc_o(pc), .item_i(item), .layer_addr_o(layer_addr), .entry_i(entry),
        .state_we_i(state_we), .state_i(after), .cur_active_i(cur_active), .cur_layer_i(cur_layer), .pool_full_i(pool_full),
        .pool_push_o(push), .pool_o(pool), .pool_dep_o(pool_dep), .take_i(take), .nxt_valid_o(nxt_valid), .nxt_layer_o(nxt_layer),
        .nxt_tiles_o(nxt_tiles), .nxt_arr_o(nxt_arr), .nxt_free_in_o(nxt_free_in), .nxt_entry_o(nxt_entry), .nxt_state_o(nxt_state),
        .ahead_arr_o(ahead_arr), .ahead_pool_o(ahead_pool), .ahead_in_o(ahead_in)
    );
    wire [ENTRY_W-1:0] start = from_nxt ? nxt_entry : cur_entry_q;
    seq_issue #(
        .COLS(COLS), .MIN_INTERVAL(MIN_INTERVAL), .RELEASE_DELAY(RELEASE_DELAY), .LAYER_W(1), .TILES_W(2), .ARR_W(ARR_W), .IN_W(IN_W),
        .TAPA_W(1), .TAP_W(1), .CH_W(CH_W), .CT_W(1)
    ) dut (
        .clk_i(clk_i), .rst_i(rst_i), .enable_i(enable_i), .retire_i(retire), .in_tile_i(in_tile), .pool_retire_i(pool_retire),
        .sum_done_i(sum_done), .nxt_valid_i(nxt_valid), .nxt_layer_i(nxt_layer), .nxt_tiles_i(nxt_tiles), .nxt_arr_i(nxt_arr),
        .nxt_free_in_i(nxt_free_in), .nxt_tile_first_i(!nxt_state), .ahead_arr_i(ahead_arr), .ahead_pool_i(ahead_pool),
        .ahead_in_i(ahead_in), .from_nxt_o(from_nxt), .start_sum_i(start[CH_W+3]), .start_tap_base_i(start[0]), .start_tap_last_i(start[1]),
        .start_ch_last_i(start[2 +: CH_W]), .start_ct_last_i(start[CH_W+2]), .cur_ch_last_i(cur_entry_q[2 +: CH_W]),
        .cur_residual_i(cur_entry_q[CH_W+4]), .tile_first_i(tile_first_q), .tile_last_i(tile_end_q), .load_o(load), .take_o(take),
        .tile_over_o(tile_over), .item_over_o(state_we), .cur_active_o(cur_active), .cur_layer_o(cur_layer), .step_valid_o(step_valid),
        .step_tile_o(step_tile), .step_first_o(step_first), .step_last_o(step_last), .step_ch_first_o(step_ch_first),
        .step_ct_last_o(step_ct_last), .step_residual_o(step_residual), .tap_addr_o(tap_addr), .release_o(released),
        .stall_fetch_o(stall[0]), .stall_array_o(stall[1]), .stall_pool_o(stall[2]), .stall_input_o(stall[3]), .stall_output_o(stall[4]),
        .busy_o(busy)
    );

    // The present channel tile: its layer's numbers are those of the item that began, its cycles are counted from its first step on.
    reg [STEP_W-1:0] cycle_q;   // of this channel tile so far; 0: none is under way
    reg ct_q;                   // it is the tile's second
    wire [STEP_W-1:0] cycle = step_first ? {{(STEP_W-1){1'b0}}, 1'b1} : cycle_q;
    wire [STEP_W-1:0] channels = {{(STEP_W-CH_W){1'b0}}, cur_entry_q[2 +: CH_W]} + 1'b1;
    wire [STEP_W-1:0] steps    = cur_entry_q[1] ? channels << 1 : channels;
    wire [STEP_W-1:0] takes    = cur_entry_q[CH_W+4] ? steps + LEAST[STEP_W-1:0] : steps < LEAST[STEP_W-1:0] ? LEAST[STEP_W-1:0] : steps;
    wire runs     = cycle != {STEP_W{1'b0}};
    wire ct_over  = runs && cycle == takes;
    wire ct       = step_tile ? 1'b0 : ct_q ^ (step_first && !step_tile);
    wire is_over  = ct_over && ct == cur_entry_q[CH_W+2];
    wire follows  = ct_over && !is_over;  // another channel tile of the tile
    wire boundary = !runs || is_over;

    // May a tile begin? Compared with what has come by this cycle.
    reg [ARR_W:0] flying_q;
    reg signed [IN_W+1:0] in_level_q;
    reg [7:0] pool_retired_q;
    reg [1:0] sums_q;
    reg left_q;                  // the present item has a tile left
    reg [ARR_W:0] arr_q;         // its wait_arr + 1
    wire [7:0] pool_ahead = pool_retired_q - (ahead_pool + 8'd1);
    wire sum_free  = !(nxt_entry[CH_W+3] && !nxt_state && sums_q == 2'd2);
    wire in_there  = in_level_q > $signed({ahead_in[IN_W], ahead_in});
    wire may_begin = enable_i && (left_q ? flying_q < arr_q : nxt_valid && flying_q < nxt_arr && !pool_ahead[7] && in_there && sum_free);
    wire begins    = boundary && may_begin;
    wire sum_tile  = left_q ? cur_entry_q[CH_W+3] && (is_over ? tile_end_q : tile_first_q) : nxt_entry[CH_W+3] && !nxt_state;
    reg begins_q, follows_q;
    reg [31:0] idle_q;
    always @(posedge clk_i) begin
        begins_q  <= begins;
        follows_q <= follows;
        cycle_q   <= !runs || ct_over ? {STEP_W{1'b0}} : cycle + 1'b1;
        ct_q      <= ct;
        if (begins) begin
            left_q <= left_q ? 1'b0 : nxt_tiles == 2'd2;
            if (!left_q) arr_q <= nxt_arr;
        end
        flying_q       <= flying_q + {{ARR_W{1'b0}}, begins} - {{ARR_W{1'b0}}, retire};
        in_level_q     <= in_level_q + (in_tile ? 1 : 0) - (begins && !left_q ? $signed({2'b00, nxt_free_in}) : 0);
        pool_retired_q <= pool_retired_q + {7'd0, pool_retire};
        sums_q         <= sums_q + {1'b0, begins && sum_tile} - {1'b0, sum_done};
        over_q         <= over_q + {{ARR_W{1'b0}}, is_over} - {{ARR_W{1'b0}}, retire};
        in_buffer_q    <= in_buffer_q + {{IN_W{1'b0}}, in_tile} - {1'b0, released};
        pools_q        <= pools_q + {2'b0, push} - {2'b0, pool_retire};
        results_q      <= results_q + {1'b0, is_over && cur_entry_q[CH_W+3] && tile_end_q} - {1'b0, sum_done};
        retire_age_q   <= retire || over_q == {(ARR_W+1){1'b0}} ? 2'd0 : retire_age_q + 2'd1;
        in_age_q       <= in_tile || in_buffer_q == {1'b0, SLOTS} ? 2'd0 : in_age_q + 2'd1;
        pool_age_q     <= pool_retire || pools_q == 3'd0 ? 2'd0 : pool_age_q + 2'd1;
        done_age_q     <= sum_done || results_q == 2'd0 ? 2'd0 : done_age_q + 2'd1;
        full_age_q     <= !pool_full || pools_q == 3'd2 ? 2'd0 : full_age_q + 2'd1;
        idle_q         <= !enable_i || hold_i || step_valid || push ? 32'd0 : idle_q + 32'd1;
        if (rst_i) begin
            begins_q       <= 1'b0;
            follows_q      <= 1'b0;
            cycle_q        <= {STEP_W{1'b0}};
            ct_q           <= 1'b0;
            left_q         <= 1'b0;
            flying_q       <= {(ARR_W+1){1'b0}};
            in_level_q     <= {(IN_W+2){1'b0}};
            pool_retired_q <= 8'd0;
            sums_q         <= 2'd0;
            over_q         <= {(ARR_W+1){1'b0}};
            in_buffer_q    <= {(IN_W+1){1'b0}};
            pools_q        <= 3'd0;
            results_q      <= 2'd0;
            retire_age_q   <= 2'd0;
            in_age_q       <= 2'd0;
            pool_age_q     <= 2'd0;
            done_age_q     <= 2'd0;
            full_age_q     <= 2'd0;
            idle_q         <= 32'd0;
        end
    end
    reg second_q, result_q;
    always @(posedge clk_i) begin
        second_q <= !rst_i && begins && left_q;
        result_q <= !rst_i && sum_done;
    end
    assign cover_second_tile_o = second_q;
    assign cover_result_o      = result_q;
    assign cover_release_o     = released != {IN_W{1'b0}};
    wire unused = &{1'b0, pool_ahead, prog_addr, pc, layer_addr, pool, pool_dep, step_ch_first, step_residual, tap_addr, busy, stall};

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        if (armed_q && !rst_i) begin
            if (!(step_tile == begins_q)) begin
                $display("%m: a tile does not begin in the cycle behind the one in which all it waits for is there, or begins without");
                $stop;
            end
            if (!(step_first == (begins_q || follows_q))) begin
                $display("%m: a channel tile does not follow the one before, or follows none");
                $stop;
            end
            if (!(step_last == ct_over)) begin
                $display("%m: a channel tile does not take its steps, or its least time, or its residual's");
                $stop;
            end
            if (!(step_valid == (runs && cycle <= steps))) begin
                $display("%m: a step is issued too few or too many");
                $stop;
            end
            if (!(!ct_over || step_ct_last == is_over)) begin
                $display("%m: the last channel tile is not called so, or another one is");
                $stop;
            end
            if (!(flying_q <= {1'b0, ARR_MOST} + 1'b1 && in_level_q >= 0 && in_buffer_q <= {1'b0, SLOTS} && sums_q <= 2'd2)) begin
                $display("%m: tiles in flight, input tiles or results are more than there is room for");
                $stop;
            end
            if (!(idle_q <= BOUND_MOST)) begin
                $display("%m: no step is issued for longer than the bound though all that is awaited comes");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

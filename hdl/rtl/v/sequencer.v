// sequencer: executes the program: fetches items, begins tiles, issues a step a cycle to the feed and the weight store.
`default_nettype none

module sequencer #(
    parameter COLS          = 4,    // columns of the array
    parameter MIN_INTERVAL  = 4,    // fewest cycles of a (pixel tile, channel tile), at least 4
    parameter RELEASE_DELAY = 12,   // cycles from the end of an item to the release of its input tiles
    parameter PC_W          = 8,    // bits of a PROG address
    parameter LAYER_W       = 4,    // bits of item_layer: a layer or pool index
    parameter POOL_W        = 2,    // bits of a pool index, at most LAYER_W
    parameter TILES_W       = 6,    // bits of item_tiles, at most 16
    parameter ARR_W         = 4,    // bits of wait_arr and of the tiles in flight, at most 16
    parameter WAIT_POOL_W   = 2,    // bits of wait_pool, at most 8
    parameter IN_W          = 6,    // bits of wait_in, free_in and of the tiles in the input line buffer
    parameter TAPA_W        = 8,    // bits of a TAP address
    parameter TAP_W         = 6,    // bits of tap_last
    parameter CH_W          = 8,    // bits of ch_last
    parameter CT_W          = 4,    // bits of ct_last
    parameter TILE_W        = 8,    // bits of tile_last
    parameter SLOT_W        = 8,    // bits of src_n, dst_n, src_adv and q
    parameter RESIDUAL_N_W        = 1,    // bits of residual_n
    parameter RESIDUAL_ADDR_W       = 1,    // bits of residual_addr
    parameter GROUP_STEP_W  = 1,    // bits of group_step; 1: no layer has groups
    parameter GROUP_TILE_W  = 1,    // bits of group_last
    parameter ADDR_W        = 12,   // bits of a bank address
    parameter WGT_W         = 12,   // bits of a weight address
    parameter PARAM_W       = 8,    // bits of a PARAM address
    parameter COL_W         = 2,    // bits of a column index, clog2(COLS)
    parameter ROT_W         = 2,    // bits of a rotation, clog2(rows)
    parameter X_W           = 8,    // bits of a column coordinate
    parameter Y_W           = 8,    // bits of a row coordinate; must hold the rows that the last tile reaches
    parameter PROG_BITS     = 30,   // bits of a PROG word, all fields together
    parameter LAYER_BITS    = 154,  // bits of a LAYER word, all fields together
    parameter TAP_BITS      = 54    // bits of a TAP word, all fields together
) (
    input  wire                  clk_i,
    input  wire                  rst_i,
    input  wire                  enable_i,           // tiles may begin
    input  wire                  hold_i,             // no further item is fetched
    output wire [PC_W-1:0]       prog_addr_o,        // PROG, data two cycles later
    input  wire [PROG_BITS-1:0]  item_i,
    output wire [LAYER_W-1:0]    layer_addr_o,       // LAYER, data a cycle later
    input  wire [LAYER_BITS-1:0] layer_i,
    output wire [TAPA_W-1:0]     tap_addr_o,         // TAP, data a cycle later
    input  wire [TAP_BITS-1:0]   tap_i,
    input  wire                  retire_i,           // a tile's results are in their banks
    input  wire                  in_tile_i,          // an input tile is in its banks
    input  wire                  pool_retire_i,      // a pool operation is complete
    input  wire                  sum_done_i,         // a result's last beat is accepted
    input  wire                  pool_full_i,        // the pool engine's queue takes no more
    output wire                  pool_push_o,        // combinational from pool_full_i
    output wire [POOL_W-1:0]     pool_o,
    output wire [15:0]           pool_dep_o,         // array tiles (program count) to be retired before
    output wire [IN_W-1:0]       release_o,          // input tiles given back with the coming edge
    output wire                  tile_o,             // a pixel tile begins: its first step is issued, four cycles before step_*
    output wire                  step_valid_o,       // to feed and weight store; step_last is the drain's push
    output wire                  step_first_o,
    output wire                  step_last_o,
    output wire                  step_signed_o,
    output wire [ADDR_W-1:0]     step_addr_a_o,
    output wire [ADDR_W-1:0]     step_addr_b_o,
    output wire [ROT_W-1:0]      step_rot_o,
    output wire [X_W-1:0]        step_x_o,
    output wire [Y_W-1:0]        step_y_o,
    output wire [X_W-1:0]        step_x_last_o,
    output wire [X_W-1:0]        step_ow_last_o,
    output wire [Y_W-1:0]        step_oh_last_o,
    output wire [X_W-1:0]        step_x_lo_o,
    output wire [X_W-1:0]        step_x_hi_o,
    output wire [Y_W-1:0]        step_y_lo_o,
    output wire [Y_W-1:0]        step_y_hi_o,
    output wire [WGT_W-1:0]      wgt_addr_o,
    output wire [ADDR_W-1:0]     desc_dst_addr_o,    // descriptor of the channel tile, beside step_last_o
    output wire [SLOT_W-1:0]     desc_dst_n_o,
    output wire [PARAM_W-1:0]    desc_param_addr_o,
    output wire [COL_W-1:0]      desc_cols_last_o,
    output wire                  desc_sum_o,
    output wire                  desc_direct_o,
    output wire                  desc_out_signed_o,
    output wire                  desc_relu_o,
    output wire [LAYER_W-1:0]    desc_layer_o,
    output wire                  desc_tile_first_o,
    output wire                  desc_tile_last_o,
    output wire                  desc_ct_first_o,
    output wire                  desc_ct_last_o,
    output wire [PC_W-1:0]       pc_o,               // status: program counter of the fetch
    output wire [LAYER_W-1:0]    layer_o,            // layer of the present item
    output wire                  busy_o,             // an item, an input tile or an unsent sum is there
    output wire                  stall_fetch_o,      // why no step is issued in this cycle
    output wire                  stall_array_o,
    output wire                  stall_pool_o,
    output wire                  stall_input_o,
    output wire                  stall_output_o
);
    localparam STATE_W = 2*SLOT_W + RESIDUAL_N_W + X_W + Y_W + TILE_W;

    wire load, take, tile_over, item_over, cur_active;
    wire [LAYER_W-1:0] cur_layer;
    wire nxt_valid;
    wire [LAYER_W-1:0] nxt_layer;
    wire [TILES_W-1:0] nxt_tiles;
    wire [ARR_W:0] nxt_arr, ahead_arr;
    wire [7:0] ahead_pool;
    wire [IN_W-1:0] nxt_free_in;
    wire [IN_W:0] ahead_in;
    wire [LAYER_BITS-1:0] nxt_entry;
    wire [STATE_W-1:0] nxt_state, after;

    seq_fetch #(
        .PC_W(PC_W), .LAYER_W(LAYER_W), .POOL_W(POOL_W), .TILES_W(TILES_W), .ARR_W(ARR_W),
        .WAIT_POOL_W(WAIT_POOL_W), .IN_W(IN_W), .ENTRY_W(LAYER_BITS), .STATE_W(STATE_W), .PROG_BITS(PROG_BITS)
    ) fetch (
        .clk_i(clk_i),
        .rst_i(rst_i),
        .hold_i(hold_i),
        .prog_addr_o(prog_addr_o), .pc_o(pc_o),
        .item_i(item_i),
        .layer_addr_o(layer_addr_o),
        .entry_i(layer_i),
        .state_we_i(item_over),
        .state_i(after),
        .cur_active_i(cur_active),
        .cur_layer_i(cur_layer),
        .pool_full_i(pool_full_i),
        .pool_push_o(pool_push_o),
        .pool_o(pool_o),
        .pool_dep_o(pool_dep_o),
        .take_i(take),
        .nxt_valid_o(nxt_valid),
        .nxt_layer_o(nxt_layer),
        .nxt_tiles_o(nxt_tiles),
        .nxt_arr_o(nxt_arr),
        .nxt_free_in_o(nxt_free_in),
        .nxt_entry_o(nxt_entry),
        .nxt_state_o(nxt_state),
        .ahead_arr_o(ahead_arr),
        .ahead_pool_o(ahead_pool),
        .ahead_in_o(ahead_in)
    );

    // The present item's layer.
    reg [LAYER_BITS-1:0] cur_entry_q;
    always @(posedge clk_i) if (load) cur_entry_q <= nxt_entry;
    // Fields of cur_entry_q as cur_*, a layer word: printed from hdl/machine/src/tables.rs, do not edit.
    generate if (LAYER_BITS != TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + 3*X_W + 2*Y_W + COL_W + 6 + RESIDUAL_ADDR_W + RESIDUAL_N_W + GROUP_STEP_W + GROUP_TILE_W) begin : g_check_layer
        ERROR_sequencer_LAYER_BITS_must_be_the_sum_of_its_fields check ();
    end endgenerate
    wire [CH_W-1:0] cur_ch_last = cur_entry_q[TAPA_W + TAP_W +: CH_W];
    wire cur_residual = cur_entry_q[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + 3*X_W + 2*Y_W + COL_W + 5];
    wire unused_cur = &{1'b0, cur_entry_q};

    wire from_nxt;
    wire [LAYER_BITS-1:0] start_entry = from_nxt ? nxt_entry : cur_entry_q;
    // Fields of start_entry as start_*, a layer word: printed from hdl/machine/src/tables.rs, do not edit.
    wire [TAPA_W-1:0] start_tap_base = start_entry[0 +: TAPA_W];
    wire [TAP_W-1:0] start_tap_last = start_entry[TAPA_W +: TAP_W];
    wire [CH_W-1:0] start_ch_last = start_entry[TAPA_W + TAP_W +: CH_W];
    wire [CT_W-1:0] start_ct_last = start_entry[TAPA_W + TAP_W + CH_W +: CT_W];
    wire start_sum = start_entry[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + 3*X_W + 2*Y_W + COL_W + 1];
    wire unused_start = &{1'b0, start_entry};

    wire [RESIDUAL_N_W-1:0] residual_slot, nxt_residual_slot, after_residual_slot;
    wire [SLOT_W-1:0] src_slot, dst_slot, nxt_src_slot, nxt_dst_slot, after_src_slot, after_dst_slot;
    wire [X_W-1:0] x, nxt_x, after_x;
    wire [Y_W-1:0] y, nxt_y, after_y;
    wire [TILE_W-1:0] nxt_tile, after_tile;
    wire tile_first, tile_last;
    assign {nxt_src_slot, nxt_dst_slot, nxt_residual_slot, nxt_x, nxt_y, nxt_tile} = nxt_state;
    assign after = {after_src_slot, after_dst_slot, after_residual_slot, after_x, after_y, after_tile};

    wire s_valid, s_tile, s_first, s_last, s_ch_first, s_ct_last, s_residual;
    seq_issue #(
        .COLS(COLS), .MIN_INTERVAL(MIN_INTERVAL), .RELEASE_DELAY(RELEASE_DELAY), .LAYER_W(LAYER_W), .TILES_W(TILES_W),
        .ARR_W(ARR_W), .IN_W(IN_W), .TAPA_W(TAPA_W), .TAP_W(TAP_W), .CH_W(CH_W), .CT_W(CT_W)
    ) issue (
        .clk_i(clk_i),
        .rst_i(rst_i),
        .enable_i(enable_i),
        .retire_i(retire_i),
        .in_tile_i(in_tile_i),
        .pool_retire_i(pool_retire_i),
        .sum_done_i(sum_done_i),
        .nxt_valid_i(nxt_valid),
        .nxt_layer_i(nxt_layer),
        .nxt_tiles_i(nxt_tiles),
        .nxt_arr_i(nxt_arr),
        .nxt_free_in_i(nxt_free_in),
        .nxt_tile_first_i(nxt_tile == {TILE_W{1'b0}}),
        .ahead_arr_i(ahead_arr),
        .ahead_pool_i(ahead_pool),
        .ahead_in_i(ahead_in),
        .from_nxt_o(from_nxt),
        .start_sum_i(start_sum),
        .start_tap_base_i(start_tap_base),
        .start_tap_last_i(start_tap_last),
        .start_ch_last_i(start_ch_last),
        .start_ct_last_i(start_ct_last),
        .cur_ch_last_i(cur_ch_last),
        .cur_residual_i(cur_residual),
        .tile_first_i(tile_first),
        .tile_last_i(tile_last),
        .load_o(load),
        .take_o(take),
        .tile_over_o(tile_over),
        .item_over_o(item_over),
        .cur_active_o(cur_active),
        .cur_layer_o(cur_layer),
        .step_valid_o(s_valid),
        .step_tile_o(s_tile),
        .step_first_o(s_first),
        .step_last_o(s_last),
        .step_ch_first_o(s_ch_first),
        .step_ct_last_o(s_ct_last),
        .step_residual_o(s_residual),
        .tap_addr_o(tap_addr_o),
        .release_o(release_o),
        .stall_fetch_o(stall_fetch_o),
        .stall_array_o(stall_array_o),
        .stall_pool_o(stall_pool_o),
        .stall_input_o(stall_input_o),
        .stall_output_o(stall_output_o),
        .busy_o(busy_o)
    );

    seq_state #(
        .SLOT_W(SLOT_W), .RESIDUAL_N_W(RESIDUAL_N_W), .X_W(X_W), .Y_W(Y_W), .TILE_W(TILE_W), .TAPA_W(TAPA_W), .TAP_W(TAP_W), .CH_W(CH_W),
        .CT_W(CT_W), .ADDR_W(ADDR_W), .WGT_W(WGT_W), .PARAM_W(PARAM_W), .COL_W(COL_W), .RESIDUAL_ADDR_W(RESIDUAL_ADDR_W), .GROUP_STEP_W(GROUP_STEP_W), .GROUP_TILE_W(GROUP_TILE_W), .LAYER_BITS(LAYER_BITS)
    ) state (
        .clk_i(clk_i),
        .load_i(load),
        .tile_over_i(tile_over),
        .nxt_src_slot_i(nxt_src_slot),
        .nxt_dst_slot_i(nxt_dst_slot),
        .nxt_residual_slot_i(nxt_residual_slot),
        .nxt_x_i(nxt_x),
        .nxt_y_i(nxt_y),
        .nxt_tile_i(nxt_tile),
        .layer_i(cur_entry_q),
        .src_slot_o(src_slot),
        .dst_slot_o(dst_slot),
        .residual_slot_o(residual_slot),
        .x_o(x),
        .y_o(y),
        .tile_first_o(tile_first),
        .tile_last_o(tile_last),
        .after_src_slot_o(after_src_slot),
        .after_dst_slot_o(after_dst_slot),
        .after_residual_slot_o(after_residual_slot),
        .after_x_o(after_x),
        .after_y_o(after_y),
        .after_tile_o(after_tile)
    );

    step_pipe #(
        .COLS(COLS), .LAYER_W(LAYER_W), .SLOT_W(SLOT_W), .RESIDUAL_N_W(RESIDUAL_N_W), .RESIDUAL_ADDR_W(RESIDUAL_ADDR_W), .ADDR_W(ADDR_W), .WGT_W(WGT_W),
        .PARAM_W(PARAM_W), .COL_W(COL_W), .ROT_W(ROT_W), .X_W(X_W), .Y_W(Y_W), .TAPA_W(TAPA_W), .TAP_W(TAP_W), .CH_W(CH_W),
        .CT_W(CT_W), .TILE_W(TILE_W), .GROUP_STEP_W(GROUP_STEP_W), .GROUP_TILE_W(GROUP_TILE_W), .LAYER_BITS(LAYER_BITS), .TAP_BITS(TAP_BITS)
    ) pipe (
        .clk_i(clk_i),
        .rst_i(rst_i),
        .step_valid_i(s_valid),
        .step_tile_i(s_tile),
        .step_first_i(s_first),
        .step_last_i(s_last),
        .step_ch_first_i(s_ch_first),
        .step_ct_last_i(s_ct_last),
        .step_residual_i(s_residual),
        .index_i(cur_layer),
        .src_slot_i(src_slot),
        .dst_slot_i(dst_slot),
        .residual_slot_i(residual_slot),
        .x_i(x),
        .y_i(y),
        .tile_first_i(tile_first),
        .tile_last_i(tile_last),
        .layer_i(cur_entry_q),
        .tap_i(tap_i),
        .step_valid_o(step_valid_o),
        .step_first_o(step_first_o),
        .step_last_o(step_last_o),
        .step_signed_o(step_signed_o),
        .step_addr_a_o(step_addr_a_o),
        .step_addr_b_o(step_addr_b_o),
        .step_rot_o(step_rot_o),
        .step_x_o(step_x_o),
        .step_y_o(step_y_o),
        .step_x_last_o(step_x_last_o),
        .step_ow_last_o(step_ow_last_o),
        .step_oh_last_o(step_oh_last_o),
        .step_x_lo_o(step_x_lo_o),
        .step_x_hi_o(step_x_hi_o),
        .step_y_lo_o(step_y_lo_o),
        .step_y_hi_o(step_y_hi_o),
        .wgt_addr_o(wgt_addr_o),
        .desc_dst_addr_o(desc_dst_addr_o),
        .desc_dst_n_o(desc_dst_n_o),
        .desc_param_addr_o(desc_param_addr_o),
        .desc_cols_last_o(desc_cols_last_o),
        .desc_sum_o(desc_sum_o),
        .desc_direct_o(desc_direct_o),
        .desc_out_signed_o(desc_out_signed_o),
        .desc_relu_o(desc_relu_o),
        .desc_layer_o(desc_layer_o),
        .desc_tile_first_o(desc_tile_first_o),
        .desc_tile_last_o(desc_tile_last_o),
        .desc_ct_first_o(desc_ct_first_o),
        .desc_ct_last_o(desc_ct_last_o)
    );

    assign layer_o = cur_layer;
    assign tile_o  = s_tile;
endmodule

`default_nettype wire

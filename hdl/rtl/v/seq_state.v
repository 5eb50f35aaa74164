// seq_state: where the present layer stands: line buffer slots, coordinates and number of the tile; and what follows the tile.
`default_nettype none

module seq_state #(
    parameter SLOT_W     = 8,    // bits of a line buffer's tile count
    parameter RESIDUAL_N_W     = 1,    // bits of a residual map's line buffer's tile count
    parameter X_W        = 8,    // bits of a column coordinate
    parameter Y_W        = 8,    // bits of a row coordinate
    parameter TILE_W     = 8,    // bits of a tile number
    parameter TAPA_W     = 8,    // bits of a TAP address
    parameter TAP_W      = 6,    // bits of tap_last
    parameter CH_W       = 8,    // bits of ch_last
    parameter CT_W       = 4,    // bits of ct_last
    parameter ADDR_W     = 12,   // bits of a bank address
    parameter WGT_W      = 12,   // bits of a weight address
    parameter PARAM_W    = 8,    // bits of a PARAM address
    parameter COL_W      = 2,    // bits of a column index
    parameter RESIDUAL_ADDR_W    = 1,    // bits of a residual's address
    parameter GROUP_STEP_W = 1,  // bits of group_step
    parameter GROUP_TILE_W = 1,  // bits of group_last
    parameter LAYER_BITS = 154   // bits of a LAYER word, all fields together
) (
    input  wire                  clk_i,
    input  wire                  load_i,             // take nxt_*_i in, time and again until an item begins
    input  wire                  tile_over_i,        // move on; at least 4 cycles after the last change of state and layer
    input  wire [SLOT_W-1:0]     nxt_src_slot_i,
    input  wire [SLOT_W-1:0]     nxt_dst_slot_i,
    input  wire [RESIDUAL_N_W-1:0]     nxt_residual_slot_i,
    input  wire [X_W-1:0]        nxt_x_i,
    input  wire [Y_W-1:0]        nxt_y_i,
    input  wire [TILE_W-1:0]     nxt_tile_i,
    input  wire [LAYER_BITS-1:0] layer_i,            // of the present layer
    output wire [SLOT_W-1:0]     src_slot_o,
    output wire [SLOT_W-1:0]     dst_slot_o,
    output wire [RESIDUAL_N_W-1:0]     residual_slot_o,
    output wire [X_W-1:0]        x_o,
    output wire [Y_W-1:0]        y_o,
    output wire                  tile_first_o,
    output wire                  tile_last_o,        // two cycles after a change
    output wire [SLOT_W-1:0]     after_src_slot_o,   // the state that follows
    output wire [SLOT_W-1:0]     after_dst_slot_o,
    output wire [RESIDUAL_N_W-1:0]     after_residual_slot_o,
    output wire [X_W-1:0]        after_x_o,
    output wire [Y_W-1:0]        after_y_o,
    output wire [TILE_W-1:0]     after_tile_o
);
    // Fields of layer_i as layer_*, a layer word: printed from hdl/machine/src/tables.rs, do not edit.
    generate if (LAYER_BITS != TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + 3*X_W + 2*Y_W + COL_W + 6 + RESIDUAL_ADDR_W + RESIDUAL_N_W + GROUP_STEP_W + GROUP_TILE_W) begin : g_check_layer
        ERROR_seq_state_LAYER_BITS_must_be_the_sum_of_its_fields check ();
    end endgenerate
    wire [TILE_W-1:0] layer_tile_last = layer_i[TAPA_W + TAP_W + CH_W + CT_W +: TILE_W];
    wire [SLOT_W-1:0] layer_src_n = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W +: SLOT_W];
    wire [SLOT_W-1:0] layer_dst_n = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + SLOT_W + ADDR_W +: SLOT_W];
    wire [SLOT_W-1:0] layer_src_adv = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 2*SLOT_W + 2*ADDR_W +: SLOT_W];
    wire [X_W-1:0] layer_x_step = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W +: X_W];
    wire [Y_W-1:0] layer_y_step = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + X_W +: Y_W];
    wire [X_W-1:0] layer_x_last = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + X_W + Y_W +: X_W];
    wire [RESIDUAL_N_W-1:0] layer_residual_n = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + 3*X_W + 2*Y_W + COL_W + 6 + RESIDUAL_ADDR_W +: RESIDUAL_N_W];
    wire unused_layer = &{1'b0, layer_i};

    reg [SLOT_W-1:0] src_slot_q, dst_slot_q;
    reg [RESIDUAL_N_W-1:0] residual_slot_q;
    reg [X_W-1:0] x_q;
    reg [Y_W-1:0] y_q;
    reg [TILE_W-1:0] tile_q;
    reg tile_first_q;

    // What follows is worked out in three steps, one addition each, while the tile runs.
    reg tile_end_q;
    reg [TILE_W-1:0] tile_inc_q;
    reg [X_W:0] x_sum_q, x_wrap_q;
    reg [Y_W-1:0] y_sum_q;
    reg [SLOT_W:0] src_sum_q, src_wrap_q, dst_inc_q;
    reg [RESIDUAL_N_W:0] residual_inc_q;
    reg dst_wrap_q, residual_wrap_q;
    wire [SLOT_W:0] src_step = tile_end_q ? {1'b0, layer_src_adv} : {{SLOT_W{1'b0}}, 1'b1};
    always @(posedge clk_i) begin
        tile_end_q <= tile_q == layer_tile_last;
        tile_inc_q <= tile_q + 1'b1;
        x_sum_q    <= {1'b0, x_q} + {1'b0, layer_x_step};
        x_wrap_q   <= x_sum_q + ~{1'b0, layer_x_last};
        y_sum_q    <= y_q + layer_y_step;
        src_sum_q  <= {1'b0, src_slot_q} + src_step;
        src_wrap_q <= src_sum_q - {1'b0, layer_src_n};
        dst_inc_q  <= {1'b0, dst_slot_q} + 1'b1;
        dst_wrap_q <= dst_inc_q >= {1'b0, layer_dst_n};
        residual_inc_q  <= {1'b0, residual_slot_q} + 1'b1;
        residual_wrap_q <= residual_inc_q >= {1'b0, layer_residual_n};
    end

    // Negative: not past the row's (line buffer's) end.
    wire x_stays   = x_wrap_q[X_W];
    wire src_stays = src_wrap_q[SLOT_W];
    assign after_x_o        = tile_end_q ? {X_W{1'b0}} : x_stays ? x_sum_q[X_W-1:0] : x_wrap_q[X_W-1:0];
    assign after_y_o        = tile_end_q ? {Y_W{1'b0}} : y_sum_q + {{(Y_W-1){1'b0}}, !x_stays};
    assign after_tile_o     = tile_end_q ? {TILE_W{1'b0}} : tile_inc_q;
    assign after_src_slot_o = src_stays ? src_sum_q[SLOT_W-1:0] : src_wrap_q[SLOT_W-1:0];
    assign after_dst_slot_o = dst_wrap_q ? {SLOT_W{1'b0}} : dst_inc_q[SLOT_W-1:0];
    assign after_residual_slot_o = residual_wrap_q ? {RESIDUAL_N_W{1'b0}} : residual_inc_q[RESIDUAL_N_W-1:0];

    always @(posedge clk_i) begin
        if (tile_over_i) begin
            src_slot_q   <= after_src_slot_o;
            dst_slot_q   <= after_dst_slot_o;
            residual_slot_q  <= after_residual_slot_o;
            x_q          <= after_x_o;
            y_q          <= after_y_o;
            tile_q       <= after_tile_o;
            tile_first_q <= tile_end_q;
        end
        if (load_i) begin
            src_slot_q   <= nxt_src_slot_i;
            dst_slot_q   <= nxt_dst_slot_i;
            residual_slot_q  <= nxt_residual_slot_i;
            x_q          <= nxt_x_i;
            y_q          <= nxt_y_i;
            tile_q       <= nxt_tile_i;
            tile_first_q <= nxt_tile_i == {TILE_W{1'b0}};
        end
    end

    assign src_slot_o   = src_slot_q;
    assign dst_slot_o   = dst_slot_q;
    assign residual_slot_o  = residual_slot_q;
    assign x_o          = x_q;
    assign y_o          = y_q;
    assign tile_first_o = tile_first_q;
    assign tile_last_o  = tile_end_q;
endmodule

`default_nettype wire

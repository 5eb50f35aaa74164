// step_pipe: from a step's place in the walk to its addresses and limits; four registers from step_*_i to step_*_o.
`default_nettype none

module step_pipe #(
    parameter COLS       = 4,    // columns of the array
    parameter LAYER_W    = 4,    // bits of a layer index
    parameter SLOT_W     = 8,    // bits of a line buffer's tile count
    parameter RESIDUAL_N_W     = 1,    // bits of a residual map's line buffer's tile count, at most ADDR_W
    parameter RESIDUAL_ADDR_W    = 1,    // bits of a residual map's address, at most ADDR_W
    parameter GROUP_STEP_W = 1,  // bits of group_step, at most ADDR_W; 1: no layer has groups
    parameter GROUP_TILE_W = 1,  // bits of group_last
    parameter ADDR_W     = 12,   // bits of a bank address
    parameter WGT_W      = 12,   // bits of a weight address
    parameter PARAM_W    = 8,    // bits of a PARAM address
    parameter COL_W      = 2,    // bits of a column index
    parameter ROT_W      = 2,    // bits of a rotation
    parameter X_W        = 8,    // bits of a column coordinate
    parameter Y_W        = 8,    // bits of a row coordinate
    parameter TAPA_W     = 8,    // bits of a TAP address
    parameter TAP_W      = 6,    // bits of tap_last
    parameter CH_W       = 8,    // bits of ch_last
    parameter CT_W       = 4,    // bits of ct_last
    parameter TILE_W     = 8,    // bits of tile_last
    parameter LAYER_BITS = 154,  // bits of a LAYER word, all fields together
    parameter TAP_BITS   = 54    // bits of a TAP word, all fields together
) (
    input  wire                  clk_i,
    input  wire                  rst_i,
    input  wire                  step_valid_i,       // issue registers, cycle s
    input  wire                  step_tile_i,
    input  wire                  step_first_i,
    input  wire                  step_last_i,
    input  wire                  step_ch_first_i,
    input  wire                  step_ct_last_i,
    input  wire                  step_residual_i,        // no step: a column's residual word is read, column by column
    input  wire [LAYER_W-1:0]    index_i,            // present item, its layer and state: stable from s to s + 3
    input  wire [SLOT_W-1:0]     src_slot_i,
    input  wire [SLOT_W-1:0]     dst_slot_i,
    input  wire [RESIDUAL_N_W-1:0]     residual_slot_i,
    input  wire [X_W-1:0]        x_i,
    input  wire [Y_W-1:0]        y_i,
    input  wire                  tile_first_i,
    input  wire                  tile_last_i,
    input  wire [LAYER_BITS-1:0] layer_i,
    input  wire [TAP_BITS-1:0]   tap_i,              // TAP word of cycle s, at s + 1
    output wire                  step_valid_o,       // cycle t = s + 4; while it is 0, first is 0 and the rest but last and the residual holds
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
    output wire [ADDR_W-1:0]     desc_dst_addr_o,    // of the channel tile that step_* belong to
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
    output wire                  desc_ct_last_o
);
    // Fields of layer_i as layer_*, a layer word: printed from hdl/machine/src/tables.rs, do not edit.
    generate if (LAYER_BITS != TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + 3*X_W + 2*Y_W + COL_W + 6 + RESIDUAL_ADDR_W + RESIDUAL_N_W + GROUP_STEP_W + GROUP_TILE_W) begin : g_check_layer
        ERROR_step_pipe_LAYER_BITS_must_be_the_sum_of_its_fields check ();
    end endgenerate
    wire [SLOT_W-1:0] layer_src_n = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W +: SLOT_W];
    wire [ADDR_W-1:0] layer_dst_addr = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + SLOT_W +: ADDR_W];
    wire [SLOT_W-1:0] layer_dst_n = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + SLOT_W + ADDR_W +: SLOT_W];
    wire [ADDR_W-1:0] layer_dst_ct_step = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 2*SLOT_W + ADDR_W +: ADDR_W];
    wire [WGT_W-1:0] layer_wgt_base = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W +: WGT_W];
    wire [PARAM_W-1:0] layer_param_base = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W +: PARAM_W];
    wire [X_W-1:0] layer_x_last = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + X_W + Y_W +: X_W];
    wire [X_W-1:0] layer_ow_last = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + 2*X_W + Y_W +: X_W];
    wire [Y_W-1:0] layer_oh_last = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + 3*X_W + Y_W +: Y_W];
    wire [COL_W-1:0] layer_cols_last = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + 3*X_W + 2*Y_W +: COL_W];
    wire layer_src_signed = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + 3*X_W + 2*Y_W + COL_W];
    wire layer_sum = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + 3*X_W + 2*Y_W + COL_W + 1];
    wire layer_out_signed = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + 3*X_W + 2*Y_W + COL_W + 2];
    wire layer_relu = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + 3*X_W + 2*Y_W + COL_W + 3];
    wire layer_direct = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + 3*X_W + 2*Y_W + COL_W + 4];
    wire [RESIDUAL_ADDR_W-1:0] layer_residual_addr = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + 3*X_W + 2*Y_W + COL_W + 6 +: RESIDUAL_ADDR_W];
    wire [RESIDUAL_N_W-1:0] layer_residual_n = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + 3*X_W + 2*Y_W + COL_W + 6 + RESIDUAL_ADDR_W +: RESIDUAL_N_W];
    wire [GROUP_STEP_W-1:0] layer_group_step = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + 3*X_W + 2*Y_W + COL_W + 6 + RESIDUAL_ADDR_W + RESIDUAL_N_W +: GROUP_STEP_W];
    wire [GROUP_TILE_W-1:0] layer_group_last = layer_i[TAPA_W + TAP_W + CH_W + CT_W + TILE_W + 3*SLOT_W + 2*ADDR_W + WGT_W + PARAM_W + 3*X_W + 2*Y_W + COL_W + 6 + RESIDUAL_ADDR_W + RESIDUAL_N_W + GROUP_STEP_W +: GROUP_TILE_W];
    wire unused_layer = &{1'b0, layer_i};

    // Fields of tap_i as tap_*, a tap word: printed from hdl/machine/src/tables.rs, do not edit.
    generate if (TAP_BITS != ADDR_W + SLOT_W + ROT_W + 2*X_W + 2*Y_W) begin : g_check_tap
        ERROR_step_pipe_TAP_BITS_must_be_the_sum_of_its_fields check ();
    end endgenerate
    wire [ADDR_W-1:0] tap_addr0 = tap_i[0 +: ADDR_W];
    wire [SLOT_W-1:0] tap_q = tap_i[ADDR_W +: SLOT_W];
    wire [ROT_W-1:0] tap_rot = tap_i[ADDR_W + SLOT_W +: ROT_W];
    wire [X_W-1:0] tap_x_lo = tap_i[ADDR_W + SLOT_W + ROT_W +: X_W];
    wire [X_W-1:0] tap_x_hi = tap_i[ADDR_W + SLOT_W + ROT_W + X_W +: X_W];
    wire [Y_W-1:0] tap_y_lo = tap_i[ADDR_W + SLOT_W + ROT_W + 2*X_W +: Y_W];
    wire [Y_W-1:0] tap_y_hi = tap_i[ADDR_W + SLOT_W + ROT_W + 2*X_W + Y_W +: Y_W];

    localparam [31:0] COLS_STEP = COLS;
    localparam [31:0] COLS_LAST = COLS - 1;
    localparam TAP_DATA_W = ROT_W + 2*X_W + 2*Y_W;

    generate
        if (SLOT_W > 31 || ADDR_W > 31) begin : g_check_slot
            ERROR_step_pipe_SLOT_W_and_ADDR_W_must_be_below_32 check ();
        end
        if (RESIDUAL_N_W > ADDR_W || RESIDUAL_ADDR_W > ADDR_W) begin : g_check_residual
            ERROR_step_pipe_RESIDUAL_N_W_and_RESIDUAL_ADDR_W_must_not_exceed_ADDR_W check ();
        end
        if (GROUP_STEP_W > ADDR_W) begin : g_check_group
            ERROR_step_pipe_GROUP_STEP_W_must_not_exceed_ADDR_W check ();
        end
        if (COL_W != $clog2(COLS)) begin : g_check_cols
            ERROR_step_pipe_COL_W_must_be_clog2_of_COLS check ();
        end
        if (PARAM_W < COL_W) begin : g_check_param
            ERROR_step_pipe_PARAM_W_must_not_be_below_COL_W check ();
        end
    endgenerate

    // Tokens of stages 1 to 4.
    reg [4:1] valid_q, first_q, last_q;
    reg [3:1] tile_q, residual_q;
    always @(posedge clk_i) begin
        residual_q  <= {residual_q[2:1], step_residual_i};
        valid_q <= {valid_q[3:1], step_valid_i};
        first_q <= {first_q[3:1], step_first_i};
        last_q  <= {last_q[3:1], step_last_i};
        tile_q  <= {tile_q[2:1], step_tile_i};
        if (rst_i) begin
            valid_q <= 4'd0;
            first_q <= 4'd0;
            last_q  <= 4'd0;
            tile_q  <= 3'd0;
            residual_q  <= 3'd0;
        end
    end

    // The channel tile's first input channel. The step to the next group is added ahead: two tiles' firsts are MIN_INTERVAL apart.
    wire [ADDR_W-1:0] group;
    generate
        if (GROUP_STEP_W > 1) begin : g_group
            reg [ADDR_W-1:0] group_q, next_q;
            reg [GROUP_TILE_W-1:0] left_q;
            wire over = left_q == {GROUP_TILE_W{1'b0}};
            wire [ADDR_W:0] step_wide = {{(ADDR_W + 1 - GROUP_STEP_W){1'b0}}, layer_group_step};
            assign group = step_tile_i ? {ADDR_W{1'b0}} : step_first_i && over ? next_q : group_q;
            always @(posedge clk_i) begin
                next_q <= group_q + step_wide[ADDR_W-1:0];
                if (step_valid_i) group_q <= group;
                if (step_valid_i && step_first_i) left_q <= step_tile_i || over ? layer_group_last : left_q - 1'b1;
            end
            wire unused = &{1'b0, step_wide[ADDR_W]};
        end else begin : g_no_group
            assign group = {ADDR_W{1'b0}};
            wire unused = &{1'b0, layer_group_step, layer_group_last};
        end
    endgenerate

    // Stage 1: beside the TAP word. The line buffer's start relative to its end, and channel * src_n.
    reg [SLOT_W-1:0] slot1_q;
    reg [SLOT_W:0] slotn1_q;
    reg [ADDR_W-1:0] chan1_q;
    wire [31:0] src_n_wide = {{(32 - SLOT_W){1'b0}}, layer_src_n};
    always @(posedge clk_i) if (step_valid_i) begin
        slot1_q  <= src_slot_i;
        slotn1_q <= {1'b0, src_slot_i} - {1'b0, layer_src_n};
        chan1_q  <= step_ch_first_i ? group : chan1_q + src_n_wide[ADDR_W-1:0];
    end

    // Stage 2: both slots with and without the wrap.
    reg [SLOT_W-1:0] a2_q, b2_q;
    reg [SLOT_W:0] an2_q, bn2_q;
    reg [ADDR_W-1:0] base2_q;
    reg [TAP_DATA_W-1:0] tap2_q;
    wire [SLOT_W:0] tap_q_wide = {1'b0, tap_q};
    always @(posedge clk_i) if (valid_q[1]) begin
        a2_q    <= slot1_q + tap_q;
        an2_q   <= slotn1_q + tap_q_wide;
        b2_q    <= slot1_q + tap_q + 1'b1;
        bn2_q   <= slotn1_q + tap_q_wide + 1'b1;
        base2_q <= tap_addr0 + chan1_q;
        tap2_q  <= {tap_rot, tap_x_lo, tap_x_hi, tap_y_lo, tap_y_hi};
    end

    // Stage 3: the slots.
    reg [SLOT_W-1:0] a3_q, b3_q;
    reg [ADDR_W-1:0] base3_q;
    reg [TAP_DATA_W-1:0] tap3_q;
    always @(posedge clk_i) if (valid_q[2]) begin
        a3_q    <= an2_q[SLOT_W] ? a2_q : an2_q[SLOT_W-1:0];
        b3_q    <= bn2_q[SLOT_W] ? b2_q : bn2_q[SLOT_W-1:0];
        base3_q <= base2_q;
        tap3_q  <= tap2_q;
    end

    // Residual words: all channels of a tile one after another.
    reg [ADDR_W-1:0] residual_base_q, residual_addr_q;
    reg [RESIDUAL_N_W-1:0] residual_n_q;
    wire [ADDR_W:0] residual_layer_wide = {{(ADDR_W + 1 - RESIDUAL_ADDR_W){1'b0}}, layer_residual_addr};
    wire [ADDR_W:0] residual_slot_wide  = {{(ADDR_W + 1 - RESIDUAL_N_W){1'b0}}, residual_slot_i};
    wire [ADDR_W:0] residual_n_wide     = {{(ADDR_W + 1 - RESIDUAL_N_W){1'b0}}, residual_n_q};
    always @(posedge clk_i) begin
        residual_base_q <= residual_layer_wide[ADDR_W-1:0] + residual_slot_wide[ADDR_W-1:0];
        if (residual_q[3]) residual_addr_q <= residual_addr_q + residual_n_wide[ADDR_W-1:0];
        if (tile_q[3]) begin
            residual_addr_q <= residual_base_q;
            residual_n_q    <= layer_residual_n;
        end
    end

    // Stage 4: addresses.
    reg [ADDR_W-1:0] addr_a_q, addr_b_q;
    reg [TAP_DATA_W-1:0] tap4_q;
    reg [WGT_W-1:0] wgt_q;
    wire [31:0] a3_wide = {{(32 - SLOT_W){1'b0}}, a3_q};
    wire [31:0] b3_wide = {{(32 - SLOT_W){1'b0}}, b3_q};
    always @(posedge clk_i) begin
        if (valid_q[3]) begin
            addr_a_q <= base3_q + a3_wide[ADDR_W-1:0];
            addr_b_q <= base3_q + b3_wide[ADDR_W-1:0];
            tap4_q   <= tap3_q;
            wgt_q    <= tile_q[3] ? layer_wgt_base : wgt_q + 1'b1;
        end
        if (residual_q[3]) begin
            addr_a_q <= residual_addr_q;
            addr_b_q <= residual_addr_q;
            tap4_q[TAP_DATA_W-1 -: ROT_W] <= {ROT_W{1'b0}};
        end
    end

    // What holds for a tile and for a channel tile is taken from the present item as the first step passes stage 3.
    reg [X_W-1:0] x_q, x_last_q, ow_last_q;
    reg [Y_W-1:0] y_q, oh_last_q;
    reg signed_q, sum_q, direct_q, out_signed_q, relu_q, tile_first_q, tile_last_q;
    reg [SLOT_W-1:0] dst_n_q;
    reg [LAYER_W-1:0] layer_q;
    always @(posedge clk_i) if (tile_q[3]) begin
        x_q          <= x_i;
        y_q          <= y_i;
        x_last_q     <= layer_x_last;
        ow_last_q    <= layer_ow_last;
        oh_last_q    <= layer_oh_last;
        signed_q     <= layer_src_signed;
        sum_q        <= layer_sum;
        direct_q     <= layer_direct;
        out_signed_q <= layer_out_signed;
        relu_q       <= layer_relu;
        tile_first_q <= tile_first_i;
        tile_last_q  <= tile_last_i;
        dst_n_q      <= layer_dst_n;
        layer_q      <= index_i;
    end

    reg [ADDR_W-1:0] dst_base_q, dst_addr_q;
    reg [PARAM_W-1:0] param_q;
    reg [COL_W-1:0] cols_last_q;
    reg ct_first_q, ct_last_q;
    wire [31:0] dst_slot_wide = {{(32 - SLOT_W){1'b0}}, dst_slot_i};
    wire [PARAM_W-1:0] param_next = param_q + COLS_STEP[PARAM_W-1:0];
    always @(posedge clk_i) begin
        dst_base_q <= layer_dst_addr + dst_slot_wide[ADDR_W-1:0];
        if (first_q[3]) begin
            dst_addr_q  <= tile_q[3] ? dst_base_q : dst_addr_q + layer_dst_ct_step;
            param_q     <= tile_q[3] ? layer_param_base : param_next;
            cols_last_q <= step_ct_last_i ? layer_cols_last : COLS_LAST[COL_W-1:0];
            ct_first_q  <= tile_q[3];
            ct_last_q   <= step_ct_last_i;
        end
    end

    assign step_valid_o  = valid_q[4];
    assign step_first_o  = first_q[4];
    assign step_last_o   = last_q[4];
    assign step_signed_o = signed_q;
    assign step_addr_a_o = addr_a_q;
    assign step_addr_b_o = addr_b_q;
    assign {step_rot_o, step_x_lo_o, step_x_hi_o, step_y_lo_o, step_y_hi_o} = tap4_q;
    assign step_x_o       = x_q;
    assign step_y_o       = y_q;
    assign step_x_last_o  = x_last_q;
    assign step_ow_last_o = ow_last_q;
    assign step_oh_last_o = oh_last_q;
    assign wgt_addr_o     = wgt_q;

    assign desc_dst_addr_o   = dst_addr_q;
    assign desc_dst_n_o      = dst_n_q;
    assign desc_param_addr_o = param_q;
    assign desc_cols_last_o  = cols_last_q;
    assign desc_sum_o        = sum_q;
    assign desc_direct_o     = direct_q;
    assign desc_out_signed_o = out_signed_q;
    assign desc_relu_o       = relu_q;
    assign desc_layer_o      = layer_q;
    assign desc_tile_first_o = tile_first_q;
    assign desc_tile_last_o  = tile_last_q;
    assign desc_ct_first_o   = ct_first_q;
    assign desc_ct_last_o    = ct_last_q;

    wire unused = &{1'b0, residual_layer_wide[ADDR_W], residual_slot_wide[ADDR_W], residual_n_wide[ADDR_W], src_n_wide[31:ADDR_W], a3_wide[31:ADDR_W], b3_wide[31:ADDR_W], dst_slot_wide[31:ADDR_W]};
endmodule

`default_nettype wire

// pool_passes: finds the passes of a pool operation, what one source tile gives to which pooled pixels: pooled row by pooled row, for each
// the rows of the map in the tile. A pass takes the maxima along one row's pixels; a chunk of pooled pixels is made by one pass or, where
// the lanes hold a whole row of the map, by one for each row of its windows.
//
// Retimed. A row is gone over each cycle; what is found of it passes two registers on its way to the list, so that the sums of
// distances do not follow the choice of the row.
`default_nettype none

module pool_passes #(
    parameter ROWS      = 4,    // lanes
    parameter LANE_W    = 2,    // bits of a lane index, clog2(ROWS)
    parameter CNT_W     = 3,    // bits of a pixel count, clog2(ROWS + 1)
    parameter K_W       = 2,    // bits of kernel_last and pad
    parameter STRIDE_W  = 3,    // bits of the stride
    parameter SLOT_W    = 8,    // bits of a line buffer's tile count
    parameter ADDR_W    = 12,   // bits of a bank address
    parameter CH_W      = 8,    // bits of ch_last
    parameter X_W       = 8,    // bits of a column number
    parameter Y_W       = 8,    // bits of a row number
    parameter D_W       = 10,   // bits of a signed distance in pixels, beyond those of X_W and CNT_W two
    parameter ROW_W     = 5,    // bits of a signed row number in a window, beyond those of K_W and STRIDE_W two
    parameter POOL_BITS = 116   // bits of a POOL word, all fields together
) (
    input  wire                 clk_i,
    input  wire                 latch_i,          // the operation's state is there
    input  wire                 list_i,           // from the next cycle on, until end_o
    input  wire [POOL_BITS-1:0] word_i,
    input  wire [X_W-1:0]       to_next_i,        // the state, as pool_state puts it out
    input  wire [Y_W-1:0]       rows_left_i,
    input  wire                 top_i,
    input  wire [ROW_W-1:0]     kernel_row_i,
    input  wire [Y_W-1:0]       out_rows_left_i,
    input  wire [D_W-1:0]       kernel_col_i,
    input  wire [X_W-1:0]       out_left_i,
    input  wire [SLOT_W-1:0]    row_slot_i,
    input  wire [LANE_W-1:0]    row_lane_i,
    input  wire [SLOT_W-1:0]    pixel_slot_i,
    input  wire [LANE_W-1:0]    pixel_lane_i,
    output wire                 end_o,            // no pass comes after this cycle
    output wire                 pass_o,           // a pass:
    output wire [LANE_W-1:0]    bank_o,           // bank of the first window's first column
    output wire [CNT_W:0]       lo_o,             // lanes from lo to end - 1 are pixels of the row
    output wire [CNT_W:0]       end_lane_o,
    output wire                 first_o,          // first, last of its chunk
    output wire                 last_o,
    output wire                 merge_all_o,      // others have begun all of the chunk's pixels,
    output wire                 straddles_o,      // or those whose windows begin before lane lo
    output wire [SLOT_W-1:0]    slot_o,           // the chunk's first pooled pixel
    output wire [SLOT_W-1:0]    next_o,           // the slot after it
    output wire [LANE_W-1:0]    lane_o,
    output wire [CNT_W-1:0]     out_o             // pixels of its pooled row from there on, at most ROWS
);
    // Fields of word_i as pool_*, a pool word: printed from hdl/machine/src/tables.rs, do not edit.
    generate if (POOL_BITS != 3 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + 3*X_W + 2*Y_W + 2*K_W + STRIDE_W) begin : g_check_pool
        ERROR_pool_passes_POOL_BITS_must_be_the_sum_of_its_fields check ();
    end endgenerate
    wire [SLOT_W-1:0] pool_dst_n = word_i[1 + 2*ADDR_W + SLOT_W +: SLOT_W];
    wire [SLOT_W-1:0] pool_dst_row_slots = word_i[1 + 2*ADDR_W + 2*SLOT_W +: SLOT_W];
    wire [LANE_W-1:0] pool_dst_row_lanes = word_i[1 + 2*ADDR_W + 3*SLOT_W +: LANE_W];
    wire [X_W-1:0] pool_pitch = word_i[1 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W +: X_W];
    wire [X_W-1:0] pool_gap = word_i[1 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + X_W +: X_W];
    wire [K_W-1:0] pool_kernel_last = word_i[1 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + 2*X_W + Y_W +: K_W];
    wire [STRIDE_W-1:0] pool_stride = word_i[1 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + 2*X_W + Y_W + K_W +: STRIDE_W];
    wire [K_W-1:0] pool_pad = word_i[1 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + 2*X_W + Y_W + K_W + STRIDE_W +: K_W];
    wire [X_W-1:0] pool_out_width = word_i[1 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + 2*X_W + Y_W + 2*K_W + STRIDE_W +: X_W];
    wire pool_whole = word_i[1 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + 3*X_W + 2*Y_W + 2*K_W + STRIDE_W];
    wire unused_pool = &{1'b0, word_i};

    localparam [31:0] ROWS_VALUE = ROWS;
    localparam [31:0] ONE = 1;

    generate
        if (D_W < X_W + 2 || D_W < CNT_W + 2 || D_W < K_W + 1) begin : g_check_distance
            ERROR_pool_passes_D_W_must_be_2_more_than_X_W_and_CNT_W check ();
        end
        if (ROW_W < K_W + 2 || ROW_W < STRIDE_W + 2) begin : g_check_row
            ERROR_pool_passes_ROW_W_must_be_2_more_than_K_W_and_STRIDE_W check ();
        end
    endgenerate

    // The operation's state, the first row of the windows in hand, and the row in hand.
    reg [X_W-1:0] to_next_q, out_left_q;
    reg [D_W-1:0] kernel_col_q;
    reg inside_q;  // the tile begins inside a row
    reg start_begun_q, start_top_q, now_begun_q, now_top_q;
    reg [D_W-1:0] start_at_q, now_at_q;
    reg [Y_W-1:0] start_left_q, now_left_q, out_rows_left_q;
    reg [ROW_W-1:0] start_row_q, kernel_row_q;
    reg [SLOT_W-1:0] row_slot_q, pixel_slot_q;
    reg [LANE_W-1:0] row_lane_q, pixel_lane_q;
    reg opens_q, second_q, end_q;

    wire [D_W-1:0] rows    = ROWS_VALUE[D_W-1:0];
    wire [D_W-1:0] to_next = {{(D_W - X_W){1'b0}}, to_next_q};
    wire [D_W-1:0] pitch   = {{(D_W - X_W){1'b0}}, pool_pitch};
    wire [D_W-1:0] start_next = start_begun_q ? to_next : start_at_q + pitch;
    wire [D_W-1:0] now_next   = now_begun_q ? to_next : now_at_q + pitch;
    wire [ROW_W-1:0] stride     = {{(ROW_W - STRIDE_W){1'b0}}, pool_stride};
    wire [ROW_W-1:0] start_down = start_row_q + 1'b1;
    wire [ROW_W-1:0] start_back = start_row_q - stride;

    wire over    = out_rows_left_q == {Y_W{1'b0}} || start_left_q == {Y_W{1'b0}} || start_at_q >= rows;
    wire above   = start_row_q[ROW_W-1];
    wire attempt = list_i && !end_q && !over && !above;
    wire twice   = !pool_whole && pool_stride == ONE[STRIDE_W-1:0];
    wire moves   = attempt && (!twice || second_q);
    wire ends    = kernel_row_q == {{(ROW_W - K_W){1'b0}}, pool_kernel_last} || now_next >= rows
                || now_left_q == {{(Y_W-1){1'b0}}, 1'b1};

    // A pooled row further, with steps less a whole round at hand.
    wire [CNT_W:0] row_lanes = {{(CNT_W + 1 - LANE_W){1'b0}}, pool_dst_row_lanes};
    reg [CNT_W:0] lanes_back_q;
    reg [SLOT_W:0] slots_back_q;
    reg [SLOT_W-1:0] dst_last_q;
    always @(posedge clk_i) begin
        lanes_back_q <= row_lanes - ROWS_VALUE[CNT_W:0];
        slots_back_q <= {1'b0, pool_dst_row_slots} - {1'b0, pool_dst_n};
        dst_last_q   <= pool_dst_n - 1'b1;
    end
    wire [SLOT_W-1:0] row_slot, pixel_slot;
    wire [LANE_W-1:0] row_lane, pixel_lane;
    wire row_carry, pixel_carry;
    lane_add #(.LANE_W(LANE_W), .CNT_W(CNT_W)) row_lane_step (
        .lane_i(row_lane_q), .pixels_i(row_lanes[CNT_W-1:0]), .back_i(lanes_back_q), .lane_o(row_lane), .carry_o(row_carry)
    );
    slot_add #(.SLOT_W(SLOT_W)) row_slot_step (
        .slot_i(row_slot_q), .slots_i(pool_dst_row_slots), .back_i(slots_back_q), .carry_i(row_carry), .slot_o(row_slot)
    );
    lane_add #(.LANE_W(LANE_W), .CNT_W(CNT_W)) pixel_lane_step (
        .lane_i(pixel_lane_q), .pixels_i(row_lanes[CNT_W-1:0]), .back_i(lanes_back_q), .lane_o(pixel_lane), .carry_o(pixel_carry)
    );
    slot_add #(.SLOT_W(SLOT_W)) pixel_slot_step (
        .slot_i(pixel_slot_q), .slots_i(pool_dst_row_slots), .back_i(slots_back_q), .carry_i(pixel_carry), .slot_o(pixel_slot)
    );

    always @(posedge clk_i) begin
        end_q    <= list_i && !end_q && over;
        second_q <= attempt && twice && !second_q;
        if (latch_i) begin
            end_q           <= 1'b0;
            second_q        <= 1'b0;
            to_next_q       <= to_next_i;
            out_left_q      <= out_left_i;
            kernel_col_q    <= kernel_col_i;
            inside_q        <= to_next_i != pool_pitch;
            start_begun_q   <= 1'b1;
            start_at_q      <= {D_W{1'b0}};
            start_left_q    <= rows_left_i;
            start_top_q     <= top_i;
            start_row_q     <= kernel_row_i;
            now_begun_q     <= 1'b1;
            now_at_q        <= {D_W{1'b0}};
            now_left_q      <= rows_left_i;
            now_top_q       <= top_i;
            kernel_row_q    <= kernel_row_i;
            out_rows_left_q <= out_rows_left_i;
            row_slot_q      <= row_slot_i;
            row_lane_q      <= row_lane_i;
            pixel_slot_q    <= pixel_slot_i;
            pixel_lane_q    <= pixel_lane_i;
            opens_q         <= 1'b1;
        end else if (list_i && !over && above) begin
            start_begun_q   <= 1'b0;
            start_at_q      <= start_next;
            start_left_q    <= start_left_q - 1'b1;
            start_top_q     <= 1'b0;
            start_row_q     <= start_down;
            now_begun_q     <= 1'b0;
            now_at_q        <= start_next;
            now_left_q      <= start_left_q - 1'b1;
            now_top_q       <= 1'b0;
            kernel_row_q    <= start_down;
        end else if (moves && ends) begin
            start_row_q     <= start_back;
            now_begun_q     <= start_begun_q;
            now_at_q        <= start_at_q;
            now_left_q      <= start_left_q;
            now_top_q       <= start_top_q;
            kernel_row_q    <= start_back;
            out_rows_left_q <= out_rows_left_q - 1'b1;
            row_slot_q      <= row_slot;
            row_lane_q      <= row_lane;
            pixel_slot_q    <= pixel_slot;
            pixel_lane_q    <= pixel_lane;
            opens_q         <= 1'b1;
        end else if (moves) begin
            now_begun_q     <= 1'b0;
            now_at_q        <= now_next;
            now_left_q      <= now_left_q - 1'b1;
            now_top_q       <= 1'b0;
            kernel_row_q    <= kernel_row_q + 1'b1;
            opens_q         <= 1'b0;
        end
    end

    // First register: the row's first column in its first window, its pixels in the map, and the pooled pixels from there on.
    reg [2:1] pass_q, second_d_q, opens_d_q, ends_d_q, top_d_q, inside_d_q;
    reg [D_W-1:0] column1_q, pixels1_q, at1_q, column2_q;
    reg [X_W-1:0] out1_q, out2_q;
    reg [SLOT_W-1:0] slot1_q, slot2_q;
    reg [LANE_W-1:0] lane1_q, lane2_q;
    // Second register: where those end, by the map and by the tile, and where lane 0 lies.
    reg [D_W-1:0] map_end_q, tile_end_q, bank_q;
    reg some_q;
    wire [D_W-1:0] gap   = {{(D_W - X_W){1'b0}}, pool_gap};
    wire [D_W-1:0] ahead = now_begun_q ? to_next : pitch;
    always @(posedge clk_i) begin
        pass_q     <= {pass_q[1] && !latch_i, attempt};
        second_d_q <= {second_d_q[1], second_q};
        opens_d_q  <= {opens_d_q[1], opens_q};
        ends_d_q   <= {ends_d_q[1], ends};
        top_d_q    <= {top_d_q[1], kernel_row_q == {ROW_W{1'b0}} || now_top_q};
        inside_d_q <= {inside_d_q[1], now_begun_q && inside_q};
        column1_q  <= now_begun_q ? kernel_col_q : {{(D_W - K_W){1'b0}}, pool_pad};
        pixels1_q  <= ahead - gap;
        at1_q      <= now_at_q;
        out1_q     <= now_begun_q ? out_left_q : pool_out_width;
        slot1_q    <= now_begun_q ? pixel_slot_q : row_slot_q;
        lane1_q    <= now_begun_q ? pixel_lane_q : row_lane_q;
        map_end_q  <= column1_q + pixels1_q;
        tile_end_q <= column1_q + (rows - at1_q);
        bank_q     <= at1_q - column1_q;
        some_q     <= !pixels1_q[D_W-1] && pixels1_q != {D_W{1'b0}};
        column2_q  <= column1_q;
        out2_q     <= out1_q;
        slot2_q    <= slot1_q;
        lane2_q    <= lane1_q;
    end

    wire [D_W-1:0] row_end  = $signed(map_end_q) < $signed(tile_end_q) ? map_end_q : tile_end_q;
    wire [D_W-1:0] out      = {{(D_W - X_W){1'b0}}, out2_q};
    wire [D_W-1:0] end_more = row_end - rows;
    wire [D_W-1:0] out_more = out - rows;
    wire end_over = !end_more[D_W-1] && end_more != {D_W{1'b0}};  // more windows begin than there are lanes
    wire out_over = !out_more[D_W-1] && out_more != {D_W{1'b0}};
    wire windows  = !row_end[D_W-1] && row_end != {D_W{1'b0}} && out2_q != {X_W{1'b0}};
    wire second   = second_d_q[2];
    wire pass     = pass_q[2] && some_q && (pool_whole || windows) && (!second || (end_over && out_over));
    wire [D_W-1:0] bank_up  = bank_q + rows;
    wire [D_W-1:0] bank_up2 = bank_up + rows;
    wire [D_W-1:0] bank     = !bank_q[D_W-1] ? bank_q : !bank_up[D_W-1] ? bank_up : bank_up2;
    wire [D_W-1:0] out_here = second ? out_more : out;
    wire [D_W-1:0] out_less = out_here - rows;
    wire [SLOT_W-1:0] slot_next = slot2_q == dst_last_q ? {SLOT_W{1'b0}} : slot2_q + 1'b1;
    reg fresh_q;  // no pass of the chunk yet
    wire fresh = opens_d_q[2] || fresh_q;
    always @(posedge clk_i) if (pass_q[2] && !second) fresh_q <= fresh && !pass;
    reg listed_q;  // some pass was found
    always @(posedge clk_i) listed_q <= !latch_i && (listed_q || pass);

    // A tile that gives nothing has one pass, of no pixels: its words must go, and its end be seen.
    wire none = end_q && !listed_q && !pass;
    wire [SLOT_W-1:0] slot = none ? {SLOT_W{1'b0}} : second ? slot_next : slot2_q;
    assign end_o       = end_q;
    assign pass_o      = pass || none;
    assign bank_o      = none ? {LANE_W{1'b0}} : bank[LANE_W-1:0];
    assign lo_o        = none || second || column2_q[D_W-1] ? {(CNT_W+1){1'b0}} : column2_q[CNT_W:0];
    assign end_lane_o  = none ? {(CNT_W+1){1'b0}} : second ? end_more[CNT_W:0] : row_end[CNT_W:0];
    assign first_o     = none || !pool_whole || fresh;
    assign last_o      = none || !pool_whole || ends_d_q[2];
    assign merge_all_o = !none && !top_d_q[2];
    assign straddles_o = !none && !second && top_d_q[2] && inside_d_q[2] && !column2_q[D_W-1] && column2_q != {D_W{1'b0}};
    assign slot_o      = slot;
    assign next_o      = slot == dst_last_q ? {SLOT_W{1'b0}} : slot + 1'b1;
    assign lane_o      = none ? {LANE_W{1'b0}} : lane2_q;
    assign out_o       = none ? {CNT_W{1'b0}} : out_less[D_W-1] ? out_here[CNT_W-1:0] : rows[CNT_W-1:0];

    wire unused = &{1'b0, row_lanes[CNT_W], bank, out_here, end_more, row_end, rows};
endmodule

`default_nettype wire

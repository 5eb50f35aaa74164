// pool_state: where each pooling layer stands between operations, the first pixel of the source tile that comes next: in the map, in
// the windows that it lies in, and where the pooled pixels of those lie. While an operation runs, the state of the tile that follows
// is found, a row of the map or a window each cycle.
`default_nettype none

module pool_state #(
    parameter ROWS      = 4,    // lanes
    parameter LANE_W    = 2,    // bits of a lane index, clog2(ROWS)
    parameter CNT_W     = 3,    // bits of a pixel count, clog2(ROWS + 1)
    parameter POOL_W    = 2,    // bits of a pool index
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
    input  wire                 rst_i,            // all layers at their first image's first tile
    input  wire [POOL_W-1:0]    pool_i,           // its word is on *_o two cycles later
    input  wire                 latch_i,          // *_o are of the operation that begins
    input  wire                 finish_i,         // the operation is over: its layer's state is the one that was found
    input  wire [POOL_BITS-1:0] word_i,
    output wire                 done_o,           // it is found
    output wire [X_W-1:0]       to_next_o,        // pixels from the tile's first one to the next row
    output wire [Y_W-1:0]       rows_left_o,      // rows of the map from the first pixel's on
    output wire                 top_o,            // it lies in the first one
    output wire [ROW_W-1:0]     kernel_row_o,     // its row in the uppermost windows that do not end above it, signed
    output wire [Y_W-1:0]       out_rows_left_o,  // pooled rows from theirs on
    output wire [D_W-1:0]       kernel_col_o,     // the same of its column, or of the first window's where the lanes hold a row
    output wire [X_W-1:0]       out_left_o,
    output wire [SLOT_W-1:0]    row_slot_o,       // the pooled row's first pixel
    output wire [LANE_W-1:0]    row_lane_o,
    output wire [SLOT_W-1:0]    pixel_slot_o,     // the first window's pooled pixel
    output wire [LANE_W-1:0]    pixel_lane_o,
    output wire [SLOT_W-1:0]    src_slot_o
);
    // Fields of word_i as pool_*, a pool word: printed from hdl/machine/src/tables.rs, do not edit.
    generate if (POOL_BITS != 3 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + 3*X_W + 2*Y_W + 2*K_W + STRIDE_W) begin : g_check_pool
        ERROR_pool_state_POOL_BITS_must_be_the_sum_of_its_fields check ();
    end endgenerate
    wire [SLOT_W-1:0] pool_src_n = word_i[1 + ADDR_W +: SLOT_W];
    wire [SLOT_W-1:0] pool_dst_n = word_i[1 + 2*ADDR_W + SLOT_W +: SLOT_W];
    wire [SLOT_W-1:0] pool_dst_row_slots = word_i[1 + 2*ADDR_W + 2*SLOT_W +: SLOT_W];
    wire [LANE_W-1:0] pool_dst_row_lanes = word_i[1 + 2*ADDR_W + 3*SLOT_W +: LANE_W];
    wire [SLOT_W-1:0] pool_dst_image = word_i[1 + 2*ADDR_W + 3*SLOT_W + LANE_W +: SLOT_W];
    wire [X_W-1:0] pool_pitch = word_i[1 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W +: X_W];
    wire [Y_W-1:0] pool_height = word_i[1 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + 2*X_W +: Y_W];
    wire [K_W-1:0] pool_kernel_last = word_i[1 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + 2*X_W + Y_W +: K_W];
    wire [STRIDE_W-1:0] pool_stride = word_i[1 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + 2*X_W + Y_W + K_W +: STRIDE_W];
    wire [K_W-1:0] pool_pad = word_i[1 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + 2*X_W + Y_W + K_W + STRIDE_W +: K_W];
    wire [X_W-1:0] pool_out_width = word_i[1 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + 2*X_W + Y_W + 2*K_W + STRIDE_W +: X_W];
    wire [Y_W-1:0] pool_out_height = word_i[1 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + 3*X_W + Y_W + 2*K_W + STRIDE_W +: Y_W];
    wire pool_whole = word_i[1 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + 3*X_W + 2*Y_W + 2*K_W + STRIDE_W];
    wire unused_pool = &{1'b0, word_i};

    localparam [1:0] ROW = 2'd0, COLUMN = 2'd1, DONE = 2'd2;
    localparam [31:0] ROWS_VALUE = ROWS;
    localparam [31:0] ONE = 1;
    localparam WORD_W = 2*X_W + 2*Y_W + 1 + ROW_W + D_W + 4*SLOT_W + 2*LANE_W;

    // The table: a word counts from its first write on.
    (* ram_style = "distributed" *) reg [WORD_W-1:0] mem [0:(1<<POOL_W)-1];
    reg [(1<<POOL_W)-1:0] valid_q;
    reg [WORD_W-1:0] read_q;
    reg read_valid_q;
    wire [WORD_W-1:0] after;
    always @(posedge clk_i) begin
        if (finish_i) mem[pool_i] <= after;
        read_q       <= mem[pool_i];
        read_valid_q <= valid_q[pool_i];
    end
    genvar p;
    generate
        for (p = 0; p < (1 << POOL_W); p = p + 1) begin : g_valid
            localparam [31:0] POOL = p;
            always @(posedge clk_i)
                if (rst_i) valid_q[p] <= 1'b0;
                else if (finish_i && pool_i == POOL[POOL_W-1:0]) valid_q[p] <= 1'b1;
        end
    endgenerate

    wire [ROW_W-1:0] pad_row = {{(ROW_W - K_W){1'b0}}, pool_pad};
    wire [D_W-1:0]   pad_col = {{(D_W - K_W){1'b0}}, pool_pad};
    wire [SLOT_W-1:0] image_slot;
    wire [WORD_W-1:0] word = read_valid_q ? read_q : {
        pool_pitch, pool_height, 1'b1, pad_row, pool_out_height, pad_col, pool_out_width, {(4*SLOT_W + 2*LANE_W){1'b0}}
    };
    assign {
        to_next_o, rows_left_o, top_o, kernel_row_o, out_rows_left_o, kernel_col_o, out_left_o,
        row_slot_o, row_lane_o, pixel_slot_o, pixel_lane_o, src_slot_o, image_slot
    } = word;

    // The state on its way to the next one.
    reg [1:0] phase_q;
    reg [CNT_W-1:0] left_q;  // pixels of the tile not gone over
    reg [X_W-1:0] to_next_q, out_left_q;
    reg [Y_W-1:0] rows_left_q, out_rows_left_q;
    reg top_q;
    reg [ROW_W-1:0] kernel_row_q;
    reg [D_W-1:0] kernel_col_q;
    reg [SLOT_W-1:0] row_slot_q, pixel_slot_q, src_slot_q, image_slot_q;
    reg [LANE_W-1:0] row_lane_q, pixel_lane_q;
    assign after = {
        to_next_q, rows_left_q, top_q, kernel_row_q, out_rows_left_q, kernel_col_q, out_left_q,
        row_slot_q, row_lane_q, pixel_slot_q, pixel_lane_q, src_slot_q, image_slot_q
    };

    // Steps less a whole round, ready before the first one is taken.
    wire [CNT_W:0] row_lanes = {{(CNT_W + 1 - LANE_W){1'b0}}, pool_dst_row_lanes};
    reg [CNT_W:0] row_back_q, pixel_back_q;
    reg [SLOT_W:0] row_slots_back_q, image_back_q;
    reg [SLOT_W-1:0] src_last_q, dst_last_q;
    wire [SLOT_W:0] dst_n = {1'b0, pool_dst_n};
    always @(posedge clk_i) begin
        row_back_q       <= row_lanes - ROWS_VALUE[CNT_W:0];
        pixel_back_q     <= ONE[CNT_W:0] - ROWS_VALUE[CNT_W:0];
        row_slots_back_q <= {1'b0, pool_dst_row_slots} - dst_n;
        image_back_q     <= {1'b0, pool_dst_image} - dst_n;
        src_last_q       <= pool_src_n - 1'b1;
        dst_last_q       <= pool_dst_n - 1'b1;
    end
    wire [SLOT_W-1:0] row_slot, image_slot_next;
    wire [LANE_W-1:0] row_lane, pixel_lane;
    wire row_carry, pixel_carry;
    lane_add #(.LANE_W(LANE_W), .CNT_W(CNT_W)) row_lane_step (
        .lane_i(row_lane_q), .pixels_i(row_lanes[CNT_W-1:0]), .back_i(row_back_q), .lane_o(row_lane), .carry_o(row_carry)
    );
    slot_add #(.SLOT_W(SLOT_W)) row_slot_step (
        .slot_i(row_slot_q), .slots_i(pool_dst_row_slots), .back_i(row_slots_back_q), .carry_i(row_carry), .slot_o(row_slot)
    );
    lane_add #(.LANE_W(LANE_W), .CNT_W(CNT_W)) pixel_lane_step (
        .lane_i(pixel_lane_q), .pixels_i(ONE[CNT_W-1:0]), .back_i(pixel_back_q), .lane_o(pixel_lane), .carry_o(pixel_carry)
    );
    slot_add #(.SLOT_W(SLOT_W)) image_slot_step (
        .slot_i(image_slot_q), .slots_i(pool_dst_image), .back_i(image_back_q), .carry_i(1'b0), .slot_o(image_slot_next)
    );
    wire [SLOT_W-1:0] pixel_next = pixel_slot_q == dst_last_q ? {SLOT_W{1'b0}} : pixel_slot_q + 1'b1;
    wire [SLOT_W-1:0] src_next   = src_slot_q == src_last_q ? {SLOT_W{1'b0}} : src_slot_q + 1'b1;

    wire [D_W-1:0] left       = {{(D_W - CNT_W){1'b0}}, left_q};
    wire [D_W-1:0] to_next    = {{(D_W - X_W){1'b0}}, to_next_q};
    wire [D_W-1:0] spare      = left - to_next;  // negative: the tile ends in this row
    wire [D_W-1:0] rest       = to_next - left;
    wire [ROW_W-1:0] last_row = {{(ROW_W - K_W){1'b0}}, pool_kernel_last};
    wire [D_W-1:0] last_col   = {{(D_W - K_W){1'b0}}, pool_kernel_last};
    wire [ROW_W-1:0] row_stride = {{(ROW_W - STRIDE_W){1'b0}}, pool_stride};
    wire [D_W-1:0] col_stride   = {{(D_W - STRIDE_W){1'b0}}, pool_stride};
    wire row_ends = kernel_row_q == last_row;  // so do the uppermost windows
    wire col_ends = !pool_whole && $signed(last_col) < $signed(kernel_col_q);
    wire out_row  = row_ends && out_rows_left_q != {Y_W{1'b0}};
    always @(posedge clk_i)
        if (latch_i) begin
            phase_q         <= ROW;
            left_q          <= ROWS_VALUE[CNT_W-1:0];
            to_next_q       <= to_next_o;
            rows_left_q     <= rows_left_o;
            top_q           <= top_o;
            kernel_row_q    <= kernel_row_o;
            out_rows_left_q <= out_rows_left_o;
            kernel_col_q    <= kernel_col_o;
            out_left_q      <= out_left_o;
            row_slot_q      <= row_slot_o;
            row_lane_q      <= row_lane_o;
            pixel_slot_q    <= pixel_slot_o;
            pixel_lane_q    <= pixel_lane_o;
            src_slot_q      <= src_slot_o;
            image_slot_q    <= image_slot;
        end else if (phase_q == ROW) begin
            if (rows_left_q == {Y_W{1'b0}}) begin
                phase_q         <= DONE;
                to_next_q       <= pool_pitch;
                rows_left_q     <= pool_height;
                top_q           <= 1'b1;
                kernel_row_q    <= pad_row;
                out_rows_left_q <= pool_out_height;
                kernel_col_q    <= pad_col;
                out_left_q      <= pool_out_width;
                row_slot_q      <= image_slot_next;
                row_lane_q      <= {LANE_W{1'b0}};
                pixel_slot_q    <= image_slot_next;
                pixel_lane_q    <= {LANE_W{1'b0}};
                src_slot_q      <= src_next;
                image_slot_q    <= image_slot_next;
            end else if (!spare[D_W-1]) begin
                left_q          <= spare[CNT_W-1:0];
                to_next_q       <= pool_pitch;
                rows_left_q     <= rows_left_q - 1'b1;
                top_q           <= 1'b0;
                kernel_row_q    <= row_ends ? kernel_row_q + ONE[ROW_W-1:0] - row_stride : kernel_row_q + 1'b1;
                out_rows_left_q <= out_rows_left_q - {{(Y_W-1){1'b0}}, out_row};
                kernel_col_q    <= pad_col;
                out_left_q      <= pool_out_width;
                row_slot_q      <= row_ends ? row_slot : row_slot_q;
                row_lane_q      <= row_ends ? row_lane : row_lane_q;
                pixel_slot_q    <= row_ends ? row_slot : row_slot_q;
                pixel_lane_q    <= row_ends ? row_lane : row_lane_q;
            end else begin
                phase_q         <= COLUMN;
                to_next_q       <= rest[X_W-1:0];
                kernel_col_q    <= kernel_col_q + left;
                src_slot_q      <= src_next;
            end
        end else if (phase_q == COLUMN) begin
            if (col_ends) begin
                kernel_col_q    <= kernel_col_q - col_stride;
                out_left_q      <= out_left_q - {{(X_W-1){1'b0}}, out_left_q != {X_W{1'b0}}};
                pixel_lane_q    <= pixel_lane;
                pixel_slot_q    <= pixel_carry ? pixel_next : pixel_slot_q;
            end else phase_q <= DONE;
        end

    assign done_o = phase_q == DONE;

    wire unused = &{1'b0, row_lanes[CNT_W], spare, rest};
endmodule

`default_nettype wire

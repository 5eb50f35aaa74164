// pool_state: where each pooling layer stands between operations: pooled row, its window's first row and the kernel row that
// comes next, positions in both line buffers.
`default_nettype none

module pool_state #(
    parameter ROWS      = 4,    // lanes
    parameter LANE_W    = 2,    // bits of a lane index, clog2(ROWS)
    parameter CNT_W     = 3,    // bits of a pixel count, clog2(ROWS + 1)
    parameter POOL_W    = 2,    // bits of a pool index
    parameter K_W       = 2,    // bits of pad and of a kernel row
    parameter STRIDE_W  = 3,    // bits of the stride
    parameter SLOT_W    = 8,    // bits of a line buffer's tile count
    parameter Y_W       = 8,    // bits of a row number
    parameter ADDR_W    = 12,   // bits of a bank address
    parameter CH_W      = 8,    // bits of ch_last
    parameter CHUNK_W   = 4,    // bits of chunk_last
    parameter X_W       = 8,    // bits of w_last
    parameter POOL_BITS = 152   // bits of a POOL word, all fields together
) (
    input  wire                 clk_i,
    input  wire                 rst_i,         // all layers at their first image's first row
    input  wire [POOL_W-1:0]    pool_i,        // its word is on *_o two cycles later
    input  wire                 latch_i,       // hold *_o for the operation that begins
    input  wire                 finish_i,      // the operation is over: the state moves on to the next row
    input  wire [POOL_BITS-1:0] word_i,
    output wire [Y_W:0]         top_o,         // first window row, signed; these are the state to be latched
    output wire [K_W-1:0]       kernel_row_o,
    output wire [SLOT_W-1:0]    src_slot_o,
    output wire [LANE_W-1:0]    src_lane_o,
    output wire [SLOT_W-1:0]    dst_slot_o,
    output wire [LANE_W-1:0]    dst_lane_o
);
    // Fields of word_i as pool_*, a pool word: printed from hdl/machine/src/tables.rs, do not edit.
    generate if (POOL_BITS != 2*ADDR_W + 8*SLOT_W + 4*LANE_W + 4*CNT_W + CH_W + CHUNK_W + 2*K_W + STRIDE_W + 2*Y_W + X_W + 1) begin : g_check_pool
        ERROR_pool_state_POOL_BITS_must_be_the_sum_of_its_fields check ();
    end endgenerate
    wire [SLOT_W-1:0] pool_src_n = word_i[ADDR_W +: SLOT_W];
    wire [SLOT_W-1:0] pool_step_slots = word_i[ADDR_W + 2*SLOT_W + LANE_W +: SLOT_W];
    wire [LANE_W-1:0] pool_step_lanes = word_i[ADDR_W + 3*SLOT_W + LANE_W +: LANE_W];
    wire [SLOT_W-1:0] pool_origin_slots = word_i[ADDR_W + 3*SLOT_W + 2*LANE_W + CNT_W +: SLOT_W];
    wire [LANE_W-1:0] pool_origin_lanes = word_i[ADDR_W + 4*SLOT_W + 2*LANE_W + CNT_W +: LANE_W];
    wire [SLOT_W-1:0] pool_src_image = word_i[ADDR_W + 4*SLOT_W + 3*LANE_W + CNT_W +: SLOT_W];
    wire [SLOT_W-1:0] pool_dst_n = word_i[2*ADDR_W + 5*SLOT_W + 3*LANE_W + CNT_W +: SLOT_W];
    wire [SLOT_W-1:0] pool_dst_row_slots = word_i[2*ADDR_W + 6*SLOT_W + 3*LANE_W + CNT_W +: SLOT_W];
    wire [LANE_W-1:0] pool_dst_row_lanes = word_i[2*ADDR_W + 7*SLOT_W + 3*LANE_W + CNT_W +: LANE_W];
    wire [SLOT_W-1:0] pool_dst_image = word_i[2*ADDR_W + 7*SLOT_W + 4*LANE_W + CNT_W +: SLOT_W];
    wire [K_W-1:0] pool_kernel_last = word_i[2*ADDR_W + 8*SLOT_W + 4*LANE_W + 3*CNT_W + CH_W + CHUNK_W +: K_W];
    wire [CNT_W-1:0] pool_group = word_i[2*ADDR_W + 8*SLOT_W + 4*LANE_W + 3*CNT_W + CH_W + CHUNK_W + K_W +: CNT_W];
    wire [STRIDE_W-1:0] pool_stride = word_i[2*ADDR_W + 8*SLOT_W + 4*LANE_W + 4*CNT_W + CH_W + CHUNK_W + K_W +: STRIDE_W];
    wire [K_W-1:0] pool_pad = word_i[2*ADDR_W + 8*SLOT_W + 4*LANE_W + 4*CNT_W + CH_W + CHUNK_W + K_W + STRIDE_W +: K_W];
    wire [Y_W-1:0] pool_oh_last = word_i[2*ADDR_W + 8*SLOT_W + 4*LANE_W + 4*CNT_W + CH_W + CHUNK_W + 2*K_W + STRIDE_W + Y_W + X_W +: Y_W];
    wire unused_pool = &{1'b0, word_i};

    localparam [31:0] ROWS_VALUE = ROWS;
    localparam WORD_W = 2*Y_W + 1 + K_W + 4*SLOT_W + 2*LANE_W;

    generate
        if (K_W > Y_W) begin : g_check_rows
            ERROR_pool_state_K_W_must_not_exceed_Y_W check ();
        end
    endgenerate

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

    wire [Y_W:0] top_first = -{{(Y_W + 1 - K_W){1'b0}}, pool_pad};
    wire [WORD_W-1:0] word = read_valid_q ? read_q : {
        {Y_W{1'b0}}, top_first, {K_W{1'b0}}, pool_origin_slots, pool_origin_lanes, {(3*SLOT_W + LANE_W){1'b0}}
    };
    reg [WORD_W-1:0] word_q;
    always @(posedge clk_i) if (latch_i) word_q <= word;
    wire [SLOT_W-1:0] src_image_unused, dst_image_unused;
    wire [Y_W-1:0] row_unused;
    assign {row_unused, top_o, kernel_row_o, src_slot_o, src_lane_o, dst_slot_o, dst_lane_o, src_image_unused, dst_image_unused} = word;

    wire [Y_W-1:0] row;
    wire [Y_W:0] top;
    wire [K_W-1:0] kernel_row;
    wire [SLOT_W-1:0] src_slot, dst_slot, src_image, dst_image;
    wire [LANE_W-1:0] src_lane, dst_lane;
    assign {row, top, kernel_row, src_slot, src_lane, dst_slot, dst_lane, src_image, dst_image} = word_q;

    // What follows, registered: an operation takes far longer than these three steps.
    wire [SLOT_W-1:0] step_slot, row_slot, src_image_next, dst_image_next, origin_slot;
    wire [LANE_W-1:0] step_lane, row_lane;
    wire step_carry, row_carry;
    wire [CNT_W:0] step_lanes = {{(CNT_W + 1 - LANE_W){1'b0}}, pool_step_lanes};
    wire [CNT_W:0] row_lanes  = {{(CNT_W + 1 - LANE_W){1'b0}}, pool_dst_row_lanes};
    reg [SLOT_W-1:0] step_slot_q, row_slot_q, src_image_q, dst_image_q, origin_slot_q;
    reg [CNT_W:0] step_back_q, row_back_q;
    reg [SLOT_W:0] step_slots_back_q, row_slots_back_q, src_back_q, dst_back_q, origin_back_q;
    wire [SLOT_W:0] src_n = {1'b0, pool_src_n};
    wire [SLOT_W:0] dst_n = {1'b0, pool_dst_n};
    always @(posedge clk_i) begin
        step_back_q       <= step_lanes - ROWS_VALUE[CNT_W:0];
        row_back_q        <= row_lanes - ROWS_VALUE[CNT_W:0];
        step_slots_back_q <= {1'b0, pool_step_slots} - src_n;
        row_slots_back_q  <= {1'b0, pool_dst_row_slots} - dst_n;
        src_back_q        <= {1'b0, pool_src_image} - src_n;
        dst_back_q        <= {1'b0, pool_dst_image} - dst_n;
        origin_back_q     <= {1'b0, pool_origin_slots} - src_n;
    end
    lane_add #(.LANE_W(LANE_W), .CNT_W(CNT_W)) src_lane_step (
        .lane_i(src_lane), .pixels_i(step_lanes[CNT_W-1:0]), .back_i(step_back_q),
        .lane_o(step_lane), .carry_o(step_carry)
    );
    lane_add #(.LANE_W(LANE_W), .CNT_W(CNT_W)) dst_lane_step (
        .lane_i(dst_lane), .pixels_i(row_lanes[CNT_W-1:0]), .back_i(row_back_q),
        .lane_o(row_lane), .carry_o(row_carry)
    );
    slot_add #(.SLOT_W(SLOT_W)) src_step (
        .slot_i(src_slot), .slots_i(pool_step_slots), .back_i(step_slots_back_q), .carry_i(step_carry),
        .slot_o(step_slot)
    );
    slot_add #(.SLOT_W(SLOT_W)) dst_step (
        .slot_i(dst_slot), .slots_i(pool_dst_row_slots), .back_i(row_slots_back_q), .carry_i(row_carry),
        .slot_o(row_slot)
    );
    slot_add #(.SLOT_W(SLOT_W)) src_image_step (
        .slot_i(src_image), .slots_i(pool_src_image), .back_i(src_back_q), .carry_i(1'b0), .slot_o(src_image_next)
    );
    slot_add #(.SLOT_W(SLOT_W)) dst_image_step (
        .slot_i(dst_image), .slots_i(pool_dst_image), .back_i(dst_back_q), .carry_i(1'b0), .slot_o(dst_image_next)
    );
    slot_add #(.SLOT_W(SLOT_W)) origin_step (
        .slot_i(src_image_q), .slots_i(pool_origin_slots), .back_i(origin_back_q), .carry_i(1'b0),
        .slot_o(origin_slot)
    );
    wire [31:0] stride = {{(32 - STRIDE_W){1'b0}}, pool_stride};
    // What this operation takes of the kernel, and whether that is all that was left of it.
    wire [CNT_W:0] kernel_next = {{(CNT_W + 1 - K_W){1'b0}}, kernel_row} + {1'b0, pool_group};
    reg [K_W-1:0] kernel_next_q;
    reg window_end_q;
    reg image_end_q;
    reg [Y_W-1:0] row_inc_q;
    reg [Y_W:0] top_inc_q;
    reg [LANE_W-1:0] step_lane_q, row_lane_q;
    always @(posedge clk_i) begin
        kernel_next_q <= kernel_next[K_W-1:0];
        window_end_q  <= {{(CNT_W + 1 - K_W){1'b0}}, pool_kernel_last} < kernel_next;
        image_end_q   <= row == pool_oh_last;
        row_inc_q     <= row + 1'b1;
        top_inc_q     <= top + stride[Y_W:0];
        step_slot_q   <= step_slot;
        step_lane_q   <= step_lane;
        row_slot_q    <= row_slot;
        row_lane_q    <= row_lane;
        src_image_q   <= src_image_next;
        dst_image_q   <= dst_image_next;
        origin_slot_q <= origin_slot;
    end
    wire [WORD_W-1:0] next_image = {
        {Y_W{1'b0}}, top_first, {K_W{1'b0}}, origin_slot_q, pool_origin_lanes, dst_image_q, {LANE_W{1'b0}}, src_image_q, dst_image_q
    };
    wire [WORD_W-1:0] next_row = {
        row_inc_q, top_inc_q, {K_W{1'b0}}, step_slot_q, step_lane_q, row_slot_q, row_lane_q, src_image, dst_image
    };
    wire [WORD_W-1:0] same_row = {row, top, kernel_next_q, src_slot, src_lane, dst_slot, dst_lane, src_image, dst_image};
    assign after = !window_end_q ? same_row : image_end_q ? next_image : next_row;

    wire unused = &{1'b0, row_unused, src_image_unused, dst_image_unused, step_lanes[CNT_W], row_lanes[CNT_W], stride[31:Y_W+1]};
endmodule

`default_nettype wire

// seq_fetch: reads the program ahead, hands pool operations on and keeps the next convolution item ready, with its layer and state.
`default_nettype none

module seq_fetch #(
    parameter PC_W        = 8,   // bits of a program address
    parameter LAYER_W     = 4,   // bits of a layer (or pool) index
    parameter POOL_W      = 2,   // bits of a pool index, at most LAYER_W
    parameter TILES_W     = 6,   // bits of an item's tile count, at most 16
    parameter ARR_W       = 4,   // bits of wait_arr, at most 16
    parameter WAIT_POOL_W = 2,   // bits of wait_pool, at most 8
    parameter IN_W        = 6,   // bits of wait_in and free_in
    parameter ENTRY_W     = 32,  // bits of a LAYER word
    parameter STATE_W     = 32,  // bits of a STATE word
    parameter PROG_BITS   = 30   // bits of a PROG word, all fields together
) (
    input  wire                 clk_i,
    input  wire                 rst_i,
    input  wire                 hold_i,         // no further item is fetched
    output wire [PC_W-1:0]      prog_addr_o,    // of the item behind the one in hand
    input  wire [PROG_BITS-1:0] item_i,         // two cycles later
    output wire [PC_W-1:0]      pc_o,           // of the item in hand
    output wire [LAYER_W-1:0]   layer_addr_o,
    input  wire [ENTRY_W-1:0]   entry_i,
    input  wire                 state_we_i,     // a layer's state at the end of its item
    input  wire [STATE_W-1:0]   state_i,
    input  wire                 cur_active_i,   // the item being issued
    input  wire [LAYER_W-1:0]   cur_layer_i,
    input  wire                 pool_full_i,
    output wire                 pool_push_o,    // combinational from pool_full_i
    output wire [POOL_W-1:0]    pool_o,
    output wire [15:0]          pool_dep_o,     // array tiles (program count) to be retired before
    input  wire                 take_i,         // the next item is begun
    output wire                 nxt_valid_o,
    output wire [LAYER_W-1:0]   nxt_layer_o,
    output wire [TILES_W-1:0]   nxt_tiles_o,
    output wire [ARR_W:0]       nxt_arr_o,      // wait_arr + 1
    output wire [IN_W-1:0]      nxt_free_in_o,
    output wire [ENTRY_W-1:0]   nxt_entry_o,
    output wire [STATE_W-1:0]   nxt_state_o,
    output wire [ARR_W:0]       ahead_arr_o,    // wait_arr + 1 of the item that is next in the coming cycle, if one is
    output wire [7:0]           ahead_pool_o,   // pool operations (program count) to be retired before it, less one
    output wire [IN_W:0]        ahead_in_o      // wait_in - 1, signed
);
    // Fields of item_i as item_*, a prog word: printed from hdl/machine/src/tables.rs, do not edit.
    generate if (PROG_BITS != 2 + LAYER_W + TILES_W + ARR_W + WAIT_POOL_W + 2*IN_W) begin : g_check_prog
        ERROR_seq_fetch_PROG_BITS_must_be_the_sum_of_its_fields check ();
    end endgenerate
    wire item_kind = item_i[0];
    wire item_last = item_i[1];
    wire [LAYER_W-1:0] item_layer = item_i[2 +: LAYER_W];
    wire [TILES_W-1:0] item_tiles = item_i[2 + LAYER_W +: TILES_W];
    wire [ARR_W-1:0] item_wait_arr = item_i[2 + LAYER_W + TILES_W +: ARR_W];
    wire [WAIT_POOL_W-1:0] item_wait_pool = item_i[2 + LAYER_W + TILES_W + ARR_W +: WAIT_POOL_W];
    wire [IN_W-1:0] item_wait_in = item_i[2 + LAYER_W + TILES_W + ARR_W + WAIT_POOL_W +: IN_W];
    wire [IN_W-1:0] item_free_in = item_i[2 + LAYER_W + TILES_W + ARR_W + WAIT_POOL_W + IN_W +: IN_W];

    localparam [1:0] ADDR = 2'd0, ITEM = 2'd1, DISPATCH = 2'd2, LAYER = 2'd3;

    generate
        if (POOL_W > LAYER_W) begin : g_check_pool
            ERROR_seq_fetch_POOL_W_must_not_exceed_LAYER_W check ();
        end
        if (TILES_W > 16) begin : g_check_tiles
            ERROR_seq_fetch_TILES_W_must_not_exceed_16 check ();
        end
        if (ARR_W > 16) begin : g_check_arr
            ERROR_seq_fetch_ARR_W_must_not_exceed_16 check ();
        end
        if (WAIT_POOL_W > 8) begin : g_check_wait_pool
            ERROR_seq_fetch_WAIT_POOL_W_must_not_exceed_8 check ();
        end
    endgenerate

    reg [1:0] fetch_q;
    reg [PC_W-1:0] pc_q, ahead_q;
    reg settled_q;  // nothing was held in the last cycle: what item_i shows is prog_addr_o's
    reg [15:0] prog_arr_q;
    reg [7:0] pool_prog_q, item_pool_q;
    reg [ARR_W:0] item_arr_q;
    reg [IN_W:0] item_in_q;
    reg item_kind_q;
    reg [LAYER_W-1:0] item_layer_q;
    reg [TILES_W-1:0] item_tiles_q;
    reg [ARR_W-1:0] item_wait_arr_q;
    reg [WAIT_POOL_W-1:0] item_wait_pool_q;
    reg [IN_W-1:0] item_wait_in_q, item_free_in_q;
    reg nxt_valid_q;
    reg [LAYER_W-1:0] nxt_layer_q;
    reg [TILES_W-1:0] nxt_tiles_q;
    reg [ARR_W:0] nxt_arr_q;
    reg [7:0] nxt_pool_q;
    reg [IN_W:0] nxt_in_q;
    reg [IN_W-1:0] nxt_free_in_q;
    reg [ENTRY_W-1:0] nxt_entry_q;
    reg [STATE_W-1:0] nxt_state_q;

    wire same_nxt = nxt_valid_q && nxt_layer_q == item_layer_q;
    wire same_cur = cur_active_i && cur_layer_i == item_layer_q;
    wire push     = fetch_q == DISPATCH && item_kind_q && !pool_full_i;
    wire load     = fetch_q == LAYER && !nxt_valid_q;

    wire [31:0] tiles_wide     = {{(32 - TILES_W){1'b0}}, item_tiles_q};
    wire [31:0] wait_arr_wide  = {{(32 - ARR_W){1'b0}}, item_wait_arr_q};
    wire [31:0] wait_pool_wide = {{(32 - WAIT_POOL_W){1'b0}}, item_wait_pool_q};

    always @(posedge clk_i) begin
        case (fetch_q)
            ADDR:     if (!hold_i && settled_q) fetch_q <= ITEM;
            ITEM:     fetch_q <= DISPATCH;
            DISPATCH: if (item_kind_q ? push : !same_nxt && !same_cur) fetch_q <= item_kind_q ? ADDR : LAYER;
            default:  if (load) fetch_q <= ADDR;
        endcase
        settled_q <= !hold_i;
        if (fetch_q == ITEM) ahead_q <= item_last ? {PC_W{1'b0}} : pc_q + 1'b1;
        if (push || load) pc_q <= ahead_q;
        if (push) pool_prog_q <= pool_prog_q + 8'd1;
        if (load) prog_arr_q <= prog_arr_q + tiles_wide[15:0];
        if (take_i) nxt_valid_q <= 1'b0;
        if (load) nxt_valid_q <= 1'b1;
        if (fetch_q == ITEM) item_layer_q <= item_layer;
        if (fetch_q == ITEM) item_wait_arr_q <= item_wait_arr;
        if (rst_i) begin
            fetch_q         <= ADDR;
            settled_q       <= 1'b0;
            pc_q            <= {PC_W{1'b0}};
            ahead_q         <= {PC_W{1'b0}};
            prog_arr_q      <= 16'd0;
            pool_prog_q     <= 8'd0;
            nxt_valid_q     <= 1'b0;
            item_layer_q    <= {LAYER_W{1'b0}};
            item_wait_arr_q <= {ARR_W{1'b0}};
        end
    end

    always @(posedge clk_i) if (fetch_q == ITEM) begin
        item_kind_q      <= item_kind;
        item_tiles_q     <= item_tiles;
        item_wait_pool_q <= item_wait_pool;
        item_wait_in_q   <= item_wait_in;
        item_free_in_q   <= item_free_in;
    end

    // In DISPATCH of a convolution pool_prog_q is settled, so what depends on it is there in LAYER.
    always @(posedge clk_i) begin
        item_pool_q <= pool_prog_q + ~wait_pool_wide[7:0];
        item_arr_q  <= {1'b0, item_wait_arr_q} + 1'b1;
        item_in_q   <= {1'b0, item_wait_in_q} - 1'b1;
    end

    // STATE: read as the dispatch is left; the interlock on layers keeps the write of the same word before that.
    (* ram_style = "distributed" *) reg [STATE_W-1:0] state_mem [0:(1<<LAYER_W)-1];
    reg [(1<<LAYER_W)-1:0] state_valid_q;
    reg [STATE_W-1:0] state_read_q;
    reg state_read_valid_q;
    always @(posedge clk_i) begin
        if (state_we_i) state_mem[cur_layer_i] <= state_i;
        state_read_q       <= state_mem[item_layer_q];
        state_read_valid_q <= state_valid_q[item_layer_q];
    end
    genvar l;
    generate
        for (l = 0; l < (1 << LAYER_W); l = l + 1) begin : g_valid
            localparam [31:0] WORD = l;
            always @(posedge clk_i)
                if (rst_i) state_valid_q[l] <= 1'b0;
                else if (state_we_i && cur_layer_i == WORD[LAYER_W-1:0]) state_valid_q[l] <= 1'b1;
        end
    endgenerate

    always @(posedge clk_i) if (load) begin
        nxt_layer_q    <= item_layer_q;
        nxt_tiles_q    <= item_tiles_q;
        nxt_arr_q      <= item_arr_q;
        nxt_pool_q     <= item_pool_q;
        nxt_in_q       <= item_in_q;
        nxt_free_in_q  <= item_free_in_q;
        nxt_entry_q    <= entry_i;
        nxt_state_q    <= state_read_valid_q ? state_read_q : {STATE_W{1'b0}};
    end

    assign prog_addr_o     = ahead_q;
    assign pc_o            = pc_q;
    assign layer_addr_o    = item_layer_q;
    assign pool_push_o     = push;
    assign pool_o          = item_layer_q[POOL_W-1:0];
    assign pool_dep_o      = prog_arr_q - wait_arr_wide[15:0];
    assign nxt_valid_o     = nxt_valid_q;
    assign nxt_layer_o     = nxt_layer_q;
    assign nxt_tiles_o     = nxt_tiles_q;
    assign nxt_arr_o       = nxt_arr_q;
    assign nxt_free_in_o   = nxt_free_in_q;
    assign nxt_entry_o     = nxt_entry_q;
    assign nxt_state_o     = nxt_state_q;
    assign ahead_arr_o     = nxt_valid_q ? nxt_arr_q : item_arr_q;
    assign ahead_pool_o    = nxt_valid_q ? nxt_pool_q : item_pool_q;
    assign ahead_in_o      = nxt_valid_q ? nxt_in_q : item_in_q;

    wire unused = &{1'b0, tiles_wide[31:16], wait_arr_wide[31:16], wait_pool_wide[31:8]};
endmodule

`default_nettype wire

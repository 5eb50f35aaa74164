// code_banks: one weight per column and step out of streams of codes, skewed for the array's top edge.
// Eight columns share a stack of block RAM, four each of its ports. A column reads a word in every fourth cycle at most and decodes
// a symbol a step at most; a word holds four symbols or more.
`default_nettype none

module code_banks #(
    parameter COLS        = 8,      // columns
    parameter GROUPS      = 1,      // stacks, one for 8 columns
    parameter BLOCKS      = 1,      // thousands (1024) of words of the deepest stack
    parameter [16*GROUPS-1:0] FILLED = {GROUPS{16'd1}}, // 16 bits g: thousands of words of stack g
    parameter MUX         = 0,      // stages of multiplexers behind its chunks
    parameter ADDR_W      = 10,     // bits of a word's address
    parameter WGT_DELAY   = 0,      // registers before everything else
    parameter PAIRS       = 0,      // so many pairs of neighbouring columns, the first ones: their weights come together
    parameter PER_LINK    = 3,      // further columns that share a link of the drain chain
    parameter FIFO_W      = 5,      // a column holds 2^FIFO_W words ahead
    parameter BOOK_W      = 6,      // bits of a place in the codebooks
    parameter FORMATS     = 1,      // ways to divide a symbol, 1 to 4
    parameter FORMAT_BITS = 32'h06, // byte f: bits of a code in format f, above them those of a gap
    parameter ROW_BITS    = 168,    // bits of a STREAM word
    parameter CHECK_BITS  = 36,     // bits of a word of all stacks
    parameter BYTE_W      = 3,      // bits of the number of one of its bytes
    parameter WRITTEN     = 0,      // 1: the host writes the stacks
    parameter PREFIX      = ""      // chunk k of stack g is read from PREFIX_gGG_cKK.hex, the codebooks from PREFIX_books.hex
) (
    input  wire                clk_i,
    input  wire                rst_i,
    input  wire                tile_i,         // a pixel tile begins, four cycles before its first step_i
    input  wire [ROW_BITS-1:0] streams_i,      // STREAM's word of its layer, a cycle after tile_i and until the next
    input  wire                step_i,
    output wire [COLS*8-1:0]   w_o,            // column c: WGT_DELAY + 7 + MUX + LAG(c) cycles after step_i
    input  wire [GROUPS-1:0]   write_i,        // stack that takes a pair of words; none without WRITTEN
    input  wire [ADDR_W-1:0]   write_addr_i,   // of the first of them, an even one
    input  wire [71:0]         write_data_i,
    input  wire                check_i,        // a byte of all stacks' words is read for the memory check
    input  wire [ADDR_W-1:0]   check_addr_i,
    input  wire [BYTE_W-1:0]   check_byte_i,
    output wire                check_valid_o,  // it is there, see check_tap
    output wire [7:0]          check_data_o
);
    localparam READ = 3 + MUX;  // cycles from an address to its word
    localparam CONFIG_W = 2 + BOOK_W;
    localparam [ADDR_W-1:0] SECOND = 1;  // of a pair
    localparam ISSUE = 4;  // cycles from tile_i to the first step_i

    generate
        if (COLS < 1 || GROUPS != (COLS + 7) / 8) begin : g_check_cols
            ERROR_code_banks_GROUPS_must_be_COLS_by_8 check ();
        end
        if (ROW_BITS != 2*COLS*ADDR_W + CONFIG_W) begin : g_check_row
            ERROR_code_banks_ROW_BITS_must_be_of_all_columns check ();
        end
        if (CHECK_BITS != 36*GROUPS) begin : g_check_word
            ERROR_code_banks_CHECK_BITS_must_be_36_a_stack check ();
        end
    endgenerate

    reg [1:0] slot_q;
    reg begin_q;  // beside streams_i
    always @(posedge clk_i) begin
        slot_q  <= slot_q + 1'b1;
        begin_q <= tile_i;
        if (rst_i) begin
            slot_q  <= 2'd0;
            begin_q <= 1'b0;
        end
    end

    // For column 0: two cycles before a tile's first step, its layer's format and codebook; its steps.
    wire begins, steps;
    wire [CONFIG_W-1:0] configured;
    delay #(.WIDTH(1), .N(WGT_DELAY + READ + ISSUE), .RESET(1)) begin_delay (
        .clk_i(clk_i), .rst_i(rst_i), .d_i(begin_q), .d_o(begins)
    );
    delay #(.WIDTH(CONFIG_W), .N(WGT_DELAY + READ + ISSUE)) config_delay (
        .clk_i(clk_i), .rst_i(1'b0), .d_i(streams_i[ROW_BITS-1 -: CONFIG_W]), .d_o(configured)
    );
    delay #(.WIDTH(1), .N(WGT_DELAY + READ + 3), .RESET(1)) step_delay (
        .clk_i(clk_i), .rst_i(rst_i), .d_i(step_i), .d_o(steps)
    );

    wire [CHECK_BITS-1:0] checked;
    check_tap #(.WIDTH(CHECK_BITS), .INDEX_W(BYTE_W), .DELAY(READ)) check_bytes (
        .clk_i(clk_i), .valid_i(check_i), .index_i(check_byte_i), .word_i(checked),
        .valid_o(check_valid_o), .byte_o(check_data_o)
    );

    wire [COLS-1:0] pops;
    wire [(CONFIG_W+2)*COLS-1:0] tokens;  // what a column is told: a step, a tile that begins, its layer's format and codebook
    genvar g, p, c;
    generate
        for (g = 0; g < GROUPS; g = g + 1) begin : g_stack
            localparam WIDE = COLS - 8*g < 8 ? COLS - 8*g : 8;
            wire [2*ADDR_W-1:0] addrs;
            wire [71:0] words;
            wire [7:0] pushes;
            wire [1:0] ends;
            code_stack #(
                .BLOCKS(BLOCKS), .FILLED(FILLED[16*g +: 16]), .ADDR_W(ADDR_W), .MUX(MUX), .GROUP(g), .WRITTEN(WRITTEN), .PREFIX(PREFIX)
            ) stack (
                .clk_i(clk_i),
                .a_addr_i(WRITTEN != 0 && write_i[g] ? write_addr_i : check_i ? check_addr_i : addrs[ADDR_W-1:0]),
                .a_data_o(words[35:0]),
                .b_addr_i(WRITTEN != 0 && write_i[g] ? write_addr_i | SECOND : addrs[ADDR_W +: ADDR_W]),
                .b_data_o(words[71:36]),
                .write_i(WRITTEN != 0 && write_i[g]), .write_data_i(write_data_i)
            );
            assign checked[36*g +: 36] = words[35:0];
            for (p = 0; p < 2; p = p + 1) begin : g_port
                localparam HERE  = WIDE - 4*p < 4 ? WIDE - 4*p : 4;
                localparam FIRST = 8*g + 4*p;
                if (HERE > 0) begin : g_there
                    wire [HERE-1:0] push;
                    code_fetch #(.COLS(HERE), .ADDR_W(ADDR_W), .FIFO_W(FIFO_W), .DELAY(READ)) fetch (
                        .clk_i(clk_i), .rst_i(rst_i), .slot_i(slot_q), .begin_i(begin_q),
                        .first_i(streams_i[FIRST*ADDR_W +: HERE*ADDR_W]),
                        .last_i(streams_i[(COLS + FIRST)*ADDR_W +: HERE*ADDR_W]),
                        .pop_i(pops[FIRST +: HERE]),
                        .addr_o(addrs[ADDR_W*p +: ADDR_W]), .push_o(push), .end_o(ends[p])
                    );
                    assign pushes[4*p +: HERE] = push;
                    if (HERE < 4) begin : g_few
                        assign pushes[4*p + HERE +: 4 - HERE] = {(4-HERE){1'b0}};
                    end
                end else begin : g_none
                    assign addrs[ADDR_W*p +: ADDR_W] = {ADDR_W{1'b0}};
                    assign pushes[4*p +: 4] = 4'd0;
                    assign ends[p] = 1'b0;
                end
            end
            for (c = 0; c < WIDE; c = c + 1) begin : g_col
                // As in pe_array: LAG of a pair, else of single column ONE; and the same of the column before.
                localparam COL    = 8*g + c;
                localparam ONE    = COL - 2*PAIRS;
                localparam LAG    = ONE < 0 ? COL/2*3 : 3*PAIRS + (PAIRS > 0 ? 1 : 0) + ONE + ONE/PER_LINK;
                localparam BEFORE = COL == 0 ? 0 : ONE - 1 < 0 ? (COL-1)/2*3 : 3*PAIRS + (PAIRS > 0 ? 1 : 0) + ONE - 1 + (ONE-1)/PER_LINK;
                wire [1:0] told, from;
                wire [CONFIG_W-1:0] told_config, from_config;
                if (COL == 0) begin : g_first
                    assign from = {begins, steps};
                    assign from_config = configured;
                end else begin : g_next
                    assign {from_config, from} = tokens[(CONFIG_W+2)*(COL-1) +: CONFIG_W + 2];
                end
                delay #(.WIDTH(2), .N(LAG - BEFORE), .RESET(1)) token_delay (
                    .clk_i(clk_i), .rst_i(rst_i), .d_i(from), .d_o(told)
                );
                delay #(.WIDTH(CONFIG_W), .N(LAG - BEFORE)) config_delay (
                    .clk_i(clk_i), .rst_i(1'b0), .d_i(from_config), .d_o(told_config)
                );
                assign tokens[(CONFIG_W+2)*COL +: CONFIG_W + 2] = {told_config, told};
                code_column #(
                    .FIFO_W(FIFO_W), .BOOK_W(BOOK_W), .FORMATS(FORMATS), .FORMAT_BITS(FORMAT_BITS), .PREFIX(PREFIX)
                ) column (
                    .clk_i(clk_i), .rst_i(rst_i),
                    .push_i(pushes[c]), .word_i({ends[c/4], words[36*(c/4) +: 36]}), .pop_o(pops[COL]),
                    .begin_i(told[1]), .format_i(told_config[1:0]), .book_i(told_config[CONFIG_W-1:2]),
                    .step_i(told[0]), .w_o(w_o[8*COL +: 8])
                );
            end
            wire unused = &{1'b0, pushes};
        end
    endgenerate

    wire unused = &{1'b0, tokens};
endmodule

`default_nettype wire

// code_memory: one weight per column and step out of streams of codes that the host loads through the input stream, skewed for the
// array's top edge. While load_i is 1 the stream's beats are words; else they pass.
`default_nettype none

module code_memory #(
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
    parameter PAIRS_OF_WORDS = 1,   // of a stack
    parameter IN_BYTES    = 4,      // bytes of a beat
    parameter BEATS       = 3,      // beats of a pair of words, ceil(9 / IN_BYTES)
    parameter PREFIX      = ""      // the codebooks are read from PREFIX_books.hex
) (
    input  wire                clk_i,
    input  wire                rst_i,
    input  wire                load_i,         // stays 1 while words are taken
    input  wire                s_valid_i,
    input  wire [IN_BYTES*8-1:0] s_data_i,
    output wire                s_ready_o,      // combinational from registers, load_i and m_ready_i
    output wire                m_valid_o,      // combinational from s_valid_i and load_i; the data goes beside
    input  wire                m_ready_i,
    output wire                load_word_o,    // for one cycle: a pair of words was taken
    output wire                loaded_o,       // all are taken; stays 1 as load_i does
    input  wire                tile_i,         // a pixel tile begins, four cycles before its first step_i
    input  wire [ROW_BITS-1:0] streams_i,      // STREAM's word of its layer, a cycle after tile_i and until the next
    input  wire                step_i,
    output wire [COLS*8-1:0]   w_o,            // column c: WGT_DELAY + 7 + MUX + LAG(c) cycles after step_i
    input  wire                check_i,        // a byte of all stacks' words is read for the memory check
    input  wire [ADDR_W-1:0]   check_addr_i,
    input  wire [BYTE_W-1:0]   check_byte_i,
    output wire                check_valid_o,  // it is there, see check_tap
    output wire [7:0]          check_data_o
);

    localparam PLACE_W = ADDR_W > 1 ? ADDR_W - 1 : 1;

    wire               loader_ready;
    wire [GROUPS-1:0]  write;
    wire [PLACE_W-1:0] write_place;
    wire [71:0]        write_data;
    wire [PLACE_W:0]   write_addr = {write_place, 1'b0};

    assign s_ready_o = load_i ? loader_ready : m_ready_i;
    assign m_valid_o = s_valid_i && !load_i;

    weight_loader #(
        .GROUPS(GROUPS), .WORDS(PAIRS_OF_WORDS), .ADDR_W(PLACE_W), .IN_BYTES(IN_BYTES), .BEATS(BEATS)
    ) loader (
        .clk_i(clk_i), .rst_i(rst_i), .load_i(load_i),
        .s_valid_i(s_valid_i), .s_data_i(s_data_i), .s_ready_o(loader_ready),
        .write_o(write), .write_addr_o(write_place), .write_data_o(write_data),
        .taken_o(load_word_o), .loaded_o(loaded_o)
    );

    code_banks #(
        .COLS(COLS), .GROUPS(GROUPS), .BLOCKS(BLOCKS), .FILLED(FILLED), .MUX(MUX), .ADDR_W(ADDR_W), .WGT_DELAY(WGT_DELAY), .PAIRS(PAIRS), .PER_LINK(PER_LINK),
        .FIFO_W(FIFO_W), .BOOK_W(BOOK_W), .FORMATS(FORMATS), .FORMAT_BITS(FORMAT_BITS), .ROW_BITS(ROW_BITS),
        .CHECK_BITS(CHECK_BITS), .BYTE_W(BYTE_W), .WRITTEN(1), .PREFIX(PREFIX)
    ) banks (
        .clk_i(clk_i), .rst_i(rst_i), .tile_i(tile_i), .streams_i(streams_i), .step_i(step_i), .w_o(w_o),
        .write_i(write), .write_addr_i(write_addr[ADDR_W-1:0]), .write_data_i(write_data),
        .check_i(check_i), .check_addr_i(check_addr_i), .check_byte_i(check_byte_i),
        .check_valid_o(check_valid_o), .check_data_o(check_data_o)
    );

    wire unused = &{1'b0, write_addr};
endmodule

`default_nettype wire

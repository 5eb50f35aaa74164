// weight_codes: one weight per column and step out of streams of codes that the design has, skewed for the array's top edge.
`default_nettype none

module weight_codes #(
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
    parameter PREFIX      = ""      // chunk k of stack g is read from PREFIX_gGG_cKK.hex, the codebooks from PREFIX_books.hex
) (
    input  wire                clk_i,
    input  wire                rst_i,
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

    code_banks #(
        .COLS(COLS), .GROUPS(GROUPS), .BLOCKS(BLOCKS), .FILLED(FILLED), .MUX(MUX), .ADDR_W(ADDR_W), .WGT_DELAY(WGT_DELAY), .PAIRS(PAIRS), .PER_LINK(PER_LINK),
        .FIFO_W(FIFO_W), .BOOK_W(BOOK_W), .FORMATS(FORMATS), .FORMAT_BITS(FORMAT_BITS), .ROW_BITS(ROW_BITS),
        .CHECK_BITS(CHECK_BITS), .BYTE_W(BYTE_W), .WRITTEN(0), .PREFIX(PREFIX)
    ) banks (
        .clk_i(clk_i), .rst_i(rst_i), .tile_i(tile_i), .streams_i(streams_i), .step_i(step_i), .w_o(w_o),
        .write_i({GROUPS{1'b0}}), .write_addr_i({ADDR_W{1'b0}}), .write_data_i(72'd0),
        .check_i(check_i), .check_addr_i(check_addr_i), .check_byte_i(check_byte_i),
        .check_valid_o(check_valid_o), .check_data_o(check_data_o)
    );
endmodule

`default_nettype wire

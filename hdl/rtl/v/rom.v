// rom: a read-only table with registered outputs, filled from a hex file; the memory check reads it byte by byte.
`default_nettype none

module rom #(
    parameter WIDTH  = 8,   // bits of a word
    parameter DEPTH  = 16,  // words, one line each in the file
    parameter ADDR_W = 4,   // address bits, 2^ADDR_W >= DEPTH
    parameter BLOCK  = 0,   // 1: block RAM, of numbered words their numbers; 0: distributed RAM
    parameter LATENCY = 1,  // cycles from an address to its word, 1 or 2
    parameter BYTE_W = 1,   // bits of a byte's number in a word
    parameter INIT   = "", // $readmemh file
    parameter WORDS  = 0,  // words that differ, one line each in the file, and the table as their numbers; 0: as the words themselves
    parameter NUMBER_W = 1,  // bits of such a number
    parameter NUMBERS = ""   // $readmemh file of the numbers
) (
    input  wire              clk_i,
    input  wire              rst_i,
    input  wire [ADDR_W-1:0] addr_i,
    output wire [WIDTH-1:0]  data_o,        // the word of the address LATENCY cycles before
    input  wire              check_i,       // a byte is read for the memory check, in place of addr_i's word:
    input  wire [ADDR_W-1:0] check_addr_i,
    input  wire [BYTE_W-1:0] check_byte_i,
    output wire              check_valid_o, // it is there, see check_tap
    output wire [7:0]        check_data_o
);
    wire [ADDR_W-1:0] addr = check_i ? check_addr_i : addr_i;
    wire [WIDTH-1:0]  tap;

    generate
        if (WIDTH < 1) begin : g_check_width
            ERROR_rom_WIDTH_must_be_positive check ();
        end
        if (DEPTH < 1 || (1 << ADDR_W) < DEPTH) begin : g_check_addr
            ERROR_rom_ADDR_W_too_small check ();
        end
        if (LATENCY < 1 || LATENCY > 2) begin : g_check_latency
            ERROR_rom_LATENCY_must_be_1_or_2 check ();
        end
        if (WORDS != 0 && LATENCY != 2) begin : g_check_words
            ERROR_rom_WORDS_are_read_in_two_cycles check ();
        end
        if (WORDS != 0) begin : g_numbered
            // A register between both tables cuts the longest path of a large program.
            reg [NUMBER_W-1:0] number_q;
            if (BLOCK != 0) begin : g_block
                (* rom_style = "block" *) reg [NUMBER_W-1:0] number [0:DEPTH-1];
                initial if (NUMBERS != "") $readmemh(NUMBERS, number);
                always @(posedge clk_i) number_q <= number[addr];
            end else begin : g_distributed
`ifdef YOSYS
                (* rom_style = "logic" *)
`else
                (* rom_style = "distributed" *)
`endif
                reg [NUMBER_W-1:0] number [0:DEPTH-1];
                initial if (NUMBERS != "") $readmemh(NUMBERS, number);
                always @(posedge clk_i) number_q <= number[addr];
            end
`ifdef YOSYS
            (* rom_style = "logic" *)
`else
            (* rom_style = "distributed" *)
`endif
            reg [WIDTH-1:0] mem [0:WORDS-1];
            initial if (INIT != "") $readmemh(INIT, mem);
            reg [WIDTH-1:0] data_q;
            always @(posedge clk_i) data_q <= mem[number_q];
            assign data_o = data_q;
            assign tap    = data_q;
        end else begin : g_words
            wire [WIDTH-1:0] word;  // registered once
            if (BLOCK != 0) begin : g_block
                (* rom_style = "block" *) reg [WIDTH-1:0] mem [0:DEPTH-1];
                reg [WIDTH-1:0] data_q;
                initial if (INIT != "") $readmemh(INIT, mem);
                always @(posedge clk_i) data_q <= mem[addr];
                assign word = data_q;
            end else begin : g_distributed
`ifdef YOSYS
                // Yosys keeps its distributed RAM for memories that are written.
                (* rom_style = "logic" *)
`else
                (* rom_style = "distributed" *)
`endif
                reg [WIDTH-1:0] mem [0:DEPTH-1];
                reg [WIDTH-1:0] data_q;
                initial if (INIT != "") $readmemh(INIT, mem);
                always @(posedge clk_i) data_q <= mem[addr];
                assign word = data_q;
            end
            if (BLOCK != 0 || LATENCY == 2) begin : g_late
                // What leaves block RAM is slow: the check looks at it a cycle later.
                reg [WIDTH-1:0] late_q;
                always @(posedge clk_i) late_q <= word;
                assign data_o = LATENCY == 2 ? late_q : word;
                assign tap    = late_q;
            end else begin : g_early
                assign data_o = word;
                assign tap    = word;
            end
        end
    endgenerate

    check_tap #(.WIDTH(WIDTH), .INDEX_W(BYTE_W), .DELAY(BLOCK != 0 || LATENCY == 2 ? 2 : 1)) check_bytes (
        .clk_i(clk_i), .valid_i(check_i), .index_i(check_byte_i), .word_i(tap),
        .valid_o(check_valid_o), .byte_o(check_data_o)
    );

    wire unused = rst_i;
endmodule

`default_nettype wire

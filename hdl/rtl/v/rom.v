// rom: a read-only table with a registered output, filled from a hex file; the memory check reads it byte by byte.
`default_nettype none

module rom #(
    parameter WIDTH  = 8,   // bits of a word
    parameter DEPTH  = 16,  // words, one line each in the file
    parameter ADDR_W = 4,   // address bits, 2^ADDR_W >= DEPTH
    parameter BLOCK  = 0,   // 1: block RAM, 0: distributed RAM
    parameter BYTE_W = 1,   // bits of a byte's number in a word
    parameter INIT   = "", // $readmemh file
    parameter WORDS  = 0,  // words that differ, one line each in the file, and the table as their numbers; 0: as the words themselves
    parameter NUMBER_W = 1,  // bits of such a number
    parameter NUMBERS = ""   // $readmemh file of the numbers
) (
    input  wire              clk_i,
    input  wire              rst_i,
    input  wire [ADDR_W-1:0] addr_i,
    output wire [WIDTH-1:0]  data_o,        // the word of the previous cycle's address
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
        if (BLOCK != 0) begin : g_block
            (* rom_style = "block" *) reg [WIDTH-1:0] mem [0:DEPTH-1];
            reg [WIDTH-1:0] data_q;
            initial if (INIT != "") $readmemh(INIT, mem);
            // What leaves block RAM is slow: the check looks at it a cycle later.
            reg [WIDTH-1:0] tap_q;
            always @(posedge clk_i) data_q <= mem[addr];
            always @(posedge clk_i) tap_q <= data_q;
            assign data_o = data_q;
            assign tap    = tap_q;
        end else if (WORDS != 0) begin : g_numbered
`ifdef YOSYS
            (* rom_style = "logic" *)
`else
            (* rom_style = "distributed" *)
`endif
            reg [NUMBER_W-1:0] number [0:DEPTH-1];
`ifdef YOSYS
            (* rom_style = "logic" *)
`else
            (* rom_style = "distributed" *)
`endif
            reg [WIDTH-1:0] mem [0:WORDS-1];
            reg [WIDTH-1:0] data_q;
            initial if (NUMBERS != "") $readmemh(NUMBERS, number);
            initial if (INIT != "") $readmemh(INIT, mem);
            always @(posedge clk_i) data_q <= mem[number[addr]];
            assign data_o = data_q;
            assign tap    = data_q;
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
            assign data_o = data_q;
            assign tap    = data_q;
        end
    endgenerate

    check_tap #(.WIDTH(WIDTH), .INDEX_W(BYTE_W), .DELAY(BLOCK != 0 ? 2 : 1)) check_bytes (
        .clk_i(clk_i), .valid_i(check_i), .index_i(check_byte_i), .word_i(tap),
        .valid_o(check_valid_o), .byte_o(check_data_o)
    );

    wire unused = rst_i;
endmodule

`default_nettype wire

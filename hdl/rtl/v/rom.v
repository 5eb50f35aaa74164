// rom: a read-only table with a registered output, filled from a hex file.
`default_nettype none

module rom #(
    parameter WIDTH  = 8,   // bits of a word
    parameter DEPTH  = 16,  // words, one line each in the file
    parameter ADDR_W = 4,   // address bits, 2^ADDR_W >= DEPTH
    parameter BLOCK  = 0,   // 1: block RAM, 0: distributed RAM
    parameter INIT   = ""  // $readmemh file
) (
    input  wire              clk_i,
    input  wire              rst_i,
    input  wire [ADDR_W-1:0] addr_i,
    output wire [WIDTH-1:0]  data_o   // the word of the previous cycle's address
);
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
            always @(posedge clk_i) data_q <= mem[addr_i];
            assign data_o = data_q;
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
            always @(posedge clk_i) data_q <= mem[addr_i];
            assign data_o = data_q;
        end
    endgenerate

    wire unused = rst_i;
endmodule

`default_nettype wire

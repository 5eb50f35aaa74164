// weight_ram: a chunk of a column group's weights that the host writes, in block RAM or UltraRAM; read when enabled.
`default_nettype none

module weight_ram #(
    parameter WIDTH  = 72,    // bits of a word
    parameter DEPTH  = 4096,  // words, a power of two
    parameter ADDR_W = 12,    // clog2(DEPTH)
    parameter ULTRA  = 0      // 1: UltraRAM
) (
    input  wire              clk_i,
    input  wire              en_i,
    input  wire [ADDR_W-1:0] addr_i,
    output wire [WIDTH-1:0]  data_o,   // the word of the last enabled cycle's address, as it was before a write in that cycle
    input  wire              write_i,
    input  wire [ADDR_W-1:0] write_addr_i,
    input  wire [WIDTH-1:0]  write_data_i
);
    generate
        if ((1 << ADDR_W) != DEPTH) begin : g_check_depth
            ERROR_weight_ram_DEPTH_must_be_2_to_ADDR_W check ();
        end
    endgenerate

    reg [WIDTH-1:0] data_q;
    generate
        if (ULTRA != 0) begin : g_ultra
            (* ram_style = "ultra" *) reg [WIDTH-1:0] mem [0:DEPTH-1];
            always @(posedge clk_i) begin
                if (write_i) mem[write_addr_i] <= write_data_i;
                if (en_i) data_q <= mem[addr_i];
            end
        end else begin : g_block
            (* ram_style = "block" *) reg [WIDTH-1:0] mem [0:DEPTH-1];
            always @(posedge clk_i) begin
                if (write_i) mem[write_addr_i] <= write_data_i;
                if (en_i) data_q <= mem[addr_i];
            end
        end
    endgenerate
    assign data_o = data_q;
endmodule

`default_nettype wire

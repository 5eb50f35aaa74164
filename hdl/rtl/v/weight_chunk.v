// weight_chunk: one block-RAM chunk of a column group's weights, read when enabled.
`default_nettype none

module weight_chunk #(
    parameter WIDTH  = 72,    // bits of a word
    parameter DEPTH  = 4096,  // words, a power of two
    parameter ADDR_W = 12,    // clog2(DEPTH)
    parameter INIT   = ""  // $readmemh file with exactly DEPTH lines
) (
    input  wire              clk_i,
    input  wire              en_i,
    input  wire [ADDR_W-1:0] addr_i,
    output wire [WIDTH-1:0]  data_o  // the word of the last enabled cycle's address
);
    generate
        if ((1 << ADDR_W) != DEPTH) begin : g_check_depth
            ERROR_weight_chunk_DEPTH_must_be_2_to_ADDR_W check ();
        end
    endgenerate

    (* ram_style = "block" *) reg [WIDTH-1:0] mem [0:DEPTH-1];
    reg [WIDTH-1:0] data_q;
    initial if (INIT != "") $readmemh(INIT, mem);
    always @(posedge clk_i) if (en_i) data_q <= mem[addr_i];
    assign data_o = data_q;
endmodule

`default_nettype wire

// wide_rom: a table of more than 18 bits with the register that follows it, as the machine's parameters are read.
`default_nettype none

module wide_rom #(
    parameter WIDTH  = 39,   // bits of a word
    parameter DEPTH  = 440,  // words
    parameter ADDR_W = 9,    // bits of an address
    parameter INIT   = ""    // $readmemh file
) (
    input  wire              clk_i,
    input  wire [ADDR_W-1:0] addr_i,
    output wire [WIDTH-1:0]  data_o  // two cycles after addr_i
);
    wire [WIDTH-1:0] data;
    reg [WIDTH-1:0] data_q;
    rom #(.WIDTH(WIDTH), .DEPTH(DEPTH), .ADDR_W(ADDR_W), .BLOCK(1), .INIT(INIT)) table_rom (
        .clk_i(clk_i), .rst_i(1'b0), .addr_i(addr_i), .data_o(data)
    );
    always @(posedge clk_i) data_q <= data;
    assign data_o = data_q;
endmodule

`default_nettype wire

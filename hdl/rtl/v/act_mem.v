// act_mem: the activation memory, one bank per row; both ports have an address per bank.
`default_nettype none

module act_mem #(
    parameter ROWS   = 4,     // banks
    parameter DEPTH  = 4096,  // words of 8 bits in a bank
    parameter ADDR_W = 12     // address bits, 2^ADDR_W >= DEPTH
) (
    input  wire                   clk_i,
    input  wire                   rst_i,
    input  wire [ROWS*ADDR_W-1:0] a_addr_i,
    output wire [ROWS*8-1:0]      a_data_o,  // two cycles after a_addr_i
    input  wire [ROWS*ADDR_W-1:0] b_addr_i,
    input  wire [ROWS-1:0]        b_we_i,    // 1: the bank writes b_data_i, 0: it reads
    input  wire [ROWS*8-1:0]      b_data_i,
    output wire [ROWS*8-1:0]      b_data_o   // two cycles after b_addr_i; a write leaves it as it was
);
    genvar r;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_bank
            act_bank #(.DEPTH(DEPTH), .ADDR_W(ADDR_W)) bank (
                .clk_i(clk_i),
                .a_addr_i(a_addr_i[r*ADDR_W +: ADDR_W]),
                .a_data_o(a_data_o[r*8 +: 8]),
                .b_addr_i(b_addr_i[r*ADDR_W +: ADDR_W]),
                .b_we_i(b_we_i[r]),
                .b_data_i(b_data_i[r*8 +: 8]),
                .b_data_o(b_data_o[r*8 +: 8])
            );
        end
    endgenerate

    wire unused = rst_i;
endmodule

`default_nettype wire

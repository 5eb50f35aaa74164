// sum_bank: one bank of class sums, one port writes, one reads.
`default_nettype none

module sum_bank #(
    parameter DEPTH  = 16,  // sums of 32 bits
    parameter ADDR_W = 4,   // address bits, 2^ADDR_W >= DEPTH
    parameter BLOCK  = 0    // 1: block RAM, 0: distributed RAM
) (
    input  wire              clk_i,
    input  wire              we_i,
    input  wire [ADDR_W-1:0] write_addr_i,
    input  wire [31:0]       data_i,
    input  wire              read_i,
    input  wire [ADDR_W-1:0] read_addr_i,
    output wire [31:0]       data_o  // the word of the last cycle with read_i
);
    generate
        if (DEPTH < 1 || (1 << ADDR_W) < DEPTH) begin : g_check_addr
            ERROR_sum_bank_ADDR_W_too_small check ();
        end
        if (BLOCK != 0) begin : g_block
            (* ram_style = "block" *) reg [31:0] mem [0:DEPTH-1];
            reg [31:0] data_q;
            always @(posedge clk_i) begin
                if (we_i) mem[write_addr_i] <= data_i;
                if (read_i) data_q <= mem[read_addr_i];
            end
            assign data_o = data_q;
        end else begin : g_distributed
            (* ram_style = "distributed" *) reg [31:0] mem [0:DEPTH-1];
            reg [31:0] data_q;
            always @(posedge clk_i) begin
                if (we_i) mem[write_addr_i] <= data_i;
                if (read_i) data_q <= mem[read_addr_i];
            end
            assign data_o = data_q;
        end
    endgenerate
endmodule

`default_nettype wire

// code_ram: a chunk of a stack of coded weights: block RAM that is read at both ports, with initial contents or written by the host.
`default_nettype none

module code_ram #(
    parameter ADDR_W  = 12,  // bits of an address, 2^ADDR_W words of 36 bits
    parameter WRITTEN = 0,   // 1: the host writes it, a pair of words at a time
    parameter INIT    = ""   // $readmemh file with exactly 2^ADDR_W lines; none with WRITTEN
) (
    input  wire              clk_i,
    input  wire              a_en_i,
    input  wire [ADDR_W-1:0] a_addr_i,
    output wire [35:0]       a_data_o,    // the word of the last enabled cycle's address
    input  wire              b_en_i,
    input  wire [ADDR_W-1:0] b_addr_i,
    output wire [35:0]       b_data_o,
    input  wire              write_i,     // both ports write, each at its address; they differ
    input  wire [35:0]       a_write_data_i,
    input  wire [35:0]       b_write_data_i
);
    (* ram_style = "block" *) reg [35:0] mem [0:(1<<ADDR_W)-1];
    reg [35:0] a_data_q, b_data_q;
    generate
        if (WRITTEN != 0) begin : g_written
            always @(posedge clk_i) if (a_en_i) begin
                if (write_i) mem[a_addr_i] <= a_write_data_i;
                else a_data_q <= mem[a_addr_i];
            end
            always @(posedge clk_i) if (b_en_i) begin
                if (write_i) mem[b_addr_i] <= b_write_data_i;
                else b_data_q <= mem[b_addr_i];
            end
        end else begin : g_initial
            initial if (INIT != "") $readmemh(INIT, mem);
            always @(posedge clk_i) if (a_en_i) a_data_q <= mem[a_addr_i];
            always @(posedge clk_i) if (b_en_i) b_data_q <= mem[b_addr_i];
            wire unused = &{1'b0, write_i, a_write_data_i, b_write_data_i};
        end
    endgenerate
    assign a_data_o = a_data_q;
    assign b_data_o = b_data_q;
endmodule

`default_nettype wire

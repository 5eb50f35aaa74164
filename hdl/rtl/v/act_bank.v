// act_bank: one bank of activation memory, port A reads, port B reads or writes. Data two cycles after the address.
`default_nettype none

module act_bank #(
    parameter DEPTH  = 4096,  // words of 8 bits
    parameter ADDR_W = 12     // address bits, 2^ADDR_W >= DEPTH
) (
    input  wire              clk_i,
    input  wire [ADDR_W-1:0] a_addr_i,
    output wire [7:0]        a_data_o,
    input  wire [ADDR_W-1:0] b_addr_i,
    input  wire              b_we_i,
    input  wire [7:0]        b_data_i,
    output wire [7:0]        b_data_o
);
    generate
        if (DEPTH < 1 || (1 << ADDR_W) < DEPTH) begin : g_check_addr
            ERROR_act_bank_ADDR_W_too_small check ();
        end
    endgenerate

    (* ram_style = "block" *) reg [7:0] mem [0:DEPTH-1];
    // Memories of a chip start as zeros. Layers that add nothing multiply by 0 what is read beside their masked pixels, and in a
    // simulator of four states 0 times x is x.
    integer word;
    initial for (word = 0; word < DEPTH; word = word + 1) mem[word] = 8'd0;

    reg [7:0] a_read_q, a_out_q, b_read_q, b_out_q;

    always @(posedge clk_i) begin
        a_read_q <= mem[a_addr_i];
`ifdef YOSYS
        // Nobody uses a word read while it is written: spares Yosys the emulation of the old word. Others know the template as it is.
        if (b_we_i && b_addr_i == a_addr_i) a_read_q <= 8'hxx;
`endif
`ifdef ASSERT
        // The same, shown: whoever used the word would compute another result.
        if (b_we_i && b_addr_i == a_addr_i) a_read_q <= ~mem[a_addr_i];
`endif
        a_out_q <= a_read_q;
    end

    // A write leaves the read register alone (NO_CHANGE).
    always @(posedge clk_i) begin
        if (b_we_i) mem[b_addr_i] <= b_data_i;
        else        b_read_q <= mem[b_addr_i];
        b_out_q <= b_read_q;
    end

    assign a_data_o = a_out_q;
    assign b_data_o = b_out_q;
endmodule

`default_nettype wire

// pool_fifo: the result FIFO: words of results that poolings take as they come, in the order in which the array computes them. Room for
// them is the planner's care.
`default_nettype none

module pool_fifo #(
    parameter WORDS = 16,  // words, a power of two, at least 2; 0: there is no FIFO
    parameter BLOCK = 0,   // 1: block RAM, 0: distributed RAM
    parameter WIDTH = 32   // bits of a word
) (
    input  wire             clk_i,
    input  wire             rst_i,
    input  wire             push_i,
    input  wire [WIDTH-1:0] data_i,
    output wire             there_o,  // a word waits
    input  wire             pop_i,    // it goes with this cycle
    output wire [WIDTH-1:0] data_o    // the word that waited three cycles before
);
    generate
        if (WORDS == 0) begin : g_none
            assign there_o = 1'b0;
            assign data_o  = {WIDTH{1'b0}};
            wire unused = &{1'b0, clk_i, rst_i, push_i, data_i, pop_i};
        end else begin : g_words
            localparam LEN_W = $clog2(WORDS);
            if (WORDS < 2 || (1 << LEN_W) != WORDS) begin : g_check
                ERROR_pool_fifo_WORDS_must_be_a_power_of_two check ();
            end
            reg [LEN_W-1:0] put_q, take_q, addr_q;
            reg [LEN_W:0] count_q;
            reg [WIDTH-1:0] word_q, out_q;
            if (BLOCK != 0) begin : g_block
                (* ram_style = "block" *) reg [WIDTH-1:0] mem [0:WORDS-1];
                always @(posedge clk_i) begin
                    if (push_i) mem[put_q] <= data_i;
                    word_q <= mem[addr_q];
                end
            end else begin : g_distributed
                (* ram_style = "distributed" *) reg [WIDTH-1:0] mem [0:WORDS-1];
                always @(posedge clk_i) begin
                    if (push_i) mem[put_q] <= data_i;
                    word_q <= mem[addr_q];
                end
            end
            always @(posedge clk_i) begin
                addr_q  <= take_q;
                out_q   <= word_q;
                put_q   <= put_q + {{(LEN_W-1){1'b0}}, push_i};
                take_q  <= take_q + {{(LEN_W-1){1'b0}}, pop_i};
                count_q <= count_q + {{LEN_W{1'b0}}, push_i} - {{LEN_W{1'b0}}, pop_i};
                if (rst_i) begin
                    put_q   <= {LEN_W{1'b0}};
                    take_q  <= {LEN_W{1'b0}};
                    count_q <= {(LEN_W+1){1'b0}};
                end
            end
            assign there_o = count_q != {(LEN_W+1){1'b0}};
            assign data_o  = out_q;

`ifdef ASSERT
            // Ends a simulation in which something does not hold that always does.
            reg armed_q;  // a reset was seen
            initial armed_q = 1'b0;
            always @(posedge clk_i) begin
                armed_q <= armed_q || rst_i;
                if (armed_q && !rst_i) begin
                    if (!(!push_i || !count_q[LEN_W])) begin
                        $display("%m: the result FIFO overflows");
                        $stop;
                    end
                    if (!(!pop_i || there_o)) begin
                        $display("%m: a word is taken that is not there");
                        $stop;
                    end
                end
            end
`endif
        end
    endgenerate
endmodule

`default_nettype wire

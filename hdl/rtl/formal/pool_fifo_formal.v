// pool_fifo_formal: the result FIFO, pushed while there is room and popped while a word is there, at any times.
`default_nettype none

module pool_fifo_formal #(
    parameter WORDS = 4,  // words, a power of two
    parameter BLOCK = 0,  // 1: block RAM
    parameter WIDTH = 2   // bits of a word
) (
    input  wire             clk_i,
    input  wire             rst_i,
    input  wire             mark_i,
    input  wire             push_i,
    input  wire [WIDTH-1:0] data_i,
    input  wire             pop_i,
    output wire             cover_full_o,
    output wire             cover_left_o
);
    localparam [31:0] ROOM = WORDS;
    wire there, left, some, full;
    wire [WIDTH-1:0] data;

    reg [31:0] count_q;  // words that wait
    wire push = push_i && count_q < ROOM;
    wire pop  = pop_i && there;
    always @(posedge clk_i) count_q <= rst_i ? 32'd0 : count_q + {31'd0, push} - {31'd0, pop};

    pool_fifo #(.WORDS(WORDS), .BLOCK(BLOCK), .WIDTH(WIDTH)) dut (
        .clk_i(clk_i), .rst_i(rst_i), .push_i(push), .data_i(data_i), .there_o(there), .pop_i(pop), .data_o(data)
    );

    // A word is at the output three cycles after it was popped.
    reg [2:0] popped_q;
    always @(posedge clk_i) popped_q <= rst_i ? 3'd0 : {popped_q[1:0], pop};
    fifo_watch #(.WIDTH(WIDTH), .ROOM(WORDS + 2)) words (
        .clk_i(clk_i), .rst_i(rst_i), .mark_i(mark_i), .push_i(push), .push_data_i(data_i),
        .pop_i(popped_q[2]), .pop_data_i(data), .some_o(some), .full_o(full), .left_o(left)
    );
    assign cover_full_o = count_q == ROOM;
    assign cover_left_o = left;
    wire unused = &{1'b0, some, full};

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        if (armed_q && !rst_i) begin
            if (!(there == (count_q != 32'd0))) begin
                $display("%m: a word that waits is not there, or one is there that does not wait");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

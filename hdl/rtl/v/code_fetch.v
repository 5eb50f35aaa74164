// code_fetch: reads the words of up to four columns' streams through one port of a stack, each in every fourth cycle.
`default_nettype none

module code_fetch #(
    parameter COLS   = 4,   // columns, 1 to 4
    parameter ADDR_W = 10,  // bits of an address
    parameter FIFO_W = 5,   // a column holds 2^FIFO_W words ahead
    parameter DELAY  = 4    // cycles from an address to its word at the columns
) (
    input  wire                   clk_i,
    input  wire                   rst_i,
    input  wire [1:0]             slot_i,   // the column whose turn it is
    input  wire                   begin_i,  // a pixel tile begins: all columns start at first_i; no sooner than four cycles after the last
    input  wire [COLS*ADDR_W-1:0] first_i,  // from begin_i on until the next
    input  wire [COLS*ADDR_W-1:0] last_i,   // the streams' last words
    input  wire [COLS-1:0]        pop_i,    // a column took a word
    output wire [ADDR_W-1:0]      addr_o,   // combinational from registers
    output wire [COLS-1:0]        push_o,   // the column's word arrives, DELAY cycles after its address
    output wire                   end_o     // it is the last of its stream
);
    generate
        if (COLS < 1 || COLS > 4) begin : g_check_cols
            ERROR_code_fetch_COLS_must_be_1_to_4 check ();
        end
    endgenerate

    reg [COLS-1:0] starts_q, runs_q, room_q;  // starts_q: the turn that its tile began before has not come
    wire [4*ADDR_W-1:0] nexts, firsts, lasts;
    wire [3:0] starts, runs, rooms;

    // A stream's first word, or the one behind its last; columns that are not there stand still.
    wire [ADDR_W-1:0] next, first, last;
    code_choice #(.WIDTH(ADDR_W)) next_choice (.sel_i(slot_i), .data_i(nexts), .data_o(next));
    code_choice #(.WIDTH(ADDR_W)) first_choice (.sel_i(slot_i), .data_i(firsts), .data_o(first));
    code_choice #(.WIDTH(ADDR_W)) last_choice (.sel_i(slot_i), .data_i(lasts), .data_o(last));
    wire start = starts[slot_i];
    wire go    = (start || runs[slot_i]) && rooms[slot_i];
    wire ends  = addr_o == last;
    assign addr_o = start ? first : next;

    genvar c;
    generate
        for (c = 0; c < 4; c = c + 1) begin : g_col
            localparam [31:0] COL = c;
            if (c < COLS) begin : g_there
                wire turn = slot_i == COL[1:0];
                reg [ADDR_W-1:0] next_q;
                reg [FIFO_W:0] held_q;  // words in the FIFO and on their way
                wire [FIFO_W:0] held = held_q + {{FIFO_W{1'b0}}, turn && go} - {{FIFO_W{1'b0}}, pop_i[c]};
                always @(posedge clk_i) begin
                    if (turn && go) next_q <= addr_o + 1'b1;
                    if (turn && go) runs_q[c] <= !ends;
                    starts_q[c] <= starts[c] && !(turn && go);
                    held_q <= held;
                    room_q[c] <= !held[FIFO_W];
                    if (rst_i) begin
                        runs_q[c]   <= 1'b0;
                        starts_q[c] <= 1'b0;
                        held_q      <= {(FIFO_W+1){1'b0}};
                        room_q[c]   <= 1'b1;
                    end
                end
                assign nexts[c*ADDR_W +: ADDR_W]  = next_q;
                assign firsts[c*ADDR_W +: ADDR_W] = first_i[c*ADDR_W +: ADDR_W];
                assign lasts[c*ADDR_W +: ADDR_W]  = last_i[c*ADDR_W +: ADDR_W];
                assign starts[c] = begin_i || starts_q[c];
                assign runs[c]   = runs_q[c];
                assign rooms[c]  = room_q[c];
`ifdef ASSERT
                reg armed_q;  // a reset was seen
                initial armed_q = 1'b0;
                always @(posedge clk_i) begin
                    armed_q <= armed_q || rst_i;
                    if (armed_q && !rst_i) begin
                        if (!(!begin_i || !starts_q[c])) begin
                            $display("%m: a tile begins before the one ahead of it was begun");
                            $stop;
                        end
                        if (!(!starts[c] || !turn || !runs_q[c])) begin
                            $display("%m: a tile begins before the words of the one ahead of it were read");
                            $stop;
                        end
                        if (!(!starts[c] || !turn || room_q[c])) begin
                            $display("%m: a tile begins without room for its first word");
                            $stop;
                        end
                    end
                end
`endif
            end else begin : g_none
                assign nexts[c*ADDR_W +: ADDR_W]  = {ADDR_W{1'b0}};
                assign firsts[c*ADDR_W +: ADDR_W] = {ADDR_W{1'b0}};
                assign lasts[c*ADDR_W +: ADDR_W]  = {ADDR_W{1'b0}};
                assign {starts[c], runs[c], rooms[c]} = 3'd0;
            end
        end
    endgenerate

    wire valid;
    wire [1:0] slot;
    delay #(.WIDTH(1), .N(DELAY), .RESET(1)) valid_delay (.clk_i(clk_i), .rst_i(rst_i), .d_i(go), .d_o(valid));
    delay #(.WIDTH(3), .N(DELAY)) slot_delay (.clk_i(clk_i), .rst_i(1'b0), .d_i({ends, slot_i}), .d_o({end_o, slot}));
    generate
        for (c = 0; c < COLS; c = c + 1) begin : g_push
            localparam [31:0] COL = c;
            assign push_o[c] = valid && slot == COL[1:0];
        end
    endgenerate
endmodule

`default_nettype wire

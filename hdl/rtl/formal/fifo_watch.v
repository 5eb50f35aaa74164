// fifo_watch: follows one item, any one, through what it passes: items leave in order, unchanged, once, and none that did not enter.
`default_nettype none

module fifo_watch #(
    parameter WIDTH = 8,  // bits of an item
    parameter ROOM  = 2   // most items that are inside at once
) (
    input  wire             clk_i,
    input  wire             rst_i,
    input  wire             mark_i,       // follow what enters now, if nothing was followed since reset
    input  wire             push_i,
    input  wire [WIDTH-1:0] push_data_i,
    input  wire             pop_i,        // may be that of what enters now
    input  wire [WIDTH-1:0] pop_data_i,
    output wire             some_o,       // an item is inside
    output wire             full_o,       // ROOM items are
    output wire             left_o        // the item that is followed has left
);
    localparam [31:0] LIMIT = ROOM;
    localparam LEVEL_W = $clog2(ROOM + 2);

    reg [LEVEL_W-1:0] level_q, ahead_q;
    reg seen_q, inside_q;
    reg [WIDTH-1:0] data_q;
    wire empty  = level_q == {LEVEL_W{1'b0}};
    wire enters = push_i && mark_i && !seen_q;
    wire leaves = pop_i && (inside_q ? ahead_q == {LEVEL_W{1'b0}} : enters && empty);
    wire [WIDTH-1:0] followed = inside_q ? data_q : push_data_i;

    always @(posedge clk_i) begin
        level_q  <= level_q + {{(LEVEL_W-1){1'b0}}, push_i} - {{(LEVEL_W-1){1'b0}}, pop_i};
        seen_q   <= seen_q || enters;
        inside_q <= (inside_q || enters) && !leaves;
        ahead_q  <= (inside_q ? ahead_q : level_q) - {{(LEVEL_W-1){1'b0}}, pop_i};
        if (enters) data_q <= push_data_i;
        if (rst_i) begin
            level_q  <= {LEVEL_W{1'b0}};
            seen_q   <= 1'b0;
            inside_q <= 1'b0;
        end
    end

    assign some_o = !empty;
    assign full_o = level_q == LIMIT[LEVEL_W-1:0];
    assign left_o = seen_q && !inside_q;

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        if (armed_q && !rst_i) begin
            if (!(!leaves || pop_data_i == followed)) begin
                $display("%m: what leaves is not what entered in its place");
                $stop;
            end
            if (!(!pop_i || push_i || !empty)) begin
                $display("%m: something leaves that did not enter");
                $stop;
            end
            if (!(level_q <= LIMIT[LEVEL_W-1:0])) begin
                $display("%m: more is inside than there is room for");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

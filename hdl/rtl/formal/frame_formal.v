// frame_formal: frames of any bytes from frame_tx to frame_rx, over a line that stalls at any time: the same bytes, and good at the end.
`default_nettype none

module frame_formal #(
    parameter MOST = 2  // bytes of a frame, at most
) (
    input  wire       clk_i,
    input  wire       rst_i,
    input  wire       mark_i,
    input  wire [7:0] data_i,
    input  wire       valid_i,
    input  wire       last_i,
    input  wire       ready_i,
    output wire       cover_good_o,
    output wire       cover_left_o
);
    localparam [31:0] MOST_LAST = MOST - 1;
    wire ready, line_valid, valid, over, good;
    wire [7:0] line, data;

    // What is offered stays until it is taken.
    reg waits_q, last_q;
    reg [7:0] data_q;
    reg [3:0] count_q;
    wire offered    = waits_q || valid_i;
    wire last       = waits_q ? last_q : last_i || count_q == MOST_LAST[3:0];
    wire [7:0] byte_now = waits_q ? data_q : data_i;
    wire taken      = offered && ready;
    always @(posedge clk_i) begin
        waits_q <= offered && !ready && !rst_i;
        last_q  <= last;
        data_q  <= byte_now;
        if (taken) count_q <= last ? 4'd0 : count_q + 4'd1;
        if (rst_i) count_q <= 4'd0;
    end
    frame_tx tx (
        .clk_i(clk_i), .rst_i(rst_i), .data_i(byte_now), .valid_i(offered), .last_i(last), .ready_o(ready),
        .data_o(line), .valid_o(line_valid), .ready_i(ready_i)
    );
    frame_rx rx (
        .clk_i(clk_i), .rst_i(rst_i), .data_i(line), .valid_i(line_valid && ready_i), .data_o(data), .valid_o(valid), .end_o(over), .good_o(good)
    );

    // Bytes that come out of the frame: those of the body, then four of the CRC, then the end.
    reg [3:0] body_q, out_q;  // bytes that went in and came out
    reg whole_q;              // the frame's last byte is in
    wire is_body = out_q < body_q;
    wire some, full, left;
    always @(posedge clk_i) begin
        if (taken) body_q <= body_q + 4'd1;
        if (taken && last) whole_q <= 1'b1;
        if (valid) out_q <= out_q + 4'd1;
        if (rst_i || over) begin
            body_q  <= {3'd0, taken && !rst_i};
            out_q   <= 4'd0;
            whole_q <= taken && last && !rst_i;
        end
    end
    fifo_watch #(.WIDTH(8), .ROOM(4)) bytes (
        .clk_i(clk_i), .rst_i(rst_i), .mark_i(mark_i), .push_i(taken), .push_data_i(byte_now), .pop_i(valid && is_body), .pop_data_i(data),
        .some_o(some), .full_o(full), .left_o(left)
    );
    assign cover_good_o = over && good;
    assign cover_left_o = left;
    wire unused = &{1'b0, full};

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        if (armed_q && !rst_i) begin
            if (!(!over || good)) begin
                $display("%m: a frame that was sent is not good");
                $stop;
            end
            if (!(!over || (whole_q && !some && out_q == body_q + 4'd4))) begin
                $display("%m: a frame ends before its last byte, or has not four bytes more than were sent");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

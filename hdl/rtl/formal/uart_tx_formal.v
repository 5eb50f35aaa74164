// uart_tx_formal: bytes at any times: on the line stand a start bit, eight data bits and a stop bit, each for its time.
`default_nettype none

module uart_tx_formal #(
    parameter DIVIDER = 4  // clock cycles per bit
) (
    input  wire       clk_i,
    input  wire       rst_i,
    input  wire [7:0] data_i,
    input  wire       valid_i,
    output wire       cover_second_o
);
    localparam [31:0] BIT_LAST = DIVIDER - 1;
    wire ready, tx;
    uart_tx #(.DIVIDER(DIVIDER)) dut (.clk_i(clk_i), .rst_i(rst_i), .data_i(data_i), .valid_i(valid_i), .ready_o(ready), .tx_o(tx));

    reg sends_q, second_q;
    reg [3:0] bit_q;
    reg [15:0] count_q;
    reg [7:0] data_q;
    wire over  = count_q == BIT_LAST[15:0];
    wire level = bit_q == 4'd0 ? 1'b0 : bit_q == 4'd9 ? 1'b1 : data_q[bit_q[2:0] - 3'd1];
    always @(posedge clk_i) begin
        if (sends_q) begin
            count_q <= over ? 16'd0 : count_q + 16'd1;
            if (over) bit_q <= bit_q + 4'd1;
            if (over && bit_q == 4'd9) sends_q <= 1'b0;
        end
        if (valid_i && ready) begin
            sends_q <= 1'b1;
            bit_q   <= 4'd0;
            count_q <= 16'd0;
            data_q  <= data_i;
        end
        second_q <= !rst_i && (second_q || (sends_q && over && bit_q == 4'd9));
        if (rst_i) sends_q <= 1'b0;
    end
    assign cover_second_o = second_q && sends_q && bit_q == 4'd9;

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        if (armed_q && !rst_i) begin
            if (!(ready == !sends_q)) begin
                $display("%m: a byte is refused though none is sent, or taken while one is");
                $stop;
            end
            if (!(tx == (!sends_q || level))) begin
                $display("%m: the line is not as its bit says");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

// uart_rx_formal: a line of anything at all, breaks among it, then a pause of the length of a frame, then bytes of a sender whose clock is
// not the receiver's: what came before is forgotten, and each byte arrives once and unchanged.
`default_nettype none

module uart_rx_formal #(
    parameter DIVIDER = 4,   // clock cycles per bit of the receiver
    parameter SENDER  = 4,   // clock cycles per bit of the sender
    parameter NOISE   = 1    // 0: no noise before
) (
    input  wire       clk_i,
    input  wire       rst_i,
    input  wire       noise_i,    // the line, while it is noisy
    input  wire       quiet_i,    // the noise is over
    input  wire [7:0] data_i,
    input  wire       valid_i,
    output wire       cover_second_o,
    output wire       cover_noise_o
);
    localparam [31:0] FRAME = 10 * DIVIDER, BIT_LAST = SENDER - 1, LATE = SENDER * 10 + 4, SOON = SENDER + 2;
    wire rx_valid;
    wire [7:0] rx_data;

    // The line.
    reg noisy_q, sends_q;
    reg [15:0] pause_q, count_q;
    reg [3:0] bit_q;
    reg [7:0] data_q;
    wire over  = count_q == BIT_LAST[15:0];
    wire level = bit_q == 4'd0 ? 1'b0 : bit_q == 4'd9 ? 1'b1 : data_q[bit_q[2:0] - 3'd1];
    wire rest  = !noisy_q && pause_q == FRAME[15:0];
    wire ends  = sends_q && over && bit_q == 4'd9;
    wire takes = rest && valid_i && (!sends_q || ends);
    wire line  = noisy_q ? noise_i : !sends_q || level;
    always @(posedge clk_i) begin
        if (quiet_i) noisy_q <= 1'b0;
        if (!noisy_q && pause_q != FRAME[15:0]) pause_q <= pause_q + 16'd1;
        if (sends_q) begin
            count_q <= over ? 16'd0 : count_q + 16'd1;
            if (over) bit_q <= bit_q + 4'd1;
            if (ends) sends_q <= 1'b0;
        end
        if (takes) begin
            sends_q <= 1'b1;
            bit_q   <= 4'd0;
            count_q <= 16'd0;
            data_q  <= data_i;
        end
        if (rst_i) begin
            noisy_q <= NOISE != 0;
            pause_q <= NOISE != 0 ? 16'd0 : FRAME[15:0];
            sends_q <= 1'b0;
        end
    end

    uart_rx #(.DIVIDER(DIVIDER)) dut (.clk_i(clk_i), .rst_i(rst_i), .rx_i(line), .data_o(rx_data), .valid_o(rx_valid));

    reg owed_q, second_q, noise_seen_q, apart_q;
    reg [7:0] owed_data_q;
    reg [15:0] age_q, gap_q;
    always @(posedge clk_i) begin
        if (rx_valid) owed_q <= 1'b0;
        if (sends_q && bit_q == 4'd9 && count_q == 16'd0) begin
            owed_q      <= 1'b1;
            owed_data_q <= data_q;
            age_q       <= 16'd0;
        end else age_q <= age_q + 16'd1;
        gap_q   <= rx_valid ? 16'd0 : gap_q == LATE[15:0] ? gap_q : gap_q + 16'd1;
        apart_q <= apart_q || rx_valid;
        second_q     <= second_q || (rest && rx_valid);
        noise_seen_q <= noise_seen_q || (noisy_q && rx_valid);
        if (rst_i) begin
            owed_q       <= 1'b0;
            second_q     <= 1'b0;
            noise_seen_q <= 1'b0;
            apart_q      <= 1'b0;
            gap_q        <= 16'd0;
        end
    end
    assign cover_second_o = second_q && rx_valid && !noisy_q;
    assign cover_noise_o  = noise_seen_q && second_q;

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        if (armed_q && !rst_i) begin
            if (!(!rest || !rx_valid || owed_q)) begin
                $display("%m: a byte arrives that was not sent, or one twice");
                $stop;
            end
            if (!(!rest || !rx_valid || !owed_q || rx_data == owed_data_q)) begin
                $display("%m: a byte arrives that is not the one that was sent");
                $stop;
            end
            if (!(!owed_q || age_q <= SOON[15:0])) begin
                $display("%m: a byte does not arrive by the end of its frame and what the line's registers take");
                $stop;
            end
            // From the middle of a start bit to the middle of the stop bit are nine bits, and the next start is a bit's half later.
            if (!(NOISE == 0 || !apart_q || !rx_valid || {16'd0, gap_q} >= 9 * DIVIDER)) begin
                $display("%m: two bytes arrive within less than a frame");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

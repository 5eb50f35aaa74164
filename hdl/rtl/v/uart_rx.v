// uart_rx: bytes from a serial line: 8 data bits, no parity, one stop bit. A byte without its stop bit is dropped.
`default_nettype none

module uart_rx #(
    parameter DIVIDER = 16  // clock cycles per bit, 4 to 65535
) (
    input  wire       clk_i,
    input  wire       rst_i,
    input  wire       rx_i,    // the line, of no clock; high at rest
    output wire [7:0] data_o,
    output wire       valid_o  // for one cycle per byte
);
    localparam [31:0] FULL = DIVIDER - 1;
    localparam [31:0] HALF = DIVIDER / 2 - 1;
    localparam [3:0]  STOP = 4'd9;

    generate
        if (DIVIDER < 4 || DIVIDER > 65535) begin : g_check_divider
            ERROR_uart_rx_DIVIDER_must_be_4_to_65535 check ();
        end
    endgenerate

    (* ASYNC_REG = "TRUE" *) reg [1:0] line_q;
    reg        busy_q, valid_q;
    reg [3:0]  bit_q;
    reg [15:0] count_q;
    reg [7:0]  shift_q;

    wire line   = line_q[1];
    wire sample = busy_q && count_q == 16'd0;

    always @(posedge clk_i) begin
        line_q  <= {line_q[0], rx_i};
        valid_q <= sample && bit_q == STOP && line;
        if (!busy_q) begin
            busy_q  <= !line;
            count_q <= HALF[15:0];
            bit_q   <= 4'd0;
        end else if (sample) begin
            count_q <= FULL[15:0];
            bit_q   <= bit_q + 4'd1;
            if (bit_q == 4'd0) busy_q <= !line;  // else it was a glitch
            else if (bit_q == STOP) busy_q <= 1'b0;
            else shift_q <= {line, shift_q[7:1]};
        end else begin
            count_q <= count_q - 16'd1;
        end
        if (rst_i) begin
            line_q  <= 2'b11;
            busy_q  <= 1'b0;
            valid_q <= 1'b0;
        end
    end

    assign data_o  = shift_q;
    assign valid_o = valid_q;
endmodule

`default_nettype wire

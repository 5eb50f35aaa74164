// uart_tx: bytes onto a serial line: 8 data bits, no parity, one stop bit.
`default_nettype none

module uart_tx #(
    parameter DIVIDER = 16  // clock cycles per bit, 4 to 65535
) (
    input  wire       clk_i,
    input  wire       rst_i,
    input  wire [7:0] data_i,
    input  wire       valid_i,
    output wire       ready_o,
    output wire       tx_o      // the line, from a register; high at rest
);
    localparam [31:0] FULL = DIVIDER - 1;

    generate
        if (DIVIDER < 4 || DIVIDER > 65535) begin : g_check_divider
            ERROR_uart_tx_DIVIDER_must_be_4_to_65535 check ();
        end
    endgenerate

    reg [9:0]  shift_q;  // what is still to be sent, the bit on the line first
    reg [3:0]  left_q;   // bits, the one on the line among them
    reg [15:0] count_q;

    // High from the start: a low line would be a byte to the other end.
    initial shift_q = 10'h3ff;

    always @(posedge clk_i) begin
        if (left_q == 4'd0) begin
            count_q <= FULL[15:0];
            if (valid_i) begin
                shift_q <= {1'b1, data_i, 1'b0};
                left_q  <= 4'd10;
            end
        end else if (count_q == 16'd0) begin
            count_q <= FULL[15:0];
            shift_q <= {1'b1, shift_q[9:1]};
            left_q  <= left_q - 4'd1;
        end else begin
            count_q <= count_q - 16'd1;
        end
        if (rst_i) begin
            shift_q <= 10'h3ff;
            left_q  <= 4'd0;
        end
    end

    assign ready_o = left_q == 4'd0;
    assign tx_o    = shift_q[0];
endmodule

`default_nettype wire

// frame_rx: a line's bytes to the bytes of frames: ends found, pairs undone, the CRC checked. See docs/devices/uart.md.
`default_nettype none

module frame_rx (
    input  wire       clk_i,
    input  wire       rst_i,
    input  wire [7:0] data_i,
    input  wire       valid_i,
    output wire [7:0] data_o,   // a byte of the frame, its CRC among them, a cycle after it came
    output wire       valid_o,
    output wire       end_o,    // the frame is over, two cycles after its end came
    output wire       good_o    // with end_o: and intact
);
    // Printed from hdl/machine/src/serial.rs; do not edit.
    localparam [7:0] END = 8'hc0;
    localparam [7:0] ESCAPE = 8'hdb;
    localparam [7:0] ESCAPED_END = 8'hdc;
    localparam [7:0] ESCAPED_ESCAPE = 8'hdd;

    wire [31:0] crc;
    wire        intact;
    reg         begun_q, escaped_q, broken_q, valid_q, over_q, ended_q, sound_q, end_q, good_q;
    reg [7:0]   data_q;

    wire       over   = valid_i && data_i == END;
    wire       escape = valid_i && data_i == ESCAPE && !escaped_q;
    wire       plain  = valid_i && !over && !escape;
    wire       legal  = !escaped_q || data_i == ESCAPED_END || data_i == ESCAPED_ESCAPE;
    wire [7:0] value  = !escaped_q ? data_i : data_i == ESCAPED_END ? END : ESCAPE;

    frame_crc check (
        .clk_i    (clk_i),
        .rst_i    (rst_i || over_q),
        .data_i   (data_q),
        .valid_i  (valid_q),
        .crc_o    (crc),
        .intact_o (intact)
    );

    always @(posedge clk_i) begin
        valid_q <= plain;
        over_q  <= over;
        ended_q <= over && begun_q;
        sound_q <= !escaped_q && !broken_q;
        end_q   <= ended_q;
        good_q  <= ended_q && sound_q && intact;
        if (plain) data_q <= value;
        if (rst_i || over) begin
            begun_q   <= 1'b0;
            escaped_q <= 1'b0;
            broken_q  <= 1'b0;
        end else if (valid_i) begin
            begun_q   <= 1'b1;
            escaped_q <= escape;
            broken_q  <= broken_q || plain && !legal;
        end
        if (rst_i) begin
            valid_q <= 1'b0;
            over_q  <= 1'b0;
            ended_q <= 1'b0;
            end_q   <= 1'b0;
            good_q  <= 1'b0;
        end
    end

    assign data_o  = data_q;
    assign valid_o = valid_q;
    assign end_o   = end_q;
    assign good_o  = good_q;

    wire unused_crc = &{1'b0, crc};
endmodule

`default_nettype wire

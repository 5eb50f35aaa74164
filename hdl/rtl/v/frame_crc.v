// frame_crc: the CRC-32 of IEEE 802.3 over the bytes since reset.
`default_nettype none

module frame_crc (
    input  wire        clk_i,
    input  wire        rst_i,     // no byte yet
    input  wire [7:0]  data_i,
    input  wire        valid_i,
    output wire [31:0] crc_o,     // to be sent, the low byte first
    output wire        intact_o   // the bytes end with their own CRC
);
    // Printed from hdl/machine/src/serial.rs; do not edit.
    localparam [31:0] POLYNOMIAL = 32'hedb88320;
    localparam [31:0] RESIDUE = 32'hdebb20e3;

    reg [31:0] crc_q;
    reg [31:0] next;
    integer    i;

    always @* begin
        next = crc_q ^ {24'd0, data_i};
        for (i = 0; i < 8; i = i + 1) next = {1'b0, next[31:1]} ^ (next[0] ? POLYNOMIAL : 32'd0);
    end

    always @(posedge clk_i) begin
        if (rst_i) crc_q <= 32'hffffffff;
        else if (valid_i) crc_q <= next;
    end

    assign crc_o    = ~crc_q;
    assign intact_o = crc_q == RESIDUE;
endmodule

`default_nettype wire

// frame_crc: in place of the CRC a short one that tells orders and numbers of bytes apart too; the real one has a proof of its own.
`default_nettype none

module frame_crc (
    input  wire        clk_i,
    input  wire        rst_i,
    input  wire [7:0]  data_i,
    input  wire        valid_i,
    output wire [31:0] crc_o,
    output wire        intact_o
);
    localparam [4:0] POLYNOMIAL = 5'h12;  // x^5 + x^2 + 1, the low bit the highest power
    localparam [4:0] START = 5'h1f;
    reg [4:0] crc_q;
    reg [19:0] before_q;  // of one, two, three and four bytes before
    reg [31:0] bytes_q;   // the last four, the first of them lowest
    always @(posedge clk_i) begin
        if (valid_i) begin
            crc_q    <= {1'b0, crc_q[4:1]} ^ (crc_q[0] ^ ^data_i ? POLYNOMIAL : 5'd0);
            before_q <= {before_q[14:0], crc_q};
            bytes_q  <= {data_i, bytes_q[31:8]};
        end
        if (rst_i) begin
            crc_q    <= START;
            before_q <= {4{START}};
            bytes_q  <= 32'hffffffff;
        end
    end
    assign crc_o    = {27'd0, crc_q};
    assign intact_o = bytes_q == {27'd0, before_q[19:15]};
endmodule

`default_nettype wire

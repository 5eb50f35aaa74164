// frame_crc_formal: the CRC against one that takes a bit at a time, and the sign that the bytes end with their own.
`default_nettype none

module frame_crc_formal #(
    parameter POLYNOMIAL = 1,  // the low bit the highest power
    parameter RESIDUE    = 0   // what bytes with their own CRC leave
) (
    input  wire       clk_i,
    input  wire       rst_i,
    input  wire [7:0] data_i,
    input  wire       valid_i,
    output wire       cover_intact_o
);
    localparam [31:0] FEEDBACK = POLYNOMIAL, LEFT = RESIDUE;

    reg [31:0] crc_q, next;
    integer i;
    always @* begin
        next = crc_q;
        for (i = 0; i < 8; i = i + 1) next = (next >> 1) ^ (next[0] ^ data_i[i] ? FEEDBACK : 32'd0);
    end
    reg valid_q;
    always @(posedge clk_i) begin
        valid_q <= valid_i && !rst_i;
        if (rst_i) crc_q <= 32'hffffffff;
        else if (valid_i) crc_q <= next;
    end
    wire [31:0] crc;
    wire intact;
    frame_crc dut (.clk_i(clk_i), .rst_i(rst_i), .data_i(data_i), .valid_i(valid_i), .crc_o(crc), .intact_o(intact));
    assign cover_intact_o = intact && valid_q;

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        if (armed_q && !rst_i) begin
            if (!(crc == ~crc_q)) begin
                $display("%m: the CRC is not that of the bits");
                $stop;
            end
            if (!(intact == (crc_q == LEFT))) begin
                $display("%m: bytes are called intact that do not end with their CRC, or the other way round");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

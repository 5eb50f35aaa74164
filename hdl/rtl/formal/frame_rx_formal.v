// frame_rx_formal: any bytes at all on the line: what comes out is what the pairs stand for, frame by frame, and a frame is good if and only
// if its pairs are legal and its CRC is right. So whatever came before an end, the frame behind it is not spoiled by it.
`default_nettype none

module frame_rx_formal #(
    parameter END_BYTE      = 0,  // of the line: a frame's end
    parameter ESCAPE_BYTE   = 1,  // a pair's first
    parameter END_SECOND    = 2,  // a pair's second, for an end
    parameter ESCAPE_SECOND = 3   // for a pair's first
) (
    input  wire       clk_i,
    input  wire       rst_i,
    input  wire [7:0] data_i,
    input  wire       valid_i,
    output wire       cover_good_o,
    output wire       cover_bad_o
);
    localparam [31:0] ENDS = END_BYTE, ESCAPES = ESCAPE_BYTE, ENDS_SECOND = END_SECOND, ESCAPES_SECOND = ESCAPE_SECOND;
    localparam [7:0] END = ENDS[7:0], ESCAPE = ESCAPES[7:0], ESCAPED_END = ENDS_SECOND[7:0], ESCAPED_ESCAPE = ESCAPES_SECOND[7:0];

    wire valid, over, good;
    wire [7:0] data;
    frame_rx dut (.clk_i(clk_i), .rst_i(rst_i), .data_i(data_i), .valid_i(valid_i), .data_o(data), .valid_o(valid), .end_o(over), .good_o(good));

    // Two bytes of the line at a time: the one before and this one. A pair's first byte gives nothing.
    reg pair_q;    // the byte before began a pair
    reg some_q;    // of this frame a byte came
    reg spoilt_q;  // a pair was none
    reg out_q, out_end_q, out_sound_q, end_q, sound_q;
    reg [7:0] out_data_q;
    wire [7:0] meant = !pair_q ? data_i : data_i == ESCAPED_END ? END : ESCAPE;
    wire none = pair_q && data_i != ESCAPED_END && data_i != ESCAPED_ESCAPE;
    always @(posedge clk_i) begin
        out_q     <= 1'b0;
        out_end_q <= 1'b0;
        if (valid_i && data_i == END) begin
            out_end_q   <= some_q;
            out_sound_q <= !pair_q && !spoilt_q;
            some_q      <= 1'b0;
            pair_q      <= 1'b0;
            spoilt_q    <= 1'b0;
        end else if (valid_i) begin
            some_q <= 1'b1;
            pair_q <= !pair_q && data_i == ESCAPE;
            if (pair_q || data_i != ESCAPE) begin
                out_q      <= 1'b1;
                out_data_q <= meant;
                spoilt_q   <= spoilt_q || none;
            end
        end
        end_q   <= out_end_q;
        sound_q <= out_sound_q;
        if (rst_i) begin
            some_q    <= 1'b0;
            pair_q    <= 1'b0;
            spoilt_q  <= 1'b0;
            out_q     <= 1'b0;
            out_end_q <= 1'b0;
            end_q     <= 1'b0;
        end
    end

    // The CRC of what came out in this frame.
    reg ended_q;
    wire intact;
    wire [31:0] crc;
    reg intact_q;
    always @(posedge clk_i) begin
        ended_q  <= valid_i && data_i == END;
        intact_q <= intact;
    end
    frame_crc check (.clk_i(clk_i), .rst_i(rst_i || ended_q), .data_i(data), .valid_i(valid), .crc_o(crc), .intact_o(intact));
    assign cover_good_o = over && good;
    assign cover_bad_o  = over && !good;
    wire unused = &{1'b0, crc};

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        if (armed_q && !rst_i) begin
            if (!(valid == out_q && (!valid || data == out_data_q))) begin
                $display("%m: a byte is not what its pair stands for");
                $stop;
            end
            if (!(over == end_q)) begin
                $display("%m: a frame ends without bytes, or one with bytes does not end");
                $stop;
            end
            if (!(!over || good == (sound_q && intact_q))) begin
                $display("%m: a frame is good whose pairs are not legal or whose CRC is wrong, or bad though all is right");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

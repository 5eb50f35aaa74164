// loop_back_formal: beats that go back in parts, and beats that pass, under any stalls and any changes of loop_i between beats.
`default_nettype none

module loop_back_formal #(
    parameter IN_BYTES = 6  // bytes of an input beat
) (
    input  wire                  clk_i,
    input  wire                  rst_i,
    input  wire                  loop_i,
    input  wire                  s_valid_i,
    input  wire [IN_BYTES*8-1:0] s_data_i,
    input  wire                  s_last_i,
    input  wire                  m_ready_i,
    input  wire                  back_ready_i,
    output wire                  cover_beat_o,
    output wire                  cover_pass_o
);
    localparam PARTS = (IN_BYTES + 3) / 4;
    localparam [31:0] LAST = PARTS - 1;
    localparam SPARE = PARTS * 4 - IN_BYTES;  // bytes of zeros
    wire s_ready, m_valid, back_valid, back_last;
    wire [31:0] back_data;

    // A beat that waits stays, as a stream's does.
    reg waits_q, last_q;
    reg [IN_BYTES*8-1:0] data_q;
    wire s_valid = waits_q || s_valid_i;
    wire s_last  = waits_q ? last_q : s_last_i;
    wire [IN_BYTES*8-1:0] s_data = waits_q ? data_q : s_data_i;
    always @(posedge clk_i) begin
        waits_q <= s_valid && !s_ready && !rst_i;
        last_q  <= s_last;
        data_q  <= s_data;
    end

    loop_back #(.IN_BYTES(IN_BYTES)) dut (
        .clk_i(clk_i), .rst_i(rst_i), .loop_i(loop_i), .s_valid_i(s_valid), .s_ready_o(s_ready), .s_data_i(s_data), .s_last_i(s_last),
        .m_valid_o(m_valid), .m_ready_i(m_ready_i), .back_valid_o(back_valid), .back_ready_i(back_ready_i),
        .back_data_o(back_data), .back_last_o(back_last)
    );

    // Parts of the present beat that went back, and what of the beat is still to go.
    reg [31:0] part_q;
    reg [PARTS*32-1:0] rest_q;
    wire [PARTS*32:0] whole = {{(SPARE*8+1){1'b0}}, s_data};
    wire [PARTS*32-1:0] rest = part_q == 32'd0 ? whole[PARTS*32-1:0] : rest_q;
    wire goes  = back_valid && back_ready_i;
    wire taken = s_valid && s_ready;
    always @(posedge clk_i) begin
        if (goes) begin
            part_q <= part_q == LAST ? 32'd0 : part_q + 32'd1;
            rest_q <= rest >> 32;
        end
        if (rst_i || !loop_i) part_q <= 32'd0;
    end
    reg beat_q, pass_q;
    always @(posedge clk_i) begin
        beat_q <= goes && taken && s_last;
        pass_q <= taken && m_valid;
    end
    assign cover_beat_o = beat_q;
    assign cover_pass_o = pass_q;
    wire unused = whole[PARTS*32];

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        if (armed_q && !rst_i) begin
            if (!(!back_valid || back_data == rest[31:0])) begin
                $display("%m: a part is not the next four bytes of its beat, or not filled up with zeros");
                $stop;
            end
            if (!(!back_valid || back_last == (s_last && part_q == LAST))) begin
                $display("%m: TLAST is not that of the last part");
                $stop;
            end
            if (!(!loop_i || taken == (goes && part_q == LAST))) begin
                $display("%m: a beat is not taken with its last part");
                $stop;
            end
            if (!(back_valid == (s_valid && loop_i) && m_valid == (s_valid && !loop_i))) begin
                $display("%m: a beat is not offered to one side alone");
                $stop;
            end
            if (!(loop_i || s_ready == m_ready_i)) begin
                $display("%m: a beat that passes is stalled by itself");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

// skid_formal: a skid buffer under any stalls on both sides, and any resets.
`default_nettype none

module skid_formal #(
    parameter WIDTH = 4  // bits of a beat
) (
    input  wire             clk_i,
    input  wire             rst_i,
    input  wire             mark_i,
    input  wire             s_valid_i,
    input  wire [WIDTH-1:0] s_data_i,
    input  wire             m_ready_i,
    output wire             cover_full_o,
    output wire             cover_left_o
);
    wire s_ready, m_valid, some, full, left;
    wire [WIDTH-1:0] m_data;

    skid #(.WIDTH(WIDTH)) dut (
        .clk_i(clk_i), .rst_i(rst_i), .s_valid_i(s_valid_i), .s_ready_o(s_ready), .s_data_i(s_data_i),
        .m_valid_o(m_valid), .m_ready_i(m_ready_i), .m_data_o(m_data)
    );
    fifo_watch #(.WIDTH(WIDTH), .ROOM(2)) beats (
        .clk_i(clk_i), .rst_i(rst_i), .mark_i(mark_i), .push_i(s_valid_i && s_ready), .push_data_i(s_data_i),
        .pop_i(m_valid && m_ready_i), .pop_data_i(m_data), .some_o(some), .full_o(full), .left_o(left)
    );
    assign cover_full_o = full;
    assign cover_left_o = left;

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        if (armed_q && !rst_i) begin
            if (!(m_valid == some)) begin
                $display("%m: a beat is inside and not offered at once");
                $stop;
            end
            if (!(s_ready != full)) begin
                $display("%m: a beat is refused though there is room");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

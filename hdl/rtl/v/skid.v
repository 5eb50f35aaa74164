// skid: a stream buffer of two registers; ready, valid and data all leave from registers.
`default_nettype none

module skid #(
    parameter WIDTH = 8  // bits of a beat
) (
    input  wire             clk_i,
    input  wire             rst_i,
    input  wire             s_valid_i,
    output wire             s_ready_o,
    input  wire [WIDTH-1:0] s_data_i,
    output wire             m_valid_o,  // one cycle after the beat was accepted, at the earliest
    input  wire             m_ready_i,
    output wire [WIDTH-1:0] m_data_o
);
    reg valid_q, spare_valid_q;
    reg [WIDTH-1:0] data_q, spare_q;

    wire accept = s_valid_i & ~spare_valid_q;
    wire free = m_ready_i | ~valid_q;

    always @(posedge clk_i) begin
        if (free) begin
            valid_q       <= accept | spare_valid_q;
            if (accept | spare_valid_q) data_q <= spare_valid_q ? spare_q : s_data_i;
            spare_valid_q <= 1'b0;
        end else if (accept) begin
            spare_q       <= s_data_i;
            spare_valid_q <= 1'b1;
        end
        if (rst_i) begin
            valid_q       <= 1'b0;
            spare_valid_q <= 1'b0;
        end
    end

    assign s_ready_o = ~spare_valid_q;
    assign m_valid_o = valid_q;
    assign m_data_o  = data_q;

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    reg stalled_q;
    reg [WIDTH-1:0] shown_q;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        stalled_q <= m_valid_o && !m_ready_i && !rst_i;
        shown_q   <= m_data_o;
        if (armed_q && !rst_i) begin
            if (!(!stalled_q || (m_valid_o && m_data_o == shown_q))) begin
                $display("%m: a beat changed or vanished while it was stalled");
                $stop;
            end
            if (!(valid_q || !spare_valid_q)) begin
                $display("%m: the second register holds a beat and the first none");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

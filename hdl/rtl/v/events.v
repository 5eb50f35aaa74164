// events: what happens at the streams, as pulses for the registers to count, and whether an image is in flight.
`default_nettype none

module events #(
    parameter BEAT_W   = 6,  // bits of a beat's number in its image
    parameter IMAGES_W = 8   // bits of the count of images in flight
) (
    input  wire              clk_i,
    input  wire              rst_i,
    input  wire              s_valid_i,       // input pins
    input  wire              s_ready_i,
    input  wire              beat_valid_i,    // from the skid buffer to the collector
    input  wire              beat_ready_i,
    input  wire [BEAT_W-1:0] beat_i,          // number of the coming beat in its image
    input  wire              err_early_i,     // the collector's errors, high until reset
    input  wire              err_late_i,
    input  wire              loop_i,          // output beats are no results
    input  wire              m_valid_i,       // output pins
    input  wire              m_ready_i,
    input  wire              m_last_i,
    output wire              in_beat_o,       // all one cycle late
    output wire              out_beat_o,
    output wire              blocked_o,       // an output beat waits
    output wire              image_done_o,    // a result's last beat was taken
    output wire              tlast_early_o,   // for one cycle
    output wire              tlast_late_o,
    output wire              dropped_o,       // a beat was taken after an error
    output wire              result_ready_o,  // an output beat was there
    output wire              busy_o           // an image's first beat is in the collector, its last result beat is not out
);
    reg in_beat_q, out_beat_q, blocked_q, image_done_q, dropped_q, result_ready_q;
    reg err_early_q, err_late_q, tlast_early_q, tlast_late_q, begins_q, busy_q;
    reg [IMAGES_W-1:0] images_q;

    wire taken  = beat_valid_i && beat_ready_i;
    wire failed = err_early_i || err_late_i;
    wire begins = taken && !failed && beat_i == {BEAT_W{1'b0}};
    wire out    = m_valid_i && m_ready_i;
    wire ends   = out && m_last_i && !loop_i;
    wire [IMAGES_W-1:0] images = images_q + {{(IMAGES_W-1){1'b0}}, begins_q} - {{(IMAGES_W-1){1'b0}}, image_done_q};

    always @(posedge clk_i) begin
        in_beat_q      <= s_valid_i && s_ready_i;
        out_beat_q     <= out;
        blocked_q      <= m_valid_i && !m_ready_i;
        image_done_q   <= ends;
        dropped_q      <= taken && failed;
        result_ready_q <= m_valid_i;
        err_early_q    <= err_early_i;
        err_late_q     <= err_late_i;
        tlast_early_q  <= err_early_i && !err_early_q;
        tlast_late_q   <= err_late_i && !err_late_q;
        begins_q       <= begins;
        images_q       <= images;
        busy_q         <= images != {IMAGES_W{1'b0}};
        if (rst_i) begin
            in_beat_q      <= 1'b0;
            out_beat_q     <= 1'b0;
            blocked_q      <= 1'b0;
            image_done_q   <= 1'b0;
            dropped_q      <= 1'b0;
            result_ready_q <= 1'b0;
            err_early_q    <= 1'b0;
            err_late_q     <= 1'b0;
            tlast_early_q  <= 1'b0;
            tlast_late_q   <= 1'b0;
            begins_q       <= 1'b0;
            images_q       <= {IMAGES_W{1'b0}};
            busy_q         <= 1'b0;
        end
    end

    assign in_beat_o      = in_beat_q;
    assign out_beat_o     = out_beat_q;
    assign blocked_o      = blocked_q;
    assign image_done_o   = image_done_q;
    assign tlast_early_o  = tlast_early_q;
    assign tlast_late_o   = tlast_late_q;
    assign dropped_o      = dropped_q;
    assign result_ready_o = result_ready_q;
    assign busy_o         = busy_q;
endmodule

`default_nettype wire

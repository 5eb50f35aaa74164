// loop_back: sends input beats back as output beats of 32 bits, for the host to test the link with.
`default_nettype none

module loop_back #(
    parameter IN_BYTES = 4  // bytes of an input beat
) (
    input  wire                  clk_i,
    input  wire                  rst_i,
    input  wire                  loop_i,        // beats go back; otherwise they pass
    input  wire                  s_valid_i,
    output wire                  s_ready_o,
    input  wire [IN_BYTES*8-1:0] s_data_i,
    input  wire                  s_last_i,
    output wire                  m_valid_o,     // to the machine, beside s_data_i and s_last_i
    input  wire                  m_ready_i,
    output wire                  back_valid_o,  // to the output, low bytes first
    input  wire                  back_ready_i,
    output wire [31:0]           back_data_o,
    output wire                  back_last_o    // with the last part of a beat with s_last_i
);
    localparam PARTS  = (IN_BYTES + 3) / 4;
    localparam PART_W = PARTS > 1 ? $clog2(PARTS) : 1;
    localparam [31:0] PARTS_LAST = PARTS - 1;

    generate
        if (IN_BYTES < 1) begin : g_check_bytes
            ERROR_loop_back_IN_BYTES_must_be_positive check ();
        end
    endgenerate

    reg [PART_W-1:0] part_q;
    wire at_last = part_q == PARTS_LAST[PART_W-1:0];
    wire goes    = loop_i && s_valid_i && back_ready_i;
    always @(posedge clk_i) begin
        if (goes) part_q <= at_last ? {PART_W{1'b0}} : part_q + 1'b1;
        if (rst_i || !loop_i) part_q <= {PART_W{1'b0}};
    end

    wire [PARTS*32-1:0] padded;
    generate
        if (PARTS * 4 == IN_BYTES) begin : g_whole
            assign padded = s_data_i;
        end else begin : g_padded
            assign padded = {{(PARTS*32-IN_BYTES*8){1'b0}}, s_data_i};
        end
        if (PARTS == 1) begin : g_one
            assign back_data_o = padded;
        end else begin : g_parts
            assign back_data_o = padded[part_q*32 +: 32];
        end
    endgenerate

    assign s_ready_o    = loop_i ? back_ready_i && at_last : m_ready_i;
    assign m_valid_o    = s_valid_i && !loop_i;
    assign back_valid_o = s_valid_i && loop_i;
    assign back_last_o  = s_last_i && at_last;

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    reg stalled_q;
    reg [32:0] shown_q;
    reg [IN_BYTES*8:0] source_q;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        stalled_q <= back_valid_o && !back_ready_i && loop_i && !rst_i;
        shown_q   <= {back_last_o, back_data_o};
        source_q  <= {s_last_i, s_data_i};
        if (armed_q && !rst_i) begin
            if (!(!stalled_q || !back_valid_o || {s_last_i, s_data_i} != source_q || {back_last_o, back_data_o} == shown_q)) begin
                $display("%m: a beat that goes back changed while it was stalled");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

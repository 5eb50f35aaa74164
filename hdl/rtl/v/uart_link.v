// uart_link: a serial line to register accesses and both streams, in checked frames that may be lost and repeated. See docs/devices/uart.md.
//
// Retimed. Place and route of the ULX3S found three paths here, the first of 16.4 ns, and they are cut:
// * From the output buffer through framing to the line: a byte of the answer waits in a register (byte_q), the buffer has an output
//   register (out_word_q), and beats are sent once it has settled (moved_q, settled_q).
// * From the request's last byte through comparisons of 16 bits to what is done with it. Without the retiming, at a frame's end:
//       ours = good && count == 11 + length + 4 && connection is the present one
//       put  = ours && kind == DATA && first == in_position && length <= room
//   The last byte but the CRC came 40 bit times before, so length, room and the comparisons are registers (length_q, room_q, wanted_q,
//   counted_q, follows_q, room_enough_q, fits_q, same_q), each one step of the sum.
// * From the output's level to ready: a full buffer is seen two cycles late, hence OUT_SPARE.
`default_nettype none

module uart_link #(
    parameter DIVIDER  = 16,  // clock cycles per bit of the line, 4 to 65535
    parameter IN_BYTES = 4,   // bytes of an input beat
    parameter ADDR_W   = 8,   // address bits of the register bus, 2 to 31
    parameter IN_W     = 11,  // address bits of the input buffer, one byte a word, 4 to 15
    parameter OUT_W    = 9    // address bits of the output buffer, one beat a word, 2 to 15
) (
    input  wire                  clk_i,
    input  wire                  rst_i,
    input  wire                  rx_i,              // the line in, of no clock
    output wire                  tx_o,              // the line out
    output wire                  machine_reset_o,   // the host wants the whole machine reset
    // To the machine, by the names of its pins.
    output wire [ADDR_W-1:0]     s_axil_awaddr_o,
    output wire                  s_axil_awvalid_o,
    input  wire                  s_axil_awready_i,
    output wire [31:0]           s_axil_wdata_o,
    output wire [3:0]            s_axil_wstrb_o,
    output wire                  s_axil_wvalid_o,
    input  wire                  s_axil_wready_i,
    input  wire [1:0]            s_axil_bresp_i,
    input  wire                  s_axil_bvalid_i,
    output wire                  s_axil_bready_o,
    output wire [ADDR_W-1:0]     s_axil_araddr_o,
    output wire                  s_axil_arvalid_o,
    input  wire                  s_axil_arready_i,
    input  wire [31:0]           s_axil_rdata_i,
    input  wire [1:0]            s_axil_rresp_i,
    input  wire                  s_axil_rvalid_i,
    output wire                  s_axil_rready_o,
    output wire [IN_BYTES*8-1:0] s_axis_tdata_o,
    output wire                  s_axis_tvalid_o,
    output wire                  s_axis_tlast_o,
    input  wire                  s_axis_tready_i,
    input  wire [31:0]           m_axis_tdata_i,
    input  wire                  m_axis_tvalid_i,
    input  wire                  m_axis_tlast_i,
    output wire                  m_axis_tready_o
);
    // Printed from hdl/machine/src/serial.rs; do not edit.
    localparam [7:0] RESET = 8'h01;
    localparam [7:0] READ = 8'h02;
    localparam [7:0] WRITE = 8'h03;
    localparam [7:0] DATA = 8'h04;
    localparam [7:0] TAKE = 8'h05;
    localparam [7:0] ANSWER = 8'h80;
    localparam [7:0] REFUSED = 8'hff;
    localparam [15:0] REQUEST_BYTES = 16'd11;
    localparam [15:0] ANSWER_BYTES = 16'd16;
    localparam [15:0] CRC_BYTES = 16'd4;
    localparam [15:0] BEAT_BYTES = 16'd4;
    localparam RESET_MACHINE_BIT = 0;
    localparam DATA_ENDS_BIT = 31;

    localparam [1:0]  SLVERR     = 2'b10;
    localparam [15:0] IN_DEPTH   = 16'd1 << IN_W;
    localparam [15:0] OUT_DEPTH  = 16'd1 << OUT_W;
    localparam [15:0] OUT_SPARE  = 16'd2;
    localparam [3:0]  RESET_TIME = 4'd15;  // cycles
    localparam [31:0] FULL       = IN_BYTES - 1;

    generate
        if (IN_BYTES < 1 || IN_BYTES > 8) begin : g_check_beat
            ERROR_uart_link_IN_BYTES_must_be_1_to_8 check ();
        end
        if (ADDR_W < 2 || ADDR_W > 31) begin : g_check_addr
            ERROR_uart_link_ADDR_W_must_be_2_to_31 check ();
        end
        if (IN_W < 4 || IN_W > 15 || OUT_W < 2 || OUT_W > 15) begin : g_check_buffers
            ERROR_uart_link_IN_W_must_be_4_to_15_and_OUT_W_2_to_15 check ();
        end
    endgenerate

    // ---- The line.
    wire [7:0] rx_data, in_data, tx_data;
    wire       rx_valid, in_valid, in_end, in_good, byte_taken, tx_valid, tx_ready;
    reg  [7:0] byte_q;  // of the answer
    reg        byte_valid_q, byte_last_q;

    uart_rx #(.DIVIDER(DIVIDER)) rx (
        .clk_i   (clk_i),
        .rst_i   (rst_i),
        .rx_i    (rx_i),
        .data_o  (rx_data),
        .valid_o (rx_valid)
    );

    frame_rx unframe (
        .clk_i   (clk_i),
        .rst_i   (rst_i),
        .data_i  (rx_data),
        .valid_i (rx_valid),
        .data_o  (in_data),
        .valid_o (in_valid),
        .end_o   (in_end),
        .good_o  (in_good)
    );

    frame_tx frame (
        .clk_i   (clk_i),
        .rst_i   (rst_i),
        .data_i  (byte_q),
        .valid_i (byte_valid_q),
        .last_i  (byte_last_q),
        .ready_o (byte_taken),
        .data_o  (tx_data),
        .valid_o (tx_valid),
        .ready_i (tx_ready)
    );

    uart_tx #(.DIVIDER(DIVIDER)) tx (
        .clk_i   (clk_i),
        .rst_i   (rst_i),
        .data_i  (tx_data),
        .valid_i (tx_valid),
        .ready_o (tx_ready),
        .tx_o    (tx_o)
    );

    // ---- The request: its header, and the count of all bytes so far.
    reg [87:0] head_q;
    reg [15:0] count_q;

    wire [7:0]  kind        = head_q[7:0];
    wire [7:0]  connection  = head_q[15:8];
    wire [7:0]  number      = head_q[23:16];
    wire [31:0] first       = head_q[55:24];
    wire [31:0] second      = head_q[87:56];
    wire        behind_head = count_q >= REQUEST_BYTES;

    always @(posedge clk_i) begin
        if (rst_i || in_end) count_q <= 16'd0;
        else if (in_valid && count_q != 16'hffff) count_q <= count_q + 16'd1;
        if (in_valid && !behind_head) head_q <= {in_data, head_q[87:8]};
    end

    // ---- What it is, once it is over.
    localparam [2:0] REST = 3'd0, READING = 3'd1, WRITING = 3'd2, LOOK = 3'd3, HEAD = 3'd4, BEATS = 3'd5, LAST = 3'd6;
    reg [2:0] state_q;
    reg [7:0] connection_q;
    reg [15:0] in_position_q, in_read_q;  // bytes that have come in, and that the machine's beats have taken
    reg [15:0] out_position_q, out_written_q, out_read_q;  // beats that the host has, that have come, that are being sent

    wire [15:0] room   = IN_DEPTH - (in_position_q - in_read_q);
    wire [15:0] level  = out_written_q - out_position_q;
    wire        same   = connection == connection_q;

    // The last byte came long ago: what must be compared is, in the cycles before it is used.
    reg        over_q, whole_q, fits_q, same_q, counted_q, data_q, follows_q, room_enough_q;
    reg [15:0] length_q, room_q, wanted_q;
    always @(posedge clk_i) begin
        data_q        <= kind == DATA;
        length_q      <= data_q ? second[15:0] : 16'd0;
        room_q        <= room;
        wanted_q      <= REQUEST_BYTES + CRC_BYTES + length_q;
        counted_q     <= count_q == wanted_q;
        follows_q     <= first[15:0] == in_position_q;
        room_enough_q <= length_q <= room_q;
        over_q        <= in_end && !rst_i;
        whole_q       <= in_end && in_good && counted_q;
        fits_q        <= data_q && same && follows_q && room_enough_q;
        same_q        <= same;
    end

    wire        ours   = whole_q && same_q;
    wire        commit = whole_q && fits_q;
    wire        free   = over_q && state_q == REST;
    wire        clear  = free && whole_q && kind == RESET;
    wire        read   = free && ours && kind == READ;
    wire        write  = free && ours && kind == WRITE;
    wire        taken  = free && ours && kind == TAKE;
    wire        data   = free && ours && kind == DATA;

    // ---- Register accesses. One that is repeated is answered as it was.
    reg              done_q;       // there was one in this connection
    reg [7:0]        done_number_q;
    reg              awvalid_q, wvalid_q, arvalid_q;
    reg [ADDR_W-1:0] addr_q;
    reg [31:0]       word_q;       // to write, then what was read
    reg [1:0]        response_q;

    reg  again_q, outside_q;
    wire fresh = (read || write) && !again_q;

    always @(posedge clk_i) begin
        again_q   <= done_q && done_number_q == number;
        outside_q <= first[31:ADDR_W] != {(32 - ADDR_W){1'b0}};
        if (s_axil_awready_i) awvalid_q <= 1'b0;
        if (s_axil_wready_i) wvalid_q <= 1'b0;
        if (s_axil_arready_i) arvalid_q <= 1'b0;
        if (fresh) begin
            done_q        <= 1'b1;
            done_number_q <= number;
            addr_q        <= first[ADDR_W-1:0];
            word_q        <= write ? second : 32'd0;
            response_q    <= SLVERR;
            awvalid_q     <= write && !outside_q;
            wvalid_q      <= write && !outside_q;
            arvalid_q     <= read && !outside_q;
        end
        if (state_q == READING && s_axil_rvalid_i) begin
            word_q     <= s_axil_rdata_i;
            response_q <= s_axil_rresp_i;
        end
        if (state_q == WRITING && s_axil_bvalid_i) response_q <= s_axil_bresp_i;
        if (rst_i || clear) begin
            done_q     <= 1'b0;
            awvalid_q  <= 1'b0;
            wvalid_q   <= 1'b0;
            arvalid_q  <= 1'b0;
            word_q     <= 32'd0;
            response_q <= 2'd0;
        end
    end

    assign s_axil_awaddr_o  = addr_q;
    assign s_axil_awvalid_o = awvalid_q;
    assign s_axil_wdata_o   = word_q;
    assign s_axil_wstrb_o   = 4'hf;
    assign s_axil_wvalid_o  = wvalid_q;
    assign s_axil_bready_o  = state_q == WRITING;
    assign s_axil_araddr_o  = addr_q;
    assign s_axil_arvalid_o = arvalid_q;
    assign s_axil_rready_o  = state_q == READING;

    // ---- Input: bytes are written as they come, and count once their frame is found intact.
    reg [8:0] in_mem [0:(1<<IN_W)-1];
    reg [8:0] in_word_q, in_next_q;
    reg       behind_q, in_body_q, ends_q;  // the coming byte is behind the header, belongs to the body, is its last
    reg [16:0] left_in_q;                   // signed
    reg [IN_W-1:0] put_at_q;
    reg       reading_q, fetched_q, beat_valid_q, beat_last_q;
    reg [3:0] fill_q;
    reg [IN_BYTES*8-1:0] beat_q;

    wire [15:0] body    = count_q - REQUEST_BYTES;
    wire        put     = in_valid && in_body_q && fits_q;
    wire        fetch   = in_read_q != in_position_q && !reading_q && !fetched_q && !beat_valid_q;
    wire [IN_BYTES*8+7:0] shifted = {in_next_q[7:0], beat_q};

    always @(posedge clk_i) begin
        behind_q  <= behind_head;
        left_in_q <= {1'b0, length_q} - {1'b0, body};
        in_body_q <= behind_q && !left_in_q[16] && left_in_q != 17'd0;
        ends_q    <= first[DATA_ENDS_BIT] && left_in_q == 17'd1;
        put_at_q  <= in_position_q[IN_W-1:0] + body[IN_W-1:0];
        if (put) in_mem[put_at_q] <= {ends_q, in_data};
        in_word_q <= in_mem[in_read_q[IN_W-1:0]];
        in_next_q <= in_word_q;
    end

    always @(posedge clk_i) begin
        if (commit) in_position_q <= in_position_q + length_q;
        reading_q <= fetch;
        fetched_q <= reading_q;
        if (fetched_q) begin
            in_read_q    <= in_read_q + 16'd1;
            beat_q       <= shifted[IN_BYTES*8+7:8];
            beat_last_q  <= in_next_q[8];
            fill_q       <= fill_q == FULL[3:0] ? 4'd0 : fill_q + 4'd1;
            beat_valid_q <= fill_q == FULL[3:0];
        end else if (s_axis_tready_i) begin
            beat_valid_q <= 1'b0;
        end
        if (rst_i || clear) begin
            in_position_q <= 16'd0;
            in_read_q     <= 16'd0;
            reading_q     <= 1'b0;
            fetched_q     <= 1'b0;
            fill_q        <= 4'd0;
            beat_valid_q  <= 1'b0;
        end
    end

    assign s_axis_tdata_o  = beat_q;
    assign s_axis_tvalid_o = beat_valid_q;
    assign s_axis_tlast_o  = beat_last_q;

    // ---- Output: a beat is kept until the host says that it has it.
    // In halves, because a block RAM of the ECP5 has registers behind 18 bits alone.
    reg [15:0] out_low [0:(1<<OUT_W)-1];
    reg [16:0] out_high [0:(1<<OUT_W)-1];
    reg [32:0] out_read_word_q, out_word_q;

    wire        beat  = m_axis_tvalid_i && m_axis_tready_o;
    reg  [15:0] ahead_q, level_q;
    reg         acknowledges_q, ready_q;

    always @(posedge clk_i) begin
        if (beat) out_low[out_written_q[OUT_W-1:0]] <= m_axis_tdata_i[15:0];
        if (beat) out_high[out_written_q[OUT_W-1:0]] <= {m_axis_tlast_i, m_axis_tdata_i[31:16]};
        out_read_word_q <= {out_high[out_read_q[OUT_W-1:0]], out_low[out_read_q[OUT_W-1:0]]};
        out_word_q      <= out_read_word_q;
    end

    always @(posedge clk_i) begin
        if (rst_i || clear) out_written_q <= 16'd0;
        else if (beat) out_written_q <= out_written_q + 16'd1;
        if (rst_i || clear) out_position_q <= 16'd0;
        else if (taken && acknowledges_q) out_position_q <= first[15:0];
        ahead_q        <= first[15:0] - out_position_q;
        acknowledges_q <= ahead_q <= level_q;
    end

    // The machine sees a full buffer two cycles late, so the last few words are kept free for what it sends meanwhile.
    always @(posedge clk_i) begin
        level_q <= level;
        ready_q <= !rst_i && level_q < OUT_DEPTH - OUT_SPARE;
    end

    assign m_axis_tready_o = ready_q;

    // ---- The answer.
    reg [7:0]   kind_q, number_q;
    reg [15:0]  left_q;    // beats to send
    reg [15:0]  sent_q;    // bytes of the head or of the beat
    reg [127:0] answer_q;
    reg         moved_q, settled_q;  // out_read_q is new; out_word_q is the beat at out_read_q
    reg         ended_q;             // TLAST came with the beat before

    wire [127:0] answer = {level, out_position_q, room, in_position_q, word_q, 6'd0, response_q, number_q, connection_q, kind_q | ANSWER};
    wire         beats_follow = kind_q == TAKE;
    wire         head_over = sent_q == ANSWER_BYTES - 16'd1;
    wire         beat_over = sent_q == BEAT_BYTES - 16'd1;
    wire         out_valid = state_q == HEAD || state_q == BEATS && settled_q || state_q == LAST;
    wire         out_taken = out_valid && !byte_valid_q;
    wire         next_beat = state_q == BEATS && out_taken && beat_over;
    wire         moves     = next_beat || state_q == LOOK;

    always @(posedge clk_i) begin
        if (!byte_valid_q) begin
            byte_q       <= state_q == HEAD ? answer_q[7:0] : state_q == BEATS ? out_word_q[{1'b0, sent_q[1:0], 3'd0} +: 8] : {7'd0, ended_q};
            byte_last_q  <= state_q == HEAD && head_over && !beats_follow || state_q == LAST;
        end
        byte_valid_q <= !rst_i && (byte_valid_q ? !byte_taken : out_valid);
    end

    always @(posedge clk_i) begin
        moved_q   <= moves;
        settled_q <= !moves && !moved_q;
        case (state_q)
            REST: begin
                kind_q   <= clear || read || write || taken || data ? kind : REFUSED;
                number_q <= number;
                left_q   <= second[15:0];
                if (fresh && !outside_q) state_q <= read ? READING : WRITING;
                else if (free) state_q <= LOOK;
            end
            READING: if (s_axil_rvalid_i) state_q <= LOOK;
            WRITING: if (s_axil_bvalid_i) state_q <= LOOK;
            LOOK: begin
                answer_q   <= answer;
                left_q     <= left_q < level ? left_q : level;
                out_read_q <= out_position_q;
                sent_q     <= 16'd0;
                ended_q    <= 1'b0;
                state_q    <= HEAD;
            end
            HEAD: if (out_taken) begin
                answer_q <= {8'd0, answer_q[127:8]};
                sent_q   <= head_over ? 16'd0 : sent_q + 16'd1;
                if (head_over) state_q <= !beats_follow ? REST : left_q == 16'd0 ? LAST : BEATS;
            end
            BEATS: if (out_taken) begin
                sent_q <= beat_over ? 16'd0 : sent_q + 16'd1;
                if (beat_over) begin
                    out_read_q <= out_read_q + 16'd1;
                    left_q     <= left_q - 16'd1;
                    ended_q    <= out_word_q[32];
                    if (left_q == 16'd1 || out_word_q[32]) state_q <= LAST;
                end
            end
            default: if (out_taken) state_q <= REST;
        endcase
        if (rst_i) state_q <= REST;
    end

    // ---- Connection and reset.
    reg [3:0] reset_q;
    reg       machine_reset_q;

    always @(posedge clk_i) begin
        if (rst_i) connection_q <= 8'd0;
        else if (clear) connection_q <= connection;
        if (rst_i) reset_q <= 4'd0;
        else if (clear && first[RESET_MACHINE_BIT]) reset_q <= RESET_TIME;
        else if (reset_q != 4'd0) reset_q <= reset_q - 4'd1;
        machine_reset_q <= !rst_i && reset_q != 4'd0;
    end

    assign machine_reset_o = machine_reset_q;

    wire unused_shifted = &{1'b0, shifted[7:0]};

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    reg aw_q, w_q, ar_q, beat_waits_q;
    reg [ADDR_W-1:0] asked_q;
    reg [IN_BYTES*8:0] beat_shown_q;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        aw_q         <= s_axil_awvalid_o && !s_axil_awready_i && !rst_i && !clear;
        w_q          <= s_axil_wvalid_o && !s_axil_wready_i && !rst_i && !clear;
        ar_q         <= s_axil_arvalid_o && !s_axil_arready_i && !rst_i && !clear;
        asked_q      <= addr_q;
        beat_waits_q <= s_axis_tvalid_o && !s_axis_tready_i && !rst_i && !clear;
        beat_shown_q <= {s_axis_tlast_o, s_axis_tdata_o};
        if (armed_q && !rst_i) begin
            if (!(in_position_q - in_read_q <= IN_DEPTH)) begin
                $display("%m: the input buffer overflows");
                $stop;
            end
            if (!(level <= OUT_DEPTH)) begin
                $display("%m: the output buffer overflows");
                $stop;
            end
            if (!(!put || in_position_q - in_read_q + body < IN_DEPTH)) begin
                $display("%m: a byte is put where one waits that the machine has not taken");
                $stop;
            end
            if (!((!aw_q || s_axil_awvalid_o) && (!w_q || s_axil_wvalid_o) && (!ar_q || s_axil_arvalid_o))) begin
                $display("%m: an access was withdrawn before it was taken");
                $stop;
            end
            if (!(!(aw_q || ar_q) || addr_q == asked_q)) begin
                $display("%m: the address changed while the access waited");
                $stop;
            end
            if (!(!beat_waits_q || (s_axis_tvalid_o && {s_axis_tlast_o, s_axis_tdata_o} == beat_shown_q))) begin
                $display("%m: an input beat changed or vanished while it was stalled");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

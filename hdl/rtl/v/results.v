// results: layer checksums, class sums over the pixels of the last layer or a dump in place of them, and their way out as a stream.
`default_nettype none

module results #(
    parameter LAYERS  = 16,  // layers
    parameter LAYER_W = 4,   // bits of a layer index, 2^LAYER_W >= LAYERS
    parameter CLASSES = 10,  // sums of a result
    parameter CLASS_W = 4,   // bits of a class index, 2^CLASS_W >= CLASSES
    parameter SUM_W   = 19,  // bits of a lane sum, signed, at most 31
    parameter FIRST_W = 8,   // bits of an activation's number in its lane
    parameter OFFSET_W = 1,  // bits of a class's offset, signed, at most 32
    parameter BLOCK   = 0    // sums in 1: block RAM, 0: distributed RAM
) (
    input  wire               clk_i,
    input  wire               rst_i,
    input  wire               col_valid_i,       // V + 1 of a valid column; all beside lane_sum_i and lane_check_i
    input  wire               col_first_i,       // j = 0
    input  wire               col_last_i,        // the last valid column
    input  wire               col_sum_i,
    input  wire [LAYER_W-1:0] col_layer_i,
    input  wire               col_tile_first_i,
    input  wire               col_tile_last_i,
    input  wire               col_ct_first_i,
    input  wire               col_ct_last_i,
    input  wire [SUM_W-1:0]   lane_sum_i,        // signed
    input  wire [15:0]        lane_check_i,
    input  wire [LAYER_W-1:0] check_index_i,
    output wire [31:0]        check_value_o,     // of the last image completed, one cycle after check_index_i
    input  wire               dump_i,            // results are activations; lane_sum_i is that of one lane
    input  wire [LAYER_W-1:0] dump_layer_i,
    input  wire [FIRST_W-1:0] dump_first_i,      // set a cycle before the image
    input  wire               loop_i,            // what goes out comes from the input
    input  wire               loop_valid_i,
    output wire               loop_ready_o,
    input  wire [31:0]        loop_data_i,
    input  wire               loop_last_i,
    input  wire [OFFSET_W-1:0] offset_i,         // where the sum of the class at offset_addr_o, a cycle before, begins: signed
    output wire               m_axis_tvalid_o,
    input  wire               m_axis_tready_i,
    output wire [31:0]        m_axis_tdata_o,    // signed sum of class 0, 1, ...
    output wire               m_axis_tlast_o,
    output wire               sum_done_o,        // one cycle after a result's last beat was accepted
    output wire [CLASS_W-1:0] offset_addr_o      // the class that begins next
);
    localparam [31:0] CLASSES_LAST = CLASSES - 1;
    localparam [CLASS_W-1:0] CLASS_LAST = CLASSES_LAST[CLASS_W-1:0];
    localparam [CLASS_W-1:0] BEFORE_LAST = CLASS_LAST - 1'b1;

    generate
        if (CLASSES < 1 || (1 << CLASS_W) < CLASSES) begin : g_check_class
            ERROR_results_CLASS_W_too_small check ();
        end
        if (SUM_W > 31) begin : g_check_sum
            ERROR_results_SUM_W_too_large check ();
        end
        if (OFFSET_W < 1 || OFFSET_W > 32) begin : g_check_offset
            ERROR_results_OFFSET_W_must_be_1_to_32 check ();
        end
    endgenerate

    // Dump: bytes are put together in the register of the lane sum.
    wire start = col_first_i & col_tile_first_i & col_ct_first_i;
    wire take;
    wire [CLASS_W-1:0] take_word;
    capture #(.LAYER_W(LAYER_W), .FIRST_W(FIRST_W), .WORDS(CLASSES), .WORD_W(CLASS_W)) dump (
        .clk_i(clk_i),
        .rst_i(rst_i),
        .dump_i(dump_i),
        .layer_i(dump_layer_i),
        .first_i(dump_first_i),
        .col_valid_i(col_valid_i),
        .col_start_i(start),
        .col_sum_i(col_sum_i),
        .col_layer_i(col_layer_i),
        .take_o(take),
        .word_o(take_word)
    );

    // Accumulate: the bank is read at V + 1 and written at V + 2. A result is complete at V + 2.
    localparam [1:0] FROM_ZERO = 2'd0, FROM_OFFSET = 2'd1, FROM_BANK0 = 2'd2, FROM_BANK1 = 2'd3;
    reg accumulate_q, complete_q, in_bank_q, done_q;  // done: some result was completed
    reg [1:0] from_q;  // what the lane sum is added to
    reg [CLASS_W-1:0] class_q, write_class_q, offset_addr_q;
    reg [31:0] lane_sum_q;
    wire sums = col_valid_i & col_sum_i;
    wire accumulate = take | (sums & ~dump_i);
    wire [CLASS_W-1:0] class_now = col_first_i & col_ct_first_i ? {CLASS_W{1'b0}} : class_q;
    wire [31:0] bank_data0, bank_data1;
    wire [31:0] offset;
    wire [31:0] base = from_q[1] ? (from_q[0] ? bank_data1 : bank_data0) : from_q[0] ? offset : 32'd0;
    wire [31:0] total = base + lane_sum_q;
    always @(posedge clk_i) begin
        accumulate_q <= accumulate;
        complete_q   <= sums & col_last_i & col_tile_last_i & col_ct_last_i;
        if (accumulate) class_q <= class_now + 1'b1;
        write_class_q <= dump_i ? take_word : class_now;
        from_q        <= dump_i ? FROM_ZERO : col_tile_first_i ? FROM_OFFSET : in_bank_q ^ complete_q ? FROM_BANK1 : FROM_BANK0;
        if (sums & col_tile_first_i) offset_addr_q <= offset_addr_q == CLASS_LAST ? {CLASS_W{1'b0}} : offset_addr_q + 1'b1;
        if (!dump_i | take)
            lane_sum_q <= dump_i & ~col_sum_i ? {lane_sum_i[7:0], lane_sum_q[31:8]} : {{(32-SUM_W){lane_sum_i[SUM_W-1]}}, lane_sum_i};
        if (complete_q) in_bank_q <= ~in_bank_q;
        if (complete_q) done_q <= 1'b1;
        if (rst_i) begin
            done_q        <= 1'b0;
            accumulate_q  <= 1'b0;
            complete_q    <= 1'b0;
            in_bank_q     <= 1'b0;
            offset_addr_q <= {CLASS_W{1'b0}};
        end
    end

    generate
        if (OFFSET_W < 32) begin : g_extend
            assign offset = {{(32-OFFSET_W){offset_i[OFFSET_W-1]}}, offset_i};
        end else begin : g_whole
            assign offset = offset_i;
        end
    endgenerate
    assign offset_addr_o = offset_addr_q;

    // Stream: the bank's read register is the first stage, the skid buffer the second.
    reg [1:0] full_q;
    reg [1:0] streams_q;  // full_q of the bank that goes out
    reg out_bank_q, beat_valid_q, beat_last_q, beat_bank_q, at_last_q;
    reg [CLASS_W-1:0] index_q;
    wire skid_ready;
    wire advance = (skid_ready & ~loop_i) | ~beat_valid_q;
    wire reading = |streams_q & advance;
    // With more than one class the last comes up only while a bank streams.
    wire leaving = advance & (CLASSES == 1 ? |streams_q : at_last_q);
    wire [1:0] filling = {complete_q & in_bank_q, complete_q & ~in_bank_q};
    wire [1:0] leaves = {leaving & out_bank_q, leaving & ~out_bank_q};
    always @(posedge clk_i) begin
        if (advance) beat_valid_q <= |streams_q;
        if (reading) begin
            beat_last_q <= at_last_q;
            beat_bank_q <= out_bank_q;
            index_q     <= at_last_q ? {CLASS_W{1'b0}} : index_q + 1'b1;
            at_last_q   <= CLASSES == 1 || (!at_last_q && index_q == BEFORE_LAST);
        end
        out_bank_q <= out_bank_q ^ leaving;
        full_q     <= (full_q & ~leaves) | filling;
        streams_q  <= (full_q | filling) & {out_bank_q ^ leaving, ~(out_bank_q ^ leaving)};
        if (rst_i) begin
            full_q       <= 2'b00;
            streams_q    <= 2'b00;
            out_bank_q   <= 1'b0;
            index_q      <= {CLASS_W{1'b0}};
            at_last_q    <= CLASSES == 1;
            beat_valid_q <= 1'b0;
        end
    end

    genvar b;
    generate
        for (b = 0; b < 2; b = b + 1) begin : g_bank
            localparam [0:0] BANK = b;
            wire streaming = streams_q[b] && advance;
            wire [31:0] data;
            sum_bank #(.DEPTH(CLASSES), .ADDR_W(CLASS_W), .BLOCK(BLOCK)) bank (
                .clk_i(clk_i),
                .we_i(accumulate_q && in_bank_q == BANK),
                .write_addr_i(write_class_q),
                .data_i(total),
                .read_i(streaming || (accumulate && in_bank_q == BANK)),
                .read_addr_i(streaming ? index_q : class_now),
                .data_o(data)
            );
        end
    endgenerate
    assign bank_data0 = g_bank[0].data;
    assign bank_data1 = g_bank[1].data;

    skid #(.WIDTH(33)) out (
        .clk_i(clk_i),
        .rst_i(rst_i),
        .s_valid_i(loop_i ? loop_valid_i : beat_valid_q),
        .s_ready_o(skid_ready),
        .s_data_i(loop_i ? {loop_last_i, loop_data_i} : {beat_last_q, beat_bank_q ? bank_data1 : bank_data0}),
        .m_valid_o(m_axis_tvalid_o),
        .m_ready_i(m_axis_tready_i),
        .m_data_o({m_axis_tlast_o, m_axis_tdata_o})
    );

    assign loop_ready_o = skid_ready;

    reg sum_done_q;
    always @(posedge clk_i) sum_done_q <= ~rst_i & ~loop_i & m_axis_tvalid_o & m_axis_tready_i & m_axis_tlast_o;
    assign sum_done_o = sum_done_q;

    checksums #(.LAYERS(LAYERS), .LAYER_W(LAYER_W)) checks (
        .clk_i(clk_i),
        .rst_i(rst_i),
        .col_valid_i(col_valid_i),
        .col_start_i(start),
        .col_layer_i(col_layer_i),
        .lane_check_i(lane_check_i),
        .done_i(done_q),
        .bank_i(~in_bank_q),
        .index_i(check_index_i),
        .value_o(check_value_o)
    );

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    reg stalled_q;
    reg [32:0] shown_q;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        stalled_q <= m_axis_tvalid_o && !m_axis_tready_i && !rst_i;
        shown_q   <= {m_axis_tlast_o, m_axis_tdata_o};
        if (armed_q && !rst_i) begin
            if (!((filling & full_q & ~leaves) == 2'b00)) begin
                $display("%m: a bank of sums is filled that has not gone out");
                $stop;
            end
            if (!(streams_q != 2'b11)) begin
                $display("%m: both banks of sums go out at once");
                $stop;
            end
            if (!(!stalled_q || (m_axis_tvalid_o && {m_axis_tlast_o, m_axis_tdata_o} == shown_q))) begin
                $display("%m: a beat of the result changed or vanished while it was stalled");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

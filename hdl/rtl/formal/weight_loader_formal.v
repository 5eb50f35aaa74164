// weight_loader_formal: loads that begin, pause and are given up at any time: every word where it belongs, with the bytes of its beats.
`default_nettype none

module weight_loader_formal #(
    parameter GROUPS   = 2,  // column groups
    parameter WORDS    = 3,  // words of a group
    parameter ADDR_W   = 2,  // bits of an address
    parameter IN_BYTES = 4,  // bytes of a beat
    parameter BEATS    = 3   // beats of a word
) (
    input  wire                  clk_i,
    input  wire                  rst_i,
    input  wire                  mark_i,
    input  wire                  load_i,
    input  wire                  s_valid_i,
    input  wire [IN_BYTES*8-1:0] s_data_i,
    output wire                  cover_loaded_o,
    output wire                  cover_again_o,
    output wire                  cover_left_o
);
    localparam BEAT_BITS = IN_BYTES * 8;
    localparam COUNT_W = $clog2(GROUPS * WORDS * BEATS + 1);
    localparam [31:0] GROUPS_LAST = GROUPS - 1, WORDS_ALL = GROUPS * WORDS, BEATS_LAST = BEATS - 1;
    localparam [COUNT_W-1:0] GROUP_LAST = GROUPS_LAST[COUNT_W-1:0], ALL = WORDS_ALL[COUNT_W-1:0], BEAT_LAST = BEATS_LAST[COUNT_W-1:0];
    localparam [COUNT_W-1:0] NONE = 0, ONE = 1;
    wire s_ready, taken, loaded;
    wire [GROUPS-1:0] write;
    wire [ADDR_W-1:0] write_addr;
    wire [71:0] write_data;

    weight_loader #(.GROUPS(GROUPS), .WORDS(WORDS), .ADDR_W(ADDR_W), .IN_BYTES(IN_BYTES), .BEATS(BEATS)) dut (
        .clk_i(clk_i), .rst_i(rst_i), .load_i(load_i), .s_valid_i(s_valid_i), .s_data_i(s_data_i), .s_ready_o(s_ready),
        .write_o(write), .write_addr_o(write_addr), .write_data_o(write_data), .taken_o(taken), .loaded_o(loaded)
    );

    // The first cycle of a load, and the first behind one, are not looked at: the write of a load that was given up may be under way.
    reg loading_q;
    always @(posedge clk_i) loading_q <= load_i && !rst_i;

    // A load: beats of the present word, words whose beats are all there, words written.
    reg [COUNT_W-1:0] beat_q, word_q, written_q, group_q, row_q;
    wire beat = s_valid_i && s_ready;
    wire word = beat && beat_q == BEAT_LAST;
    always @(posedge clk_i) begin
        if (beat) beat_q <= word ? NONE : beat_q + ONE;
        if (word) word_q <= word_q + ONE;
        if (taken) begin
            written_q <= written_q + ONE;
            group_q   <= group_q == GROUP_LAST ? NONE : group_q + ONE;
            if (group_q == GROUP_LAST) row_q <= row_q + ONE;
        end
        if (rst_i || !load_i || !loading_q) begin
            beat_q    <= NONE;
            word_q    <= NONE;
            written_q <= NONE;
            group_q   <= NONE;
            row_q     <= NONE;
        end
    end

    // One beat is followed, from where it stands in its word, until the word is written.
    reg seen_q, inside_q;
    reg [COUNT_W-1:0] at_q, in_word_q;
    reg [BEAT_BITS-1:0] data_q;
    wire leaves = taken && inside_q && written_q == in_word_q;
    wire [BEATS*BEAT_BITS-1:0] padded = {{(BEATS*BEAT_BITS-72){1'b0}}, write_data};
    // Of a last beat that holds padding the bytes that count.
    wire [BEAT_BITS-1:0] counts = at_q == BEAT_LAST ? {BEAT_BITS{1'b1}} >> (BEATS*BEAT_BITS-72) : {BEAT_BITS{1'b1}};
    wire [BEATS*BEAT_BITS-1:0] from_it = padded >> (at_q * BEAT_BITS);
    always @(posedge clk_i) begin
        if (leaves) inside_q <= 1'b0;
        if (beat && mark_i && !seen_q) begin
            seen_q    <= 1'b1;
            inside_q  <= 1'b1;
            data_q    <= s_data_i;
            at_q      <= beat_q;
            in_word_q <= word_q;
        end
        if (rst_i || !load_i || !loading_q) begin
            seen_q   <= 1'b0;
            inside_q <= 1'b0;
        end
    end

    reg again_q, was_loaded_q;
    always @(posedge clk_i) begin
        was_loaded_q <= !rst_i && (was_loaded_q || loaded);
        again_q      <= !rst_i && was_loaded_q && word_q == ONE;
    end
    assign cover_loaded_o = loaded;
    assign cover_again_o  = again_q;
    assign cover_left_o   = seen_q && !inside_q && loading_q;
    wire unused = &{1'b0, from_it, row_q, group_q};

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        if (armed_q && !rst_i && loading_q) begin
            if (!(taken == (word_q != written_q) && word_q - written_q <= ONE)) begin
                $display("%m: a word is not written in the cycle behind its last beat, or one is written that did not come");
                $stop;
            end
            if (!(!taken || (write_addr == row_q[ADDR_W-1:0] && write == {{(GROUPS-1){1'b0}}, 1'b1} << group_q))) begin
                $display("%m: a word is written to another place than its own");
                $stop;
            end
            if (!(taken || write == {GROUPS{1'b0}})) begin
                $display("%m: a group is written though no word is taken");
                $stop;
            end
            if (!(!leaves || ((from_it[BEAT_BITS-1:0] ^ data_q) & counts) == {BEAT_BITS{1'b0}})) begin
                $display("%m: a word is not the bytes of its beats");
                $stop;
            end
            if (!(s_ready == (written_q + {{(COUNT_W-1){1'b0}}, taken} != ALL))) begin
                $display("%m: a beat is refused before the last word, or one is taken after it");
                $stop;
            end
            if (!(loaded == (written_q == ALL))) begin
                $display("%m: the load is not over with its last word, or before it");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

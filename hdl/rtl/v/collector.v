// collector: assembles the input stream into words of one channel of one tile and keeps them in the input line buffer.
`default_nettype none

module collector #(
    parameter ROWS        = 4,   // bytes of a word
    parameter IN_BYTES    = 4,   // bytes of a beat
    parameter BEATS       = 1,   // beats of a word, ceil(ROWS / IN_BYTES)
    parameter CHANNELS    = 3,   // words of a tile
    parameter SLOTS       = 8,   // tiles in the input line buffer
    parameter BASE        = 0,   // the line buffer's first bank address
    parameter ADDR_W      = 12,  // bits of a bank address
    parameter IN_W        = 6,   // bits of a count of input tiles, holds SLOTS
    parameter IMAGE_BEATS = 48,  // beats of an image
    parameter BEAT_W      = 6    // bits of a beat's number in its image
) (
    input  wire                  clk_i,
    input  wire                  rst_i,
    input  wire                  enable_i,     // beats may be taken
    input  wire                  s_valid_i,
    input  wire [IN_BYTES*8-1:0] s_data_i,     // lane 0 in the lowest byte of a word's first beat
    input  wire                  s_last_i,     // to come with the image's last beat
    output wire                  s_ready_o,    // combinational from registers and enable_i
    input  wire [IN_W-1:0]       release_i,    // tiles given back
    output wire                  write_o,      // to port B
    output wire [ADDR_W-1:0]     addr_o,
    output wire [ROWS*8-1:0]     data_o,
    input  wire                  grant_i,
    output wire                  in_tile_o,    // a tile is in its banks: two cycles after its last grant
    output wire [BEAT_W-1:0]     beat_o,       // number of the coming beat in its image
    output wire                  err_early_o,  // TLAST came before the image's last beat; stays until reset
    output wire                  err_late_o    // TLAST did not come with the image's last beat; stays until reset
);
    localparam BEAT_BITS = IN_BYTES * 8;
    localparam COUNT_W   = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam CHAN_W    = CHANNELS > 1 ? $clog2(CHANNELS) : 1;
    localparam [31:0] COUNT_ALMOST = BEATS - 2;
    localparam [31:0] CHAN_ALMOST  = CHANNELS - 2;
    localparam [31:0] STEP       = SLOTS;
    localparam [31:0] ALMOST     = SLOTS - 1;
    localparam [31:0] FIRST      = BASE;
    localparam [31:0] SECOND     = BASE + 1;
    localparam [31:0] BEFORE     = BASE + SLOTS - 2;  // one before the last
    localparam [31:0] BEAT_LAST  = IMAGE_BEATS - 1;
    localparam [31:0] BEAT_ALMOST = IMAGE_BEATS - 2;

    generate
        if (BEATS != (ROWS + IN_BYTES - 1) / IN_BYTES) begin : g_check_beats
            ERROR_collector_BEATS_must_be_ROWS_by_IN_BYTES check ();
        end
        if ((SLOTS >> IN_W) != 0) begin : g_check_slots
            ERROR_collector_IN_W_must_hold_SLOTS check ();
        end
        if ((BEAT_LAST >> BEAT_W) != 0) begin : g_check_beat
            ERROR_collector_BEAT_W_must_hold_IMAGE_BEATS check ();
        end
        if (((BASE + SLOTS*CHANNELS - 1) >> ADDR_W) != 0) begin : g_check_addr
            ERROR_collector_ADDR_W_too_small check ();
        end
        if (IMAGE_BEATS % (BEATS*CHANNELS) != 0) begin : g_check_image
            ERROR_collector_IMAGE_BEATS_must_be_whole_tiles check ();
        end
    endgenerate

    reg [COUNT_W-1:0] count_q;
    reg [CHAN_W-1:0] chan_q;
    reg tile_start_q, begun_q, room_q, pending_q, pending_last_q, tile_written_q, in_tile_q;
    reg [IN_W-1:0] held_q;        // a tile counts two cycles after it began: the next one begins later
    reg [BEAT_W-1:0] beat_q;
    reg final_q, err_early_q, err_late_q;
    reg [ADDR_W-1:0] tile_addr_q, word_addr_q, addr_q;
    reg [ROWS*8-1:0] data_q;

    reg count_end_q, chan_end_q;  // the word's last beat, the tile's last word
    reg failed_q;
    reg open_q, ready_q;          // the beat is to be stored; it may come, be it only to be dropped
    // A beat in error, and all after it, are dropped.
    wire judged    = s_valid_i && enable_i && open_q;
    wire store     = judged && s_last_i == final_q;
    wire wrong     = judged && s_last_i != final_q;
    wire word      = store && count_end_q;
    wire tile      = word && chan_end_q;
    wire           begins    = store && tile_start_q;
    wire [IN_W-1:0] kept     = held_q - release_i;

    // Whether the coming beat fits: the word before is gone by the word's last beat, and a tile has room by its first.
    wire given     = release_i != {IN_W{1'b0}};
    wire gone      = !pending_q || grant_i;
    wire almost    = count_q == COUNT_ALMOST[COUNT_W-1:0];
    wire fits_next = BEATS > 1 && (count_end_q ? !chan_end_q || room_q || given : !almost || gone);
    wire fits      = (!count_end_q || gone) && (!tile_start_q || room_q || given);

    assign s_ready_o = enable_i && ready_q;

    always @(posedge clk_i) begin
        begun_q        <= begins;
        held_q         <= kept + {{(IN_W-1){1'b0}}, begun_q};
        room_q         <= given || (begins ? held_q != ALMOST[IN_W-1:0] : room_q);
        open_q         <= store ? fits_next : fits && !failed_q && !wrong;
        ready_q        <= store ? fits_next : fits || failed_q || wrong;
        tile_written_q <= grant_i && pending_last_q;
        in_tile_q      <= tile_written_q;
        if (grant_i) pending_q <= 1'b0;
        if (word) pending_q <= 1'b1;
        if (store) begin
            count_q      <= count_end_q ? {COUNT_W{1'b0}} : count_q + 1'b1;
            count_end_q  <= BEATS == 1 || (!count_end_q && almost);
            tile_start_q <= tile;
            beat_q       <= final_q ? {BEAT_W{1'b0}} : beat_q + 1'b1;
            final_q      <= final_q ? IMAGE_BEATS == 1 : beat_q == BEAT_ALMOST[BEAT_W-1:0];
        end
        if (word) begin
            chan_q     <= chan_end_q ? {CHAN_W{1'b0}} : chan_q + 1'b1;
            chan_end_q <= CHANNELS == 1 || (!chan_end_q && chan_q == CHAN_ALMOST[CHAN_W-1:0]);
        end
        if (judged) begin
            err_early_q <= s_last_i && !final_q;
            err_late_q  <= !s_last_i && final_q;
            failed_q    <= s_last_i != final_q;
        end
        if (rst_i) begin
            begun_q        <= 1'b0;
            held_q         <= {IN_W{1'b0}};
            room_q         <= 1'b1;
            open_q         <= 1'b1;
            ready_q        <= 1'b1;
            tile_written_q <= 1'b0;
            in_tile_q      <= 1'b0;
            pending_q      <= 1'b0;
            count_q        <= {COUNT_W{1'b0}};
            chan_q         <= {CHAN_W{1'b0}};
            count_end_q    <= BEATS == 1;
            chan_end_q     <= CHANNELS == 1;
            failed_q       <= 1'b0;
            tile_start_q   <= 1'b1;
            beat_q         <= {BEAT_W{1'b0}};
            final_q        <= IMAGE_BEATS == 1;
            err_early_q    <= 1'b0;
            err_late_q     <= 1'b0;
        end
    end

    // Addresses: the next tile's, the coming word's.
    reg tile_wraps_q;  // the tile's is the line buffer's last
    always @(posedge clk_i) begin
        if (tile) begin
            tile_addr_q  <= tile_wraps_q ? FIRST[ADDR_W-1:0] : tile_addr_q + 1'b1;
            tile_wraps_q <= SLOTS == 1 || (!tile_wraps_q && tile_addr_q == BEFORE[ADDR_W-1:0]);
        end
        if (word) word_addr_q <= chan_end_q ? tile_addr_q : word_addr_q + STEP[ADDR_W-1:0];
        if (rst_i) begin
            tile_addr_q <= SLOTS == 1 ? FIRST[ADDR_W-1:0] : SECOND[ADDR_W-1:0];
            word_addr_q <= FIRST[ADDR_W-1:0];
            tile_wraps_q <= SLOTS <= 2;
        end
    end

    // The word: earlier beats below the present one; padding above ROWS bytes is dropped.
    wire [BEATS*BEAT_BITS:0] word_data;
    generate
        if (BEATS > 1) begin : g_fill
            reg [(BEATS-1)*BEAT_BITS-1:0] fill_q;
            wire [BEATS*BEAT_BITS-1:0] shifted = {s_data_i, fill_q};
            always @(posedge clk_i) if (store) fill_q <= shifted[BEATS*BEAT_BITS-1:BEAT_BITS];
            assign word_data = {1'b0, shifted};
        end else begin : g_whole
            assign word_data = {1'b0, s_data_i};
        end
    endgenerate
    always @(posedge clk_i) if (word) begin
        data_q         <= word_data[ROWS*8-1:0];
        addr_q         <= word_addr_q;
        pending_last_q <= chan_end_q;
    end

    assign write_o     = pending_q;
    assign addr_o      = addr_q;
    assign data_o      = data_q;
    assign in_tile_o   = in_tile_q;
    assign beat_o      = beat_q;
    assign err_early_o = err_early_q;
    assign err_late_o  = err_late_q;

    wire unused = &{1'b0, word_data[BEATS*BEAT_BITS:ROWS*8], STEP, ALMOST, FIRST, SECOND, BEFORE, BEAT_ALMOST, BEAT_LAST};

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    localparam [31:0] SLOTS_HELD = SLOTS;
    reg waits_q;
    reg [ADDR_W-1:0] waits_addr_q;
    reg [ROWS*8-1:0] waits_data_q;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        waits_q      <= write_o && !grant_i && !rst_i;
        waits_addr_q <= addr_o;
        waits_data_q <= data_o;
        if (armed_q && !rst_i) begin
            if (!(!begun_q || kept != SLOTS_HELD[IN_W-1:0])) begin
                $display("%m: the line buffer of the input holds more tiles than it has room for");
                $stop;
            end
            if (!(held_q >= release_i)) begin
                $display("%m: a tile is given back that was not held");
                $stop;
            end
            if (!(!waits_q || (write_o && addr_o == waits_addr_q && data_o == waits_data_q))) begin
                $display("%m: a word changed or vanished while it waited for its grant");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

// collector_formal: the input's way into the banks, with beats, grants and releases at any times, TLAST early, late or right.
`default_nettype none

module collector_formal #(
    parameter ROWS        = 3,  // bytes of a word
    parameter IN_BYTES    = 2,  // bytes of a beat
    parameter BEATS       = 2,  // beats of a word
    parameter CHANNELS    = 2,  // words of a tile
    parameter SLOTS       = 2,  // tiles in the line buffer
    parameter BASE        = 1,  // its first bank address
    parameter ADDR_W      = 3,  // bits of a bank address
    parameter IN_W        = 2,  // bits of a count of input tiles
    parameter IMAGE_BEATS = 12, // beats of an image
    parameter BEAT_W      = 4   // bits of a beat's number
) (
    input  wire                  clk_i,
    input  wire                  rst_i,
    input  wire                  mark_i,
    input  wire                  enable_i,
    input  wire                  s_valid_i,
    input  wire [IN_BYTES*8-1:0] s_data_i,
    input  wire                  s_wrong_i,    // TLAST is not as it should be
    input  wire                  grant_i,
    input  wire [IN_W-1:0]       release_i,
    output wire                  cover_left_o,
    output wire                  cover_waits_o,
    output wire                  cover_image_o,
    output wire                  cover_failed_o
);
    localparam BEAT_BITS = IN_BYTES * 8;
    localparam [31:0] BEAT_LAST = BEATS - 1, CHANNEL_LAST = CHANNELS - 1, SLOT_LAST = SLOTS - 1, IMAGE_LAST = IMAGE_BEATS - 1, ROOM = SLOTS;
    localparam [31:0] FIRST = BASE, STEP = SLOTS;

    wire s_ready, write, in_tile, err_early, err_late;
    wire [ADDR_W-1:0] addr;
    wire [ROWS*8-1:0] data;
    wire [BEAT_W-1:0] number;

    // Where the coming beat stands, counted from reset.
    reg [31:0] beat_q, channel_q, slot_q, image_q;
    reg failed_q, early_q, late_q;
    wire at_end  = image_q == IMAGE_LAST;
    wire s_last = at_end ^ s_wrong_i;
    wire taken  = s_valid_i && s_ready;
    wire good   = taken && !failed_q && !s_wrong_i;
    wire word   = good && beat_q == BEAT_LAST;
    wire tile   = word && channel_q == CHANNEL_LAST;
    wire begins = good && beat_q == 32'd0 && channel_q == 32'd0;

    // Tiles in the line buffer, and those that may be given back: they began two cycles ago or more.
    reg [31:0] held_q, old_q;
    reg begun_q;
    wire [31:0] asked    = {{(32-IN_W){1'b0}}, release_i};
    wire [31:0] released = asked > old_q ? old_q : asked;
    reg pending_q, written_q, in_tile_q, pending_last_q;
    wire grant = grant_i && write;

    collector #(
        .ROWS(ROWS), .IN_BYTES(IN_BYTES), .BEATS(BEATS), .CHANNELS(CHANNELS), .SLOTS(SLOTS), .BASE(BASE), .ADDR_W(ADDR_W), .IN_W(IN_W),
        .IMAGE_BEATS(IMAGE_BEATS), .BEAT_W(BEAT_W)
    ) dut (
        .clk_i(clk_i), .rst_i(rst_i), .enable_i(enable_i), .s_valid_i(s_valid_i), .s_data_i(s_data_i), .s_last_i(s_last), .s_ready_o(s_ready),
        .release_i(released[IN_W-1:0]), .write_o(write), .addr_o(addr), .data_o(data), .grant_i(grant), .in_tile_o(in_tile),
        .beat_o(number), .err_early_o(err_early), .err_late_o(err_late)
    );

    always @(posedge clk_i) begin
        if (good) begin
            beat_q  <= beat_q == BEAT_LAST ? 32'd0 : beat_q + 32'd1;
            image_q <= at_end ? 32'd0 : image_q + 32'd1;
        end
        if (word) channel_q <= channel_q == CHANNEL_LAST ? 32'd0 : channel_q + 32'd1;
        if (tile) slot_q <= slot_q == SLOT_LAST ? 32'd0 : slot_q + 32'd1;
        if (taken && !failed_q) begin
            failed_q <= s_wrong_i;
            early_q  <= s_wrong_i && !at_end;
            late_q   <= s_wrong_i && at_end;
        end
        held_q  <= held_q + {31'd0, begins} - released;
        old_q   <= old_q + {31'd0, begun_q} - released;
        begun_q <= begins;
        pending_q <= word || (pending_q && !grant);
        if (word) pending_last_q <= tile;
        written_q <= grant && pending_last_q;
        in_tile_q <= written_q;
        if (rst_i) begin
            beat_q    <= 32'd0;
            channel_q <= 32'd0;
            slot_q    <= 32'd0;
            image_q   <= 32'd0;
            failed_q  <= 1'b0;
            early_q   <= 1'b0;
            late_q    <= 1'b0;
            held_q    <= 32'd0;
            old_q     <= 32'd0;
            begun_q   <= 1'b0;
            pending_q <= 1'b0;
            written_q <= 1'b0;
            in_tile_q <= 1'b0;
        end
    end

    // One beat is followed until its word is granted.
    reg seen_q, filling_q, waiting_q;
    reg [31:0] at_q, home_q;
    reg [BEAT_BITS-1:0] followed_q;
    wire enters = good && mark_i && !seen_q;
    wire [BEATS*BEAT_BITS:0] padded = {{(BEATS*BEAT_BITS-ROWS*8+1){1'b0}}, data};
    wire [BEATS*BEAT_BITS:0] from_it = padded >> (at_q * BEAT_BITS);
    wire [BEAT_BITS-1:0] counts = at_q == BEAT_LAST ? {BEAT_BITS{1'b1}} >> (BEATS*BEAT_BITS-ROWS*8) : {BEAT_BITS{1'b1}};
    always @(posedge clk_i) begin
        if (grant) waiting_q <= 1'b0;
        if (word && (filling_q || enters)) begin
            waiting_q <= 1'b1;
            filling_q <= 1'b0;
        end else if (enters) filling_q <= 1'b1;
        if (enters) begin
            seen_q     <= 1'b1;
            followed_q <= s_data_i;
            at_q       <= beat_q;
            home_q     <= FIRST + channel_q * STEP + slot_q;
        end
        if (rst_i) begin
            seen_q    <= 1'b0;
            filling_q <= 1'b0;
            waiting_q <= 1'b0;
        end
    end

    // Why a beat may be refused: no room for its tile, or for its word. The collector sees it a cycle late.
    wire blocked = !failed_q && ((beat_q == 32'd0 && channel_q == 32'd0 && held_q == ROOM) || (beat_q == BEAT_LAST && pending_q));
    reg blocked_q;
    always @(posedge clk_i) blocked_q <= blocked && !rst_i;

    reg image_seen_q, waits_q;
    always @(posedge clk_i) begin
        image_seen_q <= !rst_i && (image_seen_q || (good && at_end));
        waits_q      <= !rst_i && held_q == ROOM && beat_q == 32'd0 && channel_q == 32'd0 && enable_i && s_valid_i && !s_ready;
    end
    assign cover_left_o   = seen_q && !filling_q && !waiting_q;
    assign cover_waits_o  = waits_q;
    assign cover_image_o  = image_seen_q && word;
    assign cover_failed_o = failed_q && taken;
    wire unused = &{1'b0, home_q, from_it, released};

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        if (armed_q && !rst_i) begin
            if (!(write == pending_q)) begin
                $display("%m: a word that is whole is not offered until its grant, or one is offered that is not");
                $stop;
            end
            if (!(!(word && pending_q) || grant)) begin
                $display("%m: a word takes the place of one that still waits");
                $stop;
            end
            if (!(!waiting_q || ((from_it[BEAT_BITS-1:0] ^ followed_q) & counts) == {BEAT_BITS{1'b0}})) begin
                $display("%m: a word is not the bytes of its beats");
                $stop;
            end
            if (!(!waiting_q || addr == home_q[ADDR_W-1:0])) begin
                $display("%m: a word goes to another address than its own");
                $stop;
            end
            if (!(held_q <= ROOM)) begin
                $display("%m: a tile begins for which there is no room");
                $stop;
            end
            if (!(in_tile == in_tile_q)) begin
                $display("%m: a tile is not announced two cycles behind its last grant");
                $stop;
            end
            if (!(err_early == early_q && err_late == late_q)) begin
                $display("%m: an error is not that of the first wrong TLAST");
                $stop;
            end
            if (!(failed_q || number == image_q[BEAT_W-1:0])) begin
                $display("%m: the coming beat's number is wrong");
                $stop;
            end
            if (!(s_ready || !enable_i || blocked || blocked_q)) begin
                $display("%m: a beat is refused for which there is room");
                $stop;
            end
            if (!(enable_i || !s_ready)) begin
                $display("%m: a beat is taken that may not be");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

// axil_regs: the host's registers behind AXI4-Lite, with the counters, the sticky errors and the watchdog. See docs/registers.md.
`default_nettype none

module axil_regs #(
    parameter ADDR_W  = 8,  // address bits of the bus, 8 to 31; addresses beyond the table are answered with SLVERR
    parameter ROWS    = 2,  // pixel lanes of the array
    parameter COLS    = 2,  // output channels of the array
    parameter STEP_W  = 16, // bits of the program counter, 1 to 31
    parameter LAYER_W = 8,  // bits of a layer index, 1 to 16
    parameter LANE_W  = 1,  // bits of a lane index, 1 to 16
    parameter FIRST_W = 16, // bits of an activation's number in its lane, 1 to 32
    parameter MEMORIES   = 6,  // memories that are read back, 1 to 16
    parameter LOAD_WORDS = 0,  // words that a load of the weights takes, 0: the weights are in the design
    // SHA-256 in 64 lower-case hexadecimal digits.
    parameter [511:0] DESIGN_HASH  = "0000000000000000000000000000000000000000000000000000000000000000",
    parameter [511:0] WEIGHTS_HASH = "0000000000000000000000000000000000000000000000000000000000000000"
) (
    input  wire               clk_i,
    input  wire               rst_i,
    // AXI4-Lite; the low two address bits are not looked at.
    input  wire [ADDR_W-1:0]  s_axil_awaddr_i,
    input  wire               s_axil_awvalid_i,
    output wire               s_axil_awready_o,
    input  wire [31:0]        s_axil_wdata_i,
    input  wire [3:0]         s_axil_wstrb_i,
    input  wire               s_axil_wvalid_i,
    output wire               s_axil_wready_o,
    output wire [1:0]         s_axil_bresp_o,
    output wire               s_axil_bvalid_o,
    input  wire               s_axil_bready_i,
    input  wire [ADDR_W-1:0]  s_axil_araddr_i,
    input  wire               s_axil_arvalid_i,
    output wire               s_axil_arready_o,
    output wire [31:0]        s_axil_rdata_o,
    output wire [1:0]         s_axil_rresp_o,
    output wire               s_axil_rvalid_o,
    input  wire               s_axil_rready_i,
    // To the machine.
    output wire               enable_o,        // it may begin tiles
    output wire               load_o,          // input beats are weights; then memories are read back
    output wire               check_o,         // memories are read back
    output wire               loop_o,          // input beats are output beats
    output wire               dump_o,          // results are activations:
    output wire [LAYER_W-1:0] dump_layer_o,    // of which layer
    output wire [LANE_W-1:0]  dump_lane_o,     // of which lane
    output wire [FIRST_W-1:0] dump_first_o,    // from which on
    output wire               soft_reset_o,    // for one cycle: reset everything but the weights and these registers
    output wire               error_o,         // some error bit is set
    output wire [LAYER_W-1:0] chk_layer_o,     // which checksum the host wants
    // From the machine. The checksum follows its index by one cycle.
    input  wire [31:0]        chk_value_i,
    input  wire [STEP_W-1:0]  step_i,
    input  wire [LAYER_W-1:0] layer_i,
    input  wire               busy_i,          // an image is in flight
    input  wire               result_ready_i,  // a result beat waits
    // From the machine, high for one cycle per event.
    input  wire               progress_i,      // a step was taken; beats count as progress by themselves
    input  wire               in_beat_i,       // an input beat was taken
    input  wire               out_beat_i,      // an output beat was taken
    input  wire               starved_i,       // waiting for an input beat in this cycle
    input  wire               blocked_i,       // an output beat waits in this cycle
    input  wire               image_done_i,    // an image's last result beat was taken
    input  wire               tlast_early_i,   // TLAST before an image's last beat
    input  wire               tlast_late_i,    // an image's last beat without TLAST
    input  wire               dropped_i,       // a beat came after an error and was dropped
    input  wire               load_word_i,     // a word of the weights was taken
    input  wire               found_i,         // a memory is read back:
    input  wire [3:0]         found_memory_i,  // its number
    input  wire [31:0]        found_crc_i,     // its CRC-32
    input  wire               found_last_i     // it is the last one
);
    // Printed from the register table in hdl/machine/src/registers; do not edit.
    localparam WINDOW_ADDR_W = 8;
    localparam [31:0] ID_ADDR = 32'h00;
    localparam [31:0] ID_VALUE = 32'h53595354;
    localparam [31:0] ABI_VERSION_ADDR = 32'h04;
    localparam [31:0] ABI_VERSION_VALUE = 32'h00000004;
    localparam [31:0] GEOMETRY_ADDR = 32'h08;
    localparam GEOMETRY_ROWS_LSB = 0;
    localparam GEOMETRY_COLS_LSB = 16;
    localparam [31:0] CONTROL_ADDR = 32'h0c;
    localparam CONTROL_ENABLE_LSB = 0;
    localparam CONTROL_SOFT_RESET_LSB = 1;
    localparam CONTROL_CLEAR_ERRORS_LSB = 2;
    localparam CONTROL_LOAD_LSB = 3;
    localparam CONTROL_CHECK_LSB = 4;
    localparam CONTROL_LOOP_BACK_LSB = 5;
    localparam CONTROL_DUMP_LSB = 6;
    localparam [31:0] STATUS_ADDR = 32'h10;
    localparam STATUS_IDLE_LSB = 0;
    localparam STATUS_BUSY_LSB = 1;
    localparam STATUS_RESULT_READY_LSB = 2;
    localparam STATUS_ERROR_LSB = 3;
    localparam STATUS_CHECKED_LSB = 4;
    localparam STATUS_READY_LSB = 5;
    localparam [31:0] ERRORS_ADDR = 32'h14;
    localparam ERRORS_TLAST_EARLY_LSB = 0;
    localparam ERRORS_TLAST_LATE_LSB = 1;
    localparam ERRORS_WATCHDOG_LSB = 2;
    localparam ERRORS_DROPPED_LSB = 3;
    localparam [31:0] WATCHDOG_LIMIT_ADDR = 32'h18;
    localparam [31:0] STEP_ADDR = 32'h1c;
    localparam [31:0] LAYER_ADDR = 32'h20;
    localparam [31:0] IMAGES_DONE_ADDR = 32'h24;
    localparam [31:0] CHECKSUM_INDEX_ADDR = 32'h28;
    localparam CHECKSUM_INDEX_LAYER_LSB = 0;
    localparam [31:0] CHECKSUM_VALUE_ADDR = 32'h2c;
    localparam [31:0] CYCLES_ADDR = 32'h30;
    localparam [31:0] BUSY_CYCLES_ADDR = 32'h38;
    localparam [31:0] IN_BEATS_ADDR = 32'h40;
    localparam [31:0] OUT_BEATS_ADDR = 32'h48;
    localparam [31:0] INPUT_STARVED_ADDR = 32'h50;
    localparam [31:0] OUTPUT_BLOCKED_ADDR = 32'h58;
    localparam [31:0] DESIGN_HASH_ADDR = 32'h60;
    localparam [31:0] WEIGHTS_HASH_ADDR = 32'h80;
    localparam [31:0] LOAD_WORDS_ADDR = 32'ha0;
    localparam [31:0] LOADED_WORDS_ADDR = 32'ha4;
    localparam [31:0] LOADED_CRC_ADDR = 32'ha8;
    localparam [31:0] WANTED_CRC_ADDR = 32'hac;
    localparam [31:0] DUMP_SOURCE_ADDR = 32'hb0;
    localparam DUMP_SOURCE_LAYER_LSB = 0;
    localparam DUMP_SOURCE_LANE_LSB = 16;
    localparam [31:0] DUMP_FIRST_ADDR = 32'hb4;
    localparam [31:0] MEMORY_INDEX_ADDR = 32'hb8;
    localparam MEMORY_INDEX_MEMORY_LSB = 0;
    localparam [31:0] MEMORY_CRC_ADDR = 32'hbc;

    localparam [1:0] OKAY   = 2'b00;
    localparam [1:0] SLVERR = 2'b10;

    generate
        if (ADDR_W < WINDOW_ADDR_W || ADDR_W > 31) begin : g_check_addr
            ERROR_axil_regs_ADDR_W_must_be_WINDOW_ADDR_W_to_31 check ();
        end
        if (ROWS < 1 || ROWS > 65535 || COLS < 1 || COLS > 65535) begin : g_check_shape
            ERROR_axil_regs_ROWS_and_COLS_must_be_1_to_65535 check ();
        end
        if (STEP_W < 1 || STEP_W > 31) begin : g_check_step
            ERROR_axil_regs_STEP_W_must_be_1_to_31 check ();
        end
        if (LAYER_W < 1 || LAYER_W > 16) begin : g_check_layer
            ERROR_axil_regs_LAYER_W_must_be_1_to_16 check ();
        end
        if (LANE_W < 1 || LANE_W > 16) begin : g_check_lane
            ERROR_axil_regs_LANE_W_must_be_1_to_16 check ();
        end
        if (MEMORIES < 1 || MEMORIES > 16) begin : g_check_memories
            ERROR_axil_regs_MEMORIES_must_be_1_to_16 check ();
        end
        if (FIRST_W < 1 || FIRST_W > 32) begin : g_check_first
            ERROR_axil_regs_FIRST_W_must_be_1_to_32 check ();
        end
    endgenerate

    // Hexadecimal digits to bits: a letter has bit 6 set and 1 to 6 in its low bits.
    wire [255:0] design_hash, weights_hash;
    genvar digit;
    generate
        for (digit = 0; digit < 64; digit = digit + 1) begin : g_digit
            assign design_hash[digit*4 +: 4]  = DESIGN_HASH[digit*8 +: 4]  + (DESIGN_HASH[digit*8+6]  ? 4'd9 : 4'd0);
            assign weights_hash[digit*4 +: 4] = WEIGHTS_HASH[digit*8 +: 4] + (WEIGHTS_HASH[digit*8+6] ? 4'd9 : 4'd0);
        end
    endgenerate

    // ---- Write channels: each of address and data is held until both are there and the last response is gone.
    reg              aw_full_q, w_full_q, b_valid_q;
    reg [ADDR_W-3:0] aw_word_q;
    reg [31:0]       w_data_q;
    reg [3:0]        w_strb_q;
    reg [1:0]        b_resp_q;

    wire        write      = aw_full_q && w_full_q && (!b_valid_q || s_axil_bready_i);
    wire [31:0] write_addr = {{(32 - ADDR_W){1'b0}}, aw_word_q, 2'b00};
    wire [31:0] write_mask = {{8{w_strb_q[3]}}, {8{w_strb_q[2]}}, {8{w_strb_q[1]}}, {8{w_strb_q[0]}}};
    wire [31:0] written    = w_data_q & write_mask;  // where strobes make pulses

    wire write_control  = write && write_addr == CONTROL_ADDR;
    wire write_watchdog = write && write_addr == WATCHDOG_LIMIT_ADDR;
    wire write_index    = write && write_addr == CHECKSUM_INDEX_ADDR;
    wire write_wanted   = write && write_addr == WANTED_CRC_ADDR;
    wire write_source   = write && write_addr == DUMP_SOURCE_ADDR;
    wire write_first    = write && write_addr == DUMP_FIRST_ADDR;
    wire write_memory   = write && write_addr == MEMORY_INDEX_ADDR;

    always @(posedge clk_i) begin
        if (rst_i) begin
            aw_full_q <= 1'b0;
            w_full_q  <= 1'b0;
            b_valid_q <= 1'b0;
        end else begin
            if (write) aw_full_q <= 1'b0;
            else if (s_axil_awvalid_i) aw_full_q <= 1'b1;
            if (write) w_full_q <= 1'b0;
            else if (s_axil_wvalid_i) w_full_q <= 1'b1;
            if (write) b_valid_q <= 1'b1;
            else if (s_axil_bready_i) b_valid_q <= 1'b0;
        end
        if (!aw_full_q) aw_word_q <= s_axil_awaddr_i[ADDR_W-1:2];
        if (!w_full_q) begin
            w_data_q <= s_axil_wdata_i;
            w_strb_q <= s_axil_wstrb_i;
        end
        if (write)
            b_resp_q <= (write_control || write_watchdog || write_index || write_wanted || write_source || write_first || write_memory)
                      ? OKAY : SLVERR;
    end

    assign s_axil_awready_o = !aw_full_q;
    assign s_axil_wready_o  = !w_full_q;
    assign s_axil_bvalid_o  = b_valid_q;
    assign s_axil_bresp_o   = b_resp_q;

    // ---- What the host sets.
    reg               enable_q, check_q, loop_q, run_q, dump_q, soft_reset_q, clear_errors_q;
    reg [31:0]        watchdog_limit_q;
    reg [LAYER_W-1:0] chk_layer_q, dump_layer_q;
    reg [LANE_W-1:0]  dump_lane_q;
    reg [FIRST_W-1:0] dump_first_q;
    reg [3:0]         memory_q;

    wire        load;
    wire [31:0] control        = ({31'b0, enable_q} << CONTROL_ENABLE_LSB) | ({31'b0, load} << CONTROL_LOAD_LSB)
                               | ({31'b0, check_q} << CONTROL_CHECK_LSB) | ({31'b0, loop_q} << CONTROL_LOOP_BACK_LSB)
                               | ({31'b0, dump_q} << CONTROL_DUMP_LSB);
    wire [31:0] checksum_index = {{(32 - LAYER_W){1'b0}}, chk_layer_q} << CHECKSUM_INDEX_LAYER_LSB;
    wire [31:0] dump_source    = ({{(32 - LAYER_W){1'b0}}, dump_layer_q} << DUMP_SOURCE_LAYER_LSB)
                               | ({{(32 - LANE_W){1'b0}}, dump_lane_q} << DUMP_SOURCE_LANE_LSB);
    wire [31:0] memory_index   = {28'd0, memory_q} << MEMORY_INDEX_MEMORY_LSB;
    wire [31:0] dump_first;
    wire [31:0] next_control   = control & ~write_mask | written;
    wire [31:0] next_index     = checksum_index & ~write_mask | written;
    wire [31:0] next_source    = dump_source & ~write_mask | written;
    wire [31:0] next_first     = dump_first & ~write_mask | written;
    wire [31:0] next_memory    = memory_index & ~write_mask | written;

    generate
        if (FIRST_W == 32) begin : g_first_whole
            assign dump_first = dump_first_q;
        end else begin : g_first
            assign dump_first = {{(32 - FIRST_W){1'b0}}, dump_first_q};
        end
    endgenerate

    always @(posedge clk_i) begin
        if (rst_i) begin
            enable_q         <= 1'b0;
            check_q          <= 1'b0;
            soft_reset_q     <= 1'b0;
            clear_errors_q   <= 1'b0;
            watchdog_limit_q <= 32'd0;
            chk_layer_q      <= {LAYER_W{1'b0}};
            loop_q           <= 1'b0;
            run_q            <= 1'b0;
            dump_q           <= 1'b0;
            dump_layer_q     <= {LAYER_W{1'b0}};
            dump_lane_q      <= {LANE_W{1'b0}};
            dump_first_q     <= {FIRST_W{1'b0}};
            memory_q         <= 4'd0;
        end else begin
            soft_reset_q   <= write_control && written[CONTROL_SOFT_RESET_LSB];
            clear_errors_q <= write_control && written[CONTROL_CLEAR_ERRORS_LSB];
            if (write_control) enable_q <= next_control[CONTROL_ENABLE_LSB];
            if (write_control) check_q <= next_control[CONTROL_CHECK_LSB];
            if (write_control) loop_q <= next_control[CONTROL_LOOP_BACK_LSB];
            if (write_control) run_q <= next_control[CONTROL_ENABLE_LSB] && !next_control[CONTROL_LOOP_BACK_LSB] && !next_control[CONTROL_CHECK_LSB];
            if (write_control) dump_q <= next_control[CONTROL_DUMP_LSB];
            if (write_source) dump_layer_q <= next_source[DUMP_SOURCE_LAYER_LSB +: LAYER_W];
            if (write_source) dump_lane_q <= next_source[DUMP_SOURCE_LANE_LSB +: LANE_W];
            if (write_first) dump_first_q <= next_first[FIRST_W-1:0];
            if (write_memory) memory_q <= next_memory[MEMORY_INDEX_MEMORY_LSB +: 4];
            if (write_watchdog) watchdog_limit_q <= watchdog_limit_q & ~write_mask | written;
            if (write_index) chk_layer_q <= next_index[CHECKSUM_INDEX_LAYER_LSB +: LAYER_W];
        end
    end

    // ---- Memories that are read back: the CRC of each.
    localparam [31:0] MEMORY_COUNT = MEMORIES;
    (* ram_style = "distributed" *) reg [31:0] crcs [0:15];
    reg         checked_q;
    reg [31:0]  memory_crc_q;
    wire        begins_load;
    wire        begins_check = write_control && next_control[CONTROL_CHECK_LSB] && !check_q;
    always @(posedge clk_i) begin
        if (found_i) crcs[found_memory_i] <= found_crc_i;
        memory_crc_q <= checked_q && {1'b0, memory_q} < MEMORY_COUNT[4:0] ? crcs[memory_q] : 32'd0;
        if (rst_i || begins_load || begins_check) checked_q <= 1'b0;
        else if (found_i && found_last_i) checked_q <= 1'b1;
    end

    // ---- Weights that are loaded: nothing runs until they were read back with the CRC that the host wants.
    wire        ready;
    wire [31:0] wanted_crc, loaded_crc, loaded_words;
    generate
        if (LOAD_WORDS == 0) begin : g_initialised
            assign begins_load  = 1'b0;
            assign load         = 1'b0;
            assign ready        = !check_q;
            assign enable_o     = run_q;
            assign wanted_crc   = 32'd0;
            assign loaded_crc   = 32'd0;
            assign loaded_words = 32'd0;
            wire unused_load = load_word_i;
        end else begin : g_loaded
            reg        load_q, ready_q;
            reg [31:0] wanted_crc_q, loaded_crc_q, loaded_words_q;
            assign begins_load = write_control && next_control[CONTROL_LOAD_LSB] && !load_q;
            always @(posedge clk_i) begin
                if (write_control) load_q <= next_control[CONTROL_LOAD_LSB];
                if (write_wanted) wanted_crc_q <= wanted_crc_q & ~write_mask | written;
                if (load_word_i) loaded_words_q <= loaded_words_q + 32'd1;
                if (found_i && found_memory_i == 4'd0) loaded_crc_q <= found_crc_i;
                ready_q <= checked_q && !load_q && !check_q && loaded_crc_q == wanted_crc_q;
                if (begins_load) loaded_words_q <= 32'd0;
                if (begins_load || begins_check) ready_q <= 1'b0;
                if (rst_i) begin
                    load_q         <= 1'b0;
                    ready_q        <= 1'b0;
                    wanted_crc_q   <= 32'd0;
                    loaded_crc_q   <= 32'd0;
                    loaded_words_q <= 32'd0;
                end
            end
            assign load         = load_q;
            assign ready        = ready_q;
            assign enable_o     = run_q && ready_q;
            assign wanted_crc   = wanted_crc_q;
            assign loaded_crc   = loaded_crc_q;
            assign loaded_words = loaded_words_q;
        end
    endgenerate

    assign load_o       = load;
    assign check_o      = check_q;
    assign loop_o       = loop_q;
    assign dump_o       = dump_q;
    assign dump_layer_o = dump_layer_q;
    assign dump_lane_o  = dump_lane_q;
    assign dump_first_o = dump_first_q;
    assign soft_reset_o = soft_reset_q;
    assign chk_layer_o  = chk_layer_q;

    // ---- Watchdog and sticky errors.
    reg [31:0] waited_q;  // cycles since the last progress, and this one
    reg        tlast_early_q, tlast_late_q, watchdog_q, dropped_q;

    wire progress = progress_i || in_beat_i || out_beat_i;
    wire bark     = busy_i && !progress && watchdog_limit_q != 32'd0 && waited_q >= watchdog_limit_q;

    always @(posedge clk_i) begin
        if (rst_i || soft_reset_q || !busy_i || progress) waited_q <= 32'd1;
        else if (waited_q != 32'hffffffff) waited_q <= waited_q + 32'd1;
        if (rst_i || soft_reset_q || clear_errors_q) begin
            tlast_early_q <= 1'b0;
            tlast_late_q  <= 1'b0;
            watchdog_q    <= 1'b0;
            dropped_q     <= 1'b0;
        end else begin
            if (tlast_early_i) tlast_early_q <= 1'b1;
            if (tlast_late_i) tlast_late_q <= 1'b1;
            if (bark) watchdog_q <= 1'b1;
            if (dropped_i) dropped_q <= 1'b1;
        end
    end

    assign error_o = tlast_early_q || tlast_late_q || watchdog_q || dropped_q;

    // ---- Counters.
    reg [63:0] cycles_q, busy_cycles_q, in_beats_q, out_beats_q, starved_q, blocked_q;
    reg [31:0] images_done_q;

    always @(posedge clk_i) begin
        if (rst_i || soft_reset_q) begin
            cycles_q      <= 64'd0;
            busy_cycles_q <= 64'd0;
            in_beats_q    <= 64'd0;
            out_beats_q   <= 64'd0;
            starved_q     <= 64'd0;
            blocked_q     <= 64'd0;
            images_done_q <= 32'd0;
        end else begin
            if (enable_o) cycles_q <= cycles_q + 64'd1;
            if (busy_i) busy_cycles_q <= busy_cycles_q + 64'd1;
            if (in_beat_i) in_beats_q <= in_beats_q + 64'd1;
            if (out_beat_i) out_beats_q <= out_beats_q + 64'd1;
            if (starved_i) starved_q <= starved_q + 64'd1;
            if (blocked_i) blocked_q <= blocked_q + 64'd1;
            if (image_done_i) images_done_q <= images_done_q + 32'd1;
        end
    end

    // ---- Read channels: the address is held, then its word goes to the response register when that is free.
    reg              ar_full_q, r_valid_q;
    reg [ADDR_W-3:0] ar_word_q;
    reg [31:0]       r_data_q;
    reg [1:0]        r_resp_q;
    reg [31:0]       high_q;  // high half of the counter whose low word was read last

    wire        read      = ar_full_q && (!r_valid_q || s_axil_rready_i);
    wire [31:0] read_addr = {{(32 - ADDR_W){1'b0}}, ar_word_q, 2'b00};
    wire [2:0]  hash_word = ~read_addr[4:2];  // word 0 is the most significant; hashes are aligned to their size

    wire [31:0] rows     = ROWS;
    wire [31:0] cols     = COLS;
    wire [31:0] geometry = (rows << GEOMETRY_ROWS_LSB) | (cols << GEOMETRY_COLS_LSB);
    wire [31:0] status   = ({31'b0, !busy_i} << STATUS_IDLE_LSB) | ({31'b0, busy_i} << STATUS_BUSY_LSB)
                         | ({31'b0, result_ready_i} << STATUS_RESULT_READY_LSB) | ({31'b0, error_o} << STATUS_ERROR_LSB)
                         | ({31'b0, checked_q} << STATUS_CHECKED_LSB) | ({31'b0, ready} << STATUS_READY_LSB);
    wire [31:0] errors   = ({31'b0, tlast_early_q} << ERRORS_TLAST_EARLY_LSB)
                         | ({31'b0, tlast_late_q} << ERRORS_TLAST_LATE_LSB)
                         | ({31'b0, watchdog_q} << ERRORS_WATCHDOG_LSB) | ({31'b0, dropped_q} << ERRORS_DROPPED_LSB);
    wire [31:0] step     = {{(32 - STEP_W){1'b0}}, step_i};
    wire [31:0] layer    = {{(32 - LAYER_W){1'b0}}, layer_i};

    reg [63:0] value;   // high half: of a counter
    reg        mapped;

    always @* begin
        value  = 64'd0;
        mapped = 1'b1;
        case (read_addr)
            ID_ADDR:                         value[31:0] = ID_VALUE;
            ABI_VERSION_ADDR:                value[31:0] = ABI_VERSION_VALUE;
            GEOMETRY_ADDR:                   value[31:0] = geometry;
            CONTROL_ADDR:                    value[31:0] = control;
            STATUS_ADDR:                     value[31:0] = status;
            ERRORS_ADDR:                     value[31:0] = errors;
            WATCHDOG_LIMIT_ADDR:             value[31:0] = watchdog_limit_q;
            STEP_ADDR:                       value[31:0] = step;
            LAYER_ADDR:                      value[31:0] = layer;
            IMAGES_DONE_ADDR:                value[31:0] = images_done_q;
            CHECKSUM_INDEX_ADDR:             value[31:0] = checksum_index;
            CHECKSUM_VALUE_ADDR:             value[31:0] = chk_value_i;
            LOAD_WORDS_ADDR:                 value[31:0] = LOAD_WORDS;
            LOADED_WORDS_ADDR:               value[31:0] = loaded_words;
            LOADED_CRC_ADDR:                 value[31:0] = loaded_crc;
            WANTED_CRC_ADDR:                 value[31:0] = wanted_crc;
            DUMP_SOURCE_ADDR:                value[31:0] = dump_source;
            DUMP_FIRST_ADDR:                 value[31:0] = dump_first;
            MEMORY_INDEX_ADDR:               value[31:0] = memory_index;
            MEMORY_CRC_ADDR:                 value[31:0] = memory_crc_q;
            CYCLES_ADDR:                     value       = cycles_q;
            BUSY_CYCLES_ADDR:                value       = busy_cycles_q;
            IN_BEATS_ADDR:                   value       = in_beats_q;
            OUT_BEATS_ADDR:                  value       = out_beats_q;
            INPUT_STARVED_ADDR:              value       = starved_q;
            OUTPUT_BLOCKED_ADDR:             value       = blocked_q;
            CYCLES_ADDR         | 32'd4,
            BUSY_CYCLES_ADDR    | 32'd4,
            IN_BEATS_ADDR       | 32'd4,
            OUT_BEATS_ADDR      | 32'd4,
            INPUT_STARVED_ADDR  | 32'd4,
            OUTPUT_BLOCKED_ADDR | 32'd4:     value[31:0] = high_q;
            default: begin
                if ({read_addr[31:5], 5'd0} == DESIGN_HASH_ADDR) value[31:0] = design_hash[{hash_word, 5'd0} +: 32];
                else if ({read_addr[31:5], 5'd0} == WEIGHTS_HASH_ADDR) value[31:0] = weights_hash[{hash_word, 5'd0} +: 32];
                else mapped = 1'b0;
            end
        endcase
    end

    wire read_counter = read_addr == CYCLES_ADDR || read_addr == BUSY_CYCLES_ADDR || read_addr == IN_BEATS_ADDR
                     || read_addr == OUT_BEATS_ADDR || read_addr == INPUT_STARVED_ADDR || read_addr == OUTPUT_BLOCKED_ADDR;

    always @(posedge clk_i) begin
        if (rst_i) begin
            ar_full_q <= 1'b0;
            r_valid_q <= 1'b0;
            high_q    <= 32'd0;
        end else begin
            if (read) ar_full_q <= 1'b0;
            else if (s_axil_arvalid_i) ar_full_q <= 1'b1;
            if (read) r_valid_q <= 1'b1;
            else if (s_axil_rready_i) r_valid_q <= 1'b0;
            if (read && read_counter) high_q <= value[63:32];
        end
        if (!ar_full_q) ar_word_q <= s_axil_araddr_i[ADDR_W-1:2];
        if (read) begin
            r_data_q <= value[31:0];
            r_resp_q <= mapped ? OKAY : SLVERR;
        end
    end

    assign s_axil_arready_o = !ar_full_q;
    assign s_axil_rvalid_o  = r_valid_q;
    assign s_axil_rdata_o   = r_data_q;
    assign s_axil_rresp_o   = r_resp_q;

    wire unused = &{1'b0, s_axil_awaddr_i[1:0], s_axil_araddr_i[1:0], next_control, next_index, next_source, next_first, next_memory, DESIGN_HASH, WEIGHTS_HASH};

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    reg b_waits_q, r_waits_q;
    reg [33:0] r_shown_q;
    reg [1:0] b_shown_q;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        b_waits_q <= s_axil_bvalid_o && !s_axil_bready_i && !rst_i;
        b_shown_q <= s_axil_bresp_o;
        r_waits_q <= s_axil_rvalid_o && !s_axil_rready_i && !rst_i;
        r_shown_q <= {s_axil_rresp_o, s_axil_rdata_o};
        if (armed_q && !rst_i) begin
            if (!(!b_waits_q || (s_axil_bvalid_o && s_axil_bresp_o == b_shown_q))) begin
                $display("%m: a response changed or vanished while it was stalled");
                $stop;
            end
            if (!(!r_waits_q || (s_axil_rvalid_o && {s_axil_rresp_o, s_axil_rdata_o} == r_shown_q))) begin
                $display("%m: what was read changed or vanished while it was stalled");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

// pool_walk: the pool engine's walk over channels and, for each, over the operation's passes: one step after the other. Where others have
// begun a chunk, a step of its own reads what there is of it before its first pass.
//
// Retimed. The path that is cut leads from the requests at port B through its combinational grant and the ends of the nested counters to
// the next address. The pass that comes next is in a register (ahead_q) while the one in hand (entry_q) is taken, and the ends of the
// counters are found a cycle before. So a grant enables registers and selects, and adds nothing.
`default_nettype none

module pool_walk #(
    parameter LANE_W    = 2,    // bits of a lane index
    parameter CNT_W     = 3,    // bits of a pixel count
    parameter K_W       = 2,    // bits of kernel_last and pad
    parameter STRIDE_W  = 3,    // bits of the stride
    parameter SLOT_W    = 8,    // bits of a line buffer's tile count
    parameter ADDR_W    = 12,   // bits of a bank address
    parameter CH_W      = 8,    // bits of ch_last
    parameter X_W       = 8,    // bits of a column number
    parameter Y_W       = 8,    // bits of a row number
    parameter MERGE     = 1,    // chunks may be begun by others
    parameter PASSES    = 4,    // passes of an operation at most, at least 1
    parameter POOL_BITS = 116   // bits of a POOL word, all fields together
) (
    input  wire                 clk_i,
    input  wire                 latch_i,         // an operation begins: it has no passes
    input  wire [SLOT_W-1:0]    src_slot_i,      // its source's slot
    input  wire                 pass_i,          // a pass is added, as pool_passes puts it out; before the first step
    input  wire [LANE_W-1:0]    pass_bank_i,
    input  wire [CNT_W:0]       pass_lo_i,
    input  wire [CNT_W:0]       pass_end_i,
    input  wire                 pass_first_i,
    input  wire                 pass_last_i,
    input  wire                 pass_merge_all_i,
    input  wire                 pass_straddles_i,
    input  wire [SLOT_W-1:0]    pass_slot_i,
    input  wire [SLOT_W-1:0]    pass_next_i,
    input  wire [LANE_W-1:0]    pass_lane_i,
    input  wire [CNT_W-1:0]     pass_out_i,
    input  wire                 step_i,          // the step is taken
    input  wire [POOL_BITS-1:0] word_i,
    output wire                 begin_o,         // it is its chunk's first
    output wire                 follows_begin_o, // so is the one behind it
    output wire                 merge_o,         // it reads what there is of the chunk, and is no pass
    output wire                 port_o,          // it takes a word of the banks, not of the result FIFO
    output wire                 word_end_o,      // it is a word's last pass
    output wire                 end_o,           // ... and the operation's
    output wire                 first_o,         // the pass, as it was added
    output wire                 last_o,
    output wire                 merge_all_o,
    output wire                 straddles_o,
    output wire [LANE_W-1:0]    bank_o,
    output wire [CNT_W:0]       lo_o,
    output wire [CNT_W:0]       end_lane_o,
    output wire [CNT_W-1:0]     out_o,
    output wire [ADDR_W-1:0]    read_addr_a_o,
    output wire [ADDR_W-1:0]    read_addr_b_o,
    output wire [LANE_W-1:0]    read_lane_o,
    output wire [ADDR_W-1:0]    write_addr_a_o,  // where the chunk's result goes
    output wire [ADDR_W-1:0]    write_addr_b_o,
    output wire [LANE_W-1:0]    write_lane_o
);
    // Fields of word_i as pool_*, a pool word: printed from hdl/machine/src/tables.rs, do not edit.
    generate if (POOL_BITS != 3 + 2*ADDR_W + 4*SLOT_W + LANE_W + CH_W + 3*X_W + 2*Y_W + 2*K_W + STRIDE_W) begin : g_check_pool
        ERROR_pool_walk_POOL_BITS_must_be_the_sum_of_its_fields check ();
    end endgenerate
    wire pool_direct = word_i[0];
    wire [ADDR_W-1:0] pool_src_base = word_i[1 +: ADDR_W];
    wire [SLOT_W-1:0] pool_src_n = word_i[1 + ADDR_W +: SLOT_W];
    wire [ADDR_W-1:0] pool_dst_base = word_i[1 + ADDR_W + SLOT_W +: ADDR_W];
    wire [SLOT_W-1:0] pool_dst_n = word_i[1 + 2*ADDR_W + SLOT_W +: SLOT_W];
    wire [CH_W-1:0] pool_ch_last = word_i[1 + 2*ADDR_W + 4*SLOT_W + LANE_W +: CH_W];
    wire unused_pool = &{1'b0, word_i};

    localparam AT_W   = PASSES > 2 ? $clog2(PASSES) : 1;
    localparam [31:0] TWO = 2;
    localparam PASS_W = 2*LANE_W + 2*(CNT_W + 1) + CNT_W + 2*SLOT_W + 4;

    generate
        if (SLOT_W > 31 || ADDR_W > 31) begin : g_check_slot
            ERROR_pool_walk_SLOT_W_and_ADDR_W_must_be_below_32 check ();
        end
        if (PASSES < 1) begin : g_check_passes
            ERROR_pool_walk_PASSES_must_be_at_least_1 check ();
        end
    endgenerate

    // The list. While it grows the first two passes go to the registers in front of it as well.
    wire [PASS_W-1:0] added = {
        pass_bank_i, pass_lo_i, pass_end_i, pass_first_i, pass_last_i, pass_merge_all_i, pass_straddles_i,
        pass_slot_i, pass_next_i, pass_lane_i, pass_out_i
    };
    (* ram_style = "distributed" *) reg [PASS_W-1:0] list [0:(1<<AT_W)-1];
    reg [AT_W:0] count_q;               // passes in the list
    reg [AT_W-1:0] at_q, ahead_at_q;    // the pass in hand, the one that comes into ahead_q
    reg [PASS_W-1:0] entry_q, ahead_q;
    wire [AT_W:0] last_at = count_q - 1'b1;
    wire at_end    = at_q == last_at[AT_W-1:0];
    wire ahead_end = ahead_at_q == last_at[AT_W-1:0];

    wire merging;
    wire pass_step = step_i && !merging;
    always @(posedge clk_i) begin
        if (pass_i) list[count_q[AT_W-1:0]] <= added;
        if (latch_i) begin
            count_q    <= {(AT_W+1){1'b0}};
            at_q       <= {AT_W{1'b0}};
            ahead_at_q <= {AT_W{1'b0}};
        end else if (pass_i) begin
            count_q <= count_q + 1'b1;
            if (count_q == {(AT_W+1){1'b0}}) entry_q <= added;
            if (count_q <= {{AT_W{1'b0}}, 1'b1}) ahead_q <= added;
            if (count_q == TWO[AT_W:0]) ahead_at_q <= TWO[AT_W-1:0];
        end else if (pass_step) begin
            entry_q    <= ahead_q;
            ahead_q    <= list[ahead_at_q];
            at_q       <= at_end ? {AT_W{1'b0}} : at_q + 1'b1;
            ahead_at_q <= ahead_end ? {AT_W{1'b0}} : ahead_at_q + 1'b1;
        end
    end

    wire [SLOT_W-1:0] slot, next;
    wire [LANE_W-1:0] lane;
    assign {bank_o, lo_o, end_lane_o, first_o, last_o, merge_all_o, straddles_o, slot, next, lane, out_o} = entry_q;
    wire ahead_first  = ahead_q[2*SLOT_W + LANE_W + CNT_W + 3];
    wire ahead_merges = ahead_first && (ahead_q[2*SLOT_W + LANE_W + CNT_W + 1] || ahead_q[2*SLOT_W + LANE_W + CNT_W]);
    wire merges       = first_o && (merge_all_o || straddles_o);

    generate
        if (MERGE != 0) begin : g_merge
            reg merging_q;
            always @(posedge clk_i)
                if (pass_i) begin
                    if (count_q == {(AT_W+1){1'b0}}) merging_q <= pass_first_i && (pass_merge_all_i || pass_straddles_i);
                end else if (step_i) merging_q <= !merging_q && ahead_merges;
            assign merging = merging_q;
        end else begin : g_whole
            assign merging = 1'b0;
            wire unused_merges = ahead_merges;
        end
    endgenerate

    // Channels, and the addresses of their words: slot 0 of the line buffer, one line buffer further with every channel.
    reg [CH_W-1:0] ch_left_q;
    reg ch_end_q;
    reg [ADDR_W-1:0] src_chan_q, dst_chan_q;
    reg [SLOT_W-1:0] src_slot_q;
    wire word_end = pass_step && at_end;
    wire [31:0] src_n = {{(32 - SLOT_W){1'b0}}, pool_src_n};
    wire [31:0] dst_n = {{(32 - SLOT_W){1'b0}}, pool_dst_n};
    always @(posedge clk_i)
        if (latch_i) begin
            ch_left_q  <= pool_ch_last;
            ch_end_q   <= pool_ch_last == {CH_W{1'b0}};
            src_slot_q <= src_slot_i;
            src_chan_q <= pool_src_base;
            dst_chan_q <= pool_dst_base;
        end else if (word_end) begin
            ch_left_q  <= ch_left_q - 1'b1;
            ch_end_q   <= ch_left_q == {{(CH_W-1){1'b0}}, 1'b1};
            src_chan_q <= src_chan_q + src_n[ADDR_W-1:0];
            dst_chan_q <= dst_chan_q + dst_n[ADDR_W-1:0];
        end

    wire [31:0] slot_wide     = {{(32 - SLOT_W){1'b0}}, slot};
    wire [31:0] next_wide     = {{(32 - SLOT_W){1'b0}}, next};
    wire [31:0] src_slot_wide = {{(32 - SLOT_W){1'b0}}, src_slot_q};
    wire [ADDR_W-1:0] src_addr = src_chan_q + src_slot_wide[ADDR_W-1:0];
    assign begin_o         = first_o && merging == merges;
    assign follows_begin_o = !merging && ahead_first;
    assign merge_o         = merging;
    assign port_o          = merging || !pool_direct;
    assign word_end_o      = !merging && at_end;
    assign end_o           = !merging && at_end && ch_end_q;
    assign write_addr_a_o  = dst_chan_q + slot_wide[ADDR_W-1:0];
    assign write_addr_b_o  = dst_chan_q + next_wide[ADDR_W-1:0];
    assign write_lane_o    = lane;
    assign read_addr_a_o   = merging ? write_addr_a_o : src_addr;
    assign read_addr_b_o   = merging ? write_addr_b_o : src_addr;
    assign read_lane_o     = merging ? lane : {LANE_W{1'b0}};

    wire unused = &{
        1'b0, last_at[AT_W], src_n[31:ADDR_W], dst_n[31:ADDR_W], slot_wide[31:ADDR_W], next_wide[31:ADDR_W], src_slot_wide[31:ADDR_W]
    };
endmodule

`default_nettype wire

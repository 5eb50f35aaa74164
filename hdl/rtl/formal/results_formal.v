// results_formal: any images' columns, with columns of other layers between, against any pauses of the output: every result once, in
// order, class after class, and of one class, any one, the sum.
`default_nettype none

module results_formal #(
    parameter CLASSES  = 3,  // sums of a result
    parameter CLASS_W  = 2,  // bits of a class index
    parameter COLS     = 2,  // columns of the array
    parameter INTERVAL = 4,  // cycles between channel tiles
    parameter SUM_W    = 1,  // low bits of a lane sum that are free; the others are its sign's
    parameter OFFSET_W = 1,  // bits of an offset
    parameter SUMS     = 1   // 1: the sums are compared too
) (
    input  wire                clk_i,
    input  wire                rst_i,
    input  wire                begin_i,      // a channel tile begins
    input  wire                sums_i,       // it is of the sum layer
    input  wire                tile_last_i,  // it is of the image's last tile
    input  wire [SUM_W-1:0]    lane_sum_i,
    input  wire [15:0]         lane_check_i,
    input  wire [OFFSET_W-1:0] offset_i,
    input  wire [CLASS_W-1:0]  watch_i,      // class whose sum is followed
    input  wire                m_ready_i,
    output wire                cover_two_o,
    output wire                cover_tiles_o
);
    localparam COUNT_W = 3;
    localparam LANE_W = 8;
    localparam [31:0] CLASS_END = CLASSES - 1, COL_END = COLS - 1, PAUSE = INTERVAL - 1;
    localparam [CLASS_W-1:0] CLASS_LAST = CLASS_END[CLASS_W-1:0];
    localparam [COUNT_W-1:0] COL_LAST = COL_END[COUNT_W-1:0], ENOUGH = PAUSE[COUNT_W-1:0];
    wire m_valid, m_last, sum_done, loop_ready;
    wire [31:0] m_data, check;
    wire [CLASS_W-1:0] offset_addr;

    // Columns as the drain gives them: a channel tile's one after the other, channel tiles INTERVAL apart, no third image before the
    // first is out.
    reg [COUNT_W-1:0] since_q, col_q;
    reg [CLASS_W-1:0] class_q;
    reg [1:0] images_q;     // begun, not out
    reg runs_q, sum_q, first_q, last_q;  // a channel tile is under way: of the sum layer, of an image's first tile, of its last
    wire at_start = class_q == {CLASS_W{1'b0}};
    wire begins   = begin_i && !runs_q && since_q == ENOUGH && !(sums_i && at_start && first_q && images_q == 2'd2);
    wire valid    = runs_q || begins;
    wire sum      = runs_q ? sum_q : sums_i;
    wire last     = at_start && begins && sums_i ? tile_last_i : last_q;
    wire [COUNT_W-1:0] col = runs_q ? col_q : {COUNT_W{1'b0}};
    wire col_end  = col == COL_LAST || (sum && class_q == CLASS_LAST);
    wire image    = begins && sums_i && at_start && first_q;
    wire over     = valid && sum && class_q == CLASS_LAST;
    always @(posedge clk_i) begin
        since_q <= begins ? {COUNT_W{1'b0}} : since_q == ENOUGH ? since_q : since_q + 1'b1;
        runs_q  <= valid && !col_end;
        col_q   <= col + 1'b1;
        if (begins) sum_q <= sums_i;
        last_q <= last;
        if (valid && sum) class_q <= over ? {CLASS_W{1'b0}} : class_q + 1'b1;
        if (over) first_q <= last;
        images_q <= images_q + {1'b0, image} - {1'b0, sum_done};
        if (rst_i) begin
            since_q  <= ENOUGH;
            runs_q   <= 1'b0;
            class_q  <= {CLASS_W{1'b0}};
            first_q  <= 1'b1;
            images_q <= 2'd0;
        end
    end

    // The class that is followed; its offset is one number.
    reg [CLASS_W-1:0] watch_q;
    reg [OFFSET_W-1:0] own_q, offset_q;
    always @(posedge clk_i) begin
        if (rst_i) watch_q <= watch_i > CLASS_LAST ? CLASS_LAST : watch_i;
        if (rst_i) own_q <= offset_i;
        offset_q <= rst_i ? offset_i : offset_addr == watch_q ? own_q : offset_i;
    end

    results #(
        .LAYERS(1), .LAYER_W(1), .CLASSES(CLASSES), .CLASS_W(CLASS_W), .SUM_W(LANE_W), .FIRST_W(1), .OFFSET_W(OFFSET_W), .BLOCK(0)
    ) dut (
        .clk_i(clk_i), .rst_i(rst_i), .col_valid_i(valid), .col_first_i(col == {COUNT_W{1'b0}}), .col_last_i(col_end), .col_sum_i(sum),
        .col_layer_i(sum), .col_tile_first_i(first_q), .col_tile_last_i(last), .col_ct_first_i(class_q <= COL_END[CLASS_W-1:0]),
        .col_ct_last_i(class_q + COL_END[CLASS_W-1:0] - col[CLASS_W-1:0] >= CLASS_LAST), .lane_sum_i({{(LANE_W-SUM_W){lane_sum_i[SUM_W-1]}}, lane_sum_i}),
        .lane_check_i(lane_check_i), .check_index_i(1'b0), .check_value_o(check), .dump_i(1'b0), .dump_layer_i(1'b0), .dump_first_i(1'b0),
        .loop_i(1'b0), .loop_valid_i(1'b0), .loop_ready_o(loop_ready), .loop_data_i(32'd0), .loop_last_i(1'b0), .offset_i(offset_q),
        .m_axis_tvalid_o(m_valid), .m_axis_tready_i(m_ready_i), .m_axis_tdata_o(m_data), .m_axis_tlast_o(m_last), .sum_done_o(sum_done),
        .offset_addr_o(offset_addr)
    );

    // The sum as it should be, a cycle behind its column; and results that are to come, the older one first.
    wire mine = valid && sum && class_q == watch_q;
    reg mine_q, mine_first_q, over_q;
    reg [SUM_W-1:0] lane_q;
    reg [31:0] sum_so_far_q, older_q, newer_q;
    wire [31:0] lane   = {{(32-SUM_W){lane_q[SUM_W-1]}}, lane_q};
    wire [31:0] offset = {{(32-OFFSET_W){own_q[OFFSET_W-1]}}, own_q};
    wire [31:0] so_far = mine_q ? (mine_first_q ? offset : sum_so_far_q) + lane : sum_so_far_q;
    reg [1:0] waiting_q;
    reg [CLASS_W-1:0] beat_q;
    wire goes = m_valid && m_ready_i;
    wire out  = goes && beat_q == CLASS_LAST;
    reg [2:0] late_q;  // cycles that a result is complete and no beat of it is offered
    reg tiles_q;
    always @(posedge clk_i) begin
        mine_q       <= mine;
        mine_first_q <= first_q;
        lane_q       <= lane_sum_i;
        sum_so_far_q <= so_far;
        over_q       <= over && last;
        waiting_q    <= waiting_q + {1'b0, over_q} - {1'b0, out};
        if (over_q && waiting_q - {1'b0, out} == 2'd0) older_q <= so_far;
        else if (out) older_q <= newer_q;
        if (over_q) newer_q <= so_far;
        if (goes) beat_q <= out ? {CLASS_W{1'b0}} : beat_q + 1'b1;
        late_q  <= waiting_q == 2'd0 || m_valid ? 3'd0 : late_q + 3'd1;
        tiles_q <= !first_q && out;
        if (rst_i) begin
            mine_q    <= 1'b0;
            over_q    <= 1'b0;
            waiting_q <= 2'd0;
            beat_q    <= {CLASS_W{1'b0}};
            late_q    <= 3'd0;
            tiles_q   <= 1'b0;
        end
    end
    assign cover_two_o   = waiting_q == 2'd2;
    assign cover_tiles_o = tiles_q;
    wire unused = &{1'b0, check, loop_ready};

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        if (armed_q && !rst_i) begin
            if (!(!m_valid || waiting_q != 2'd0)) begin
                $display("%m: a beat is offered of no result that is complete");
                $stop;
            end
            if (!(!m_valid || m_last == (beat_q == CLASS_LAST))) begin
                $display("%m: TLAST is not with the last class");
                $stop;
            end
            if (!(SUMS == 0 || !m_valid || beat_q != watch_q || m_data == older_q)) begin
                $display("%m: a beat is not the sum of its class");
                $stop;
            end
            if (!(late_q <= 3'd3)) begin
                $display("%m: a result that is complete does not come out");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

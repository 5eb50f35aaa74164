// drain: remembers a descriptor per channel tile in flight and drives the output stage: parameters, writes, sums.
`default_nettype none

module drain #(
    parameter ROWS        = 4,   // lanes
    parameter COLS        = 4,   // columns, at least 2
    parameter COL_W       = 2,   // bits of a column index, clog2(COLS)
    parameter ADDR_W      = 12,  // bits of a bank address
    parameter N_W         = 8,   // bits of dst_n, the tiles in the destination's line buffer; at most ADDR_W
    parameter PARAM_W     = 8,   // bits of a parameter address
    parameter LAYER_W     = 4,   // bits of a layer index
    parameter ACC_W       = 25,  // accumulator bits
    parameter MULT_W      = 17,  // multiplier bits
    parameter RESIDUAL_W  = 1,   // bits of the multiplier of what is added
    parameter QUEUE       = 8,   // descriptors in flight, at least 2
    parameter DRAIN_DELAY = 16   // EDGE, links of the array's chain, 1 with pairs: from desc_push_i to the pop, at least 1
) (
    input  wire                    clk_i,
    input  wire                    rst_i,
    input  wire                    desc_push_i,        // the step_last of a (pixel tile, channel tile)
    input  wire [ADDR_W-1:0]       desc_dst_addr_i,    // column 0's address; column j: + j * dst_n
    input  wire [N_W-1:0]          desc_dst_n_i,
    input  wire [PARAM_W-1:0]      desc_param_addr_i,
    input  wire [COL_W-1:0]        desc_cols_last_i,   // valid columns - 1
    input  wire                    desc_sum_i,         // the layer is summed over its pixels, and not written
    input  wire                    desc_direct_i,      // ... or goes to the result FIFO
    input  wire                    desc_out_signed_i,  // activations leave signed
    input  wire                    desc_relu_i,
    input  wire [LAYER_W-1:0]      desc_layer_i,
    input  wire                    desc_tile_first_i,
    input  wire                    desc_tile_last_i,
    input  wire                    desc_ct_first_i,
    input  wire                    desc_ct_last_i,
    output wire [PARAM_W-1:0]      param_addr_o,       // to the PARAM rom
    input  wire [ACC_W+MULT_W-1:0] param_i,            // {mult, bias}, one cycle after param_addr_o
    output wire [LAYER_W-1:0]      residual_addr_o,    // to the RESIDUAL rom
    input  wire [RESIDUAL_W:0]     residual_i,         // {signed, mult}, one cycle after residual_addr_o
    output wire [ACC_W-1:0]        bias_o,             // signed; column j at U(0, j)
    output wire [MULT_W-1:0]       mult_o,
    output wire [RESIDUAL_W-1:0]   residual_mult_o,
    output wire                    residual_signed_o,
    output wire                    relu_o,
    output wire                    out_signed_o,
    output wire                    out_wide_o,         // 16 bits rather than 8: a sum layer
    output wire                    write_o,            // to port B, at V(j)
    output wire [ADDR_W-1:0]       write_addr_o,
    output wire                    fill_o,             // to the result FIFO instead, at V(j)
    output wire                    col_valid_o,        // to results, at V(j) + 1
    output wire                    col_first_o,        // j = 0
    output wire                    col_last_o,         // the last valid column
    output wire                    col_sum_o,
    output wire [LAYER_W-1:0]      col_layer_o,
    output wire                    col_tile_first_o,
    output wire                    col_tile_last_o,
    output wire                    col_ct_first_o,
    output wire                    col_ct_last_o,
    output wire                    retire_o            // V(COLS - 1) + 2 of a tile's last channel tile
);
    localparam PTR_W  = $clog2(QUEUE);
    localparam DESC_W = ADDR_W + N_W + PARAM_W + COL_W + LAYER_W + 8;
    localparam [31:0] QUEUE_LAST = QUEUE - 1;
    localparam [31:0] COLS_LAST  = COLS - 1;

    generate
        if (COLS < 2 || COL_W != $clog2(COLS)) begin : g_check_cols
            ERROR_drain_COL_W_must_be_clog2_of_COLS check ();
        end
        if (QUEUE < 2) begin : g_check_queue
            ERROR_drain_QUEUE_must_be_at_least_2 check ();
        end
        if (N_W > ADDR_W) begin : g_check_n
            ERROR_drain_N_W_must_not_exceed_ADDR_W check ();
        end
        if (DRAIN_DELAY < 1) begin : g_check_delay
            ERROR_drain_DRAIN_DELAY_must_be_positive check ();
        end
    endgenerate

    wire pop;
    delay #(.WIDTH(1), .N(DRAIN_DELAY), .RESET(1)) token (.clk_i(clk_i), .rst_i(rst_i), .d_i(desc_push_i), .d_o(pop));

    (* ram_style = "distributed" *) reg [DESC_W-1:0] queue [0:QUEUE-1];
    reg [PTR_W-1:0] push_q, pop_q;
    always @(posedge clk_i) begin
        if (desc_push_i)
            queue[push_q] <= {
                desc_dst_addr_i, desc_dst_n_i, desc_param_addr_i, desc_cols_last_i, desc_layer_i, desc_sum_i,
                desc_direct_i, desc_out_signed_i, desc_relu_i, desc_tile_first_i, desc_tile_last_i, desc_ct_first_i, desc_ct_last_i
            };
        if (desc_push_i) push_q <= push_q == QUEUE_LAST[PTR_W-1:0] ? {PTR_W{1'b0}} : push_q + 1'b1;
        if (pop) pop_q <= pop_q == QUEUE_LAST[PTR_W-1:0] ? {PTR_W{1'b0}} : pop_q + 1'b1;
        if (rst_i) begin
            push_q <= {PTR_W{1'b0}};
            pop_q  <= {PTR_W{1'b0}};
        end
    end

    reg active_q;
    reg valid_q;  // active_q and a valid column
    reg [COL_W-1:0] col_q, cols_last_q;
    reg [ADDR_W-1:0] addr_q;
    reg [N_W-1:0] n_q;
    reg [PARAM_W-1:0] param_addr_q;
    reg [LAYER_W-1:0] layer_q;
    reg sum_q, direct_q, out_signed_q, relu_q, tile_first_q, tile_last_q, ct_first_q, ct_last_q;
    wire col_end = col_q == COLS_LAST[COL_W-1:0];
    wire col_last = col_q == cols_last_q;
    wire [ADDR_W:0] n_wide = {{(ADDR_W + 1 - N_W){1'b0}}, n_q};
    always @(posedge clk_i) begin
        col_q        <= col_q + 1'b1;
        addr_q       <= addr_q + n_wide[ADDR_W-1:0];
        param_addr_q <= param_addr_q + 1'b1;
        if (col_end) active_q <= 1'b0;
        if (col_end || col_last) valid_q <= 1'b0;
        if (pop) begin
            active_q <= 1'b1;
            valid_q  <= 1'b1;
            col_q    <= {COL_W{1'b0}};
            {
                addr_q, n_q, param_addr_q, cols_last_q, layer_q, sum_q,
                direct_q, out_signed_q, relu_q, tile_first_q, tile_last_q, ct_first_q, ct_last_q
            } <= queue[pop_q];
        end
        if (rst_i) begin
            active_q <= 1'b0;
            valid_q  <= 1'b0;
        end
    end

    reg [ACC_W+MULT_W-1:0] param_q;
    reg [RESIDUAL_W:0] residual_q;
    always @(posedge clk_i) param_q <= param_i;
    always @(posedge clk_i) residual_q <= residual_i;
    delay #(.WIDTH(3), .N(2)) format_delay (
        .clk_i(clk_i), .rst_i(1'b0), .d_i({sum_q, out_signed_q, relu_q}), .d_o({out_wide_o, out_signed_o, relu_o})
    );

    // Column j is here two cycles before U(0, j), hence ROWS + 5 before V(j).
    delay #(.WIDTH(2), .N(ROWS + 5), .RESET(1)) write_delay (
        .clk_i(clk_i), .rst_i(rst_i), .d_i({valid_q && !sum_q && !direct_q, valid_q && direct_q}), .d_o({write_o, fill_o})
    );
    delay #(.WIDTH(ADDR_W), .N(ROWS + 5)) addr_delay (
        .clk_i(clk_i), .rst_i(1'b0), .d_i(addr_q), .d_o(write_addr_o)
    );
    delay #(.WIDTH(1), .N(ROWS + 6), .RESET(1)) valid_delay (
        .clk_i(clk_i), .rst_i(rst_i), .d_i(valid_q), .d_o(col_valid_o)
    );
    delay #(.WIDTH(7 + LAYER_W), .N(ROWS + 6)) flag_delay (
        .clk_i(clk_i), .rst_i(1'b0),
        .d_i({
            layer_q, col_q == {COL_W{1'b0}}, col_last, sum_q,
            tile_first_q, tile_last_q, ct_first_q, ct_last_q
        }),
        .d_o({
            col_layer_o, col_first_o, col_last_o, col_sum_o,
            col_tile_first_o, col_tile_last_o, col_ct_first_o, col_ct_last_o
        })
    );
    delay #(.WIDTH(1), .N(ROWS + 7), .RESET(1)) retire_delay (
        .clk_i(clk_i), .rst_i(rst_i), .d_i(active_q && col_end && ct_last_q), .d_o(retire_o)
    );

    assign param_addr_o = param_addr_q;
    assign residual_addr_o = layer_q;
    assign {residual_signed_o, residual_mult_o} = residual_q;
    assign bias_o       = param_q[ACC_W-1:0];
    assign mult_o       = param_q[ACC_W +: MULT_W];

    wire unused = n_wide[ADDR_W];

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    localparam [31:0] QUEUE_ROOM = QUEUE;
    reg [PTR_W:0] waiting_q;  // descriptors in the queue
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        waiting_q <= rst_i ? {(PTR_W+1){1'b0}} : waiting_q + {{PTR_W{1'b0}}, desc_push_i} - {{PTR_W{1'b0}}, pop};
        if (armed_q && !rst_i) begin
            if (!(waiting_q <= QUEUE_ROOM[PTR_W:0])) begin
                $display("%m: the queue of descriptors overflows");
                $stop;
            end
            if (!(!pop || waiting_q != {(PTR_W+1){1'b0}})) begin
                $display("%m: a descriptor is popped that was not pushed");
                $stop;
            end
            if (!(!pop || !active_q || col_end)) begin
                $display("%m: a tile is drained before the one ahead of it is through");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

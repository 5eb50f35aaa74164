// axil_formal: the registers' bus, with addresses and data in any order and any pauses: answers in order, once, soon, and the right ones.
`default_nettype none

module axil_formal #(
    parameter ADDR_W    = 9,   // address bits of the bus
    parameter WINDOW    = 8,   // address bits of the table
    parameter PLAIN     = 24,  // address of a register that is as it was written
    parameter CONSTANT  = 0,   // address of a register that cannot be written
    parameter CONTENT   = 0,   // what it reads as
    parameter COUNTER   = 48,  // address of a counter
    parameter LOAD_WORDS = 0   // words that a load takes
) (
    input  wire              clk_i,
    input  wire              rst_i,
    input  wire [ADDR_W-1:0] awaddr_i,
    input  wire              awvalid_i,
    input  wire [31:0]       wdata_i,
    input  wire [3:0]        wstrb_i,
    input  wire              wvalid_i,
    input  wire              bready_i,
    input  wire [ADDR_W-1:0] araddr_i,
    input  wire              arvalid_i,
    input  wire              rready_i,
    input  wire [18:0]       machine_i,  // pulses and levels from the machine
    input  wire [35:0]       found_i,
    output wire              cover_written_o,
    output wire              cover_refused_o,
    output wire              cover_counted_o
);
    localparam [31:0] PLAIN_AT = PLAIN, CONSTANT_AT = CONSTANT, CONTENT_IS = CONTENT, COUNTER_AT = COUNTER;
    wire awready, wready, bvalid, arready, rvalid, enable, load, check, loop, dump, dump_layer, dump_lane, soft_reset, error, chk_layer;
    wire [1:0] bresp, rresp;
    wire [31:0] rdata;
    wire [1:0] dump_first;

    axil_regs #(
        .ADDR_W(ADDR_W), .STEP_W(1), .LAYER_W(1), .LANE_W(1), .FIRST_W(2), .MEMORIES(2), .LOAD_WORDS(LOAD_WORDS)
    ) dut (
        .clk_i(clk_i), .rst_i(rst_i), .s_axil_awaddr_i(awaddr_i), .s_axil_awvalid_i(awvalid_i), .s_axil_awready_o(awready),
        .s_axil_wdata_i(wdata_i), .s_axil_wstrb_i(wstrb_i), .s_axil_wvalid_i(wvalid_i), .s_axil_wready_o(wready), .s_axil_bresp_o(bresp),
        .s_axil_bvalid_o(bvalid), .s_axil_bready_i(bready_i), .s_axil_araddr_i(araddr_i), .s_axil_arvalid_i(arvalid_i),
        .s_axil_arready_o(arready), .s_axil_rdata_o(rdata), .s_axil_rresp_o(rresp), .s_axil_rvalid_o(rvalid), .s_axil_rready_i(rready_i),
        .enable_o(enable), .load_o(load), .check_o(check), .loop_o(loop), .dump_o(dump), .dump_layer_o(dump_layer), .dump_lane_o(dump_lane),
        .dump_first_o(dump_first), .soft_reset_o(soft_reset), .error_o(error), .chk_layer_o(chk_layer), .chk_value_i(found_i[31:0]),
        .step_i(machine_i[0]), .layer_i(machine_i[1]), .busy_i(machine_i[2]), .result_ready_i(machine_i[3]), .progress_i(machine_i[4]),
        .in_beat_i(machine_i[5]), .out_beat_i(machine_i[6]), .starved_i(machine_i[7]), .blocked_i(machine_i[8]),
        .image_done_i(machine_i[9]), .tlast_early_i(machine_i[10]), .tlast_late_i(machine_i[11]), .dropped_i(machine_i[12]),
        .load_word_i(machine_i[13]), .found_i(machine_i[14]), .found_memory_i(machine_i[18:15]), .found_crc_i(found_i[31:0]),
        .found_last_i(found_i[32])
    );

    // ---- Writes: addresses and data that came, the ones that wait for their partner, and the plain register as it should be.
    reg aw_q, w_q, b_q;  // an address, data, an answer that waits
    reg [ADDR_W-1:0] awaddr_q;
    reg [31:0] wdata_q, plain_q;
    reg [3:0] wstrb_q;
    wire aw = awvalid_i && awready;
    wire w  = wvalid_i && wready;
    wire b  = bvalid && bready_i;
    wire [31:0] at    = {{(32-ADDR_W){1'b0}}, awaddr_q[ADDR_W-1:2], 2'b00};
    wire [31:0] mask  = {{8{wstrb_q[3]}}, {8{wstrb_q[2]}}, {8{wstrb_q[1]}}, {8{wstrb_q[0]}}};
    wire        done  = aw_q && w_q && (!b_q || bready_i);  // the access takes place
    wire        known = at == PLAIN_AT;
    wire        wrong = at == CONSTANT_AT || at[31:WINDOW] != {(32-WINDOW){1'b0}};
    reg  [1:0]  kind_q;  // of the access whose answer waits: 1 must be OKAY, 2 must be SLVERR
    always @(posedge clk_i) begin
        aw_q <= (aw_q || aw) && !done;
        w_q  <= (w_q || w) && !done;
        b_q  <= done || (b_q && !bready_i);
        if (aw) awaddr_q <= awaddr_i;
        if (w) wdata_q <= wdata_i;
        if (w) wstrb_q <= wstrb_i;
        if (done) kind_q <= {wrong, known};
        if (done && known) plain_q <= (plain_q & ~mask) | (wdata_q & mask);
        if (rst_i) begin
            aw_q    <= 1'b0;
            w_q     <= 1'b0;
            b_q     <= 1'b0;
            plain_q <= 32'd0;
        end
    end

    // ---- Reads: the same. A counter's high half is that of the cycle in which its low half was read.
    reg ar_q, r_q;
    reg [ADDR_W-1:0] araddr_q;
    wire ar = arvalid_i && arready;
    wire [31:0] from   = {{(32-ADDR_W){1'b0}}, araddr_q[ADDR_W-1:2], 2'b00};
    wire        takes  = ar_q && (!r_q || rready_i);
    wire        in_table = from[31:WINDOW] == {(32-WINDOW){1'b0}};
    reg [31:0]  read_q;
    reg [63:0]  cycles_q, snapshot_q;
    reg         counted_q;  // of the counter the low half was read last
    reg [3:0]   read_kind_q;  // read_q is wanted; the answer is SLVERR and 0; low half; high half
    wire        low  = from == COUNTER_AT;
    wire        high = from == COUNTER_AT + 32'd4;
    always @(posedge clk_i) begin
        ar_q <= (ar_q || ar) && !takes;
        r_q  <= takes || (r_q && !rready_i);
        if (ar) araddr_q <= araddr_i;
        if (takes) begin
            read_q      <= from == PLAIN_AT ? plain_q : CONTENT_IS;
            read_kind_q <= {high && counted_q, low, !in_table, from == PLAIN_AT || from == CONSTANT_AT};
            if (low) snapshot_q <= cycles_q;
            // The reads of other counters' low halves would take the place of the high half.
            counted_q <= low || (counted_q && (from == PLAIN_AT || from == CONSTANT_AT));
        end
        cycles_q <= soft_reset ? 64'd0 : cycles_q + {63'd0, enable};
        if (rst_i) begin
            ar_q      <= 1'b0;
            r_q       <= 1'b0;
            cycles_q  <= 64'd0;
            counted_q <= 1'b0;
        end
    end

    reg written_q, refused_q, counted_out_q;
    always @(posedge clk_i) begin
        written_q     <= !rst_i && rvalid && read_kind_q[0] && read_q == plain_q && plain_q != 32'd0;
        refused_q     <= !rst_i && b && bresp != 2'd0;
        counted_out_q <= !rst_i && rvalid && read_kind_q[3] && snapshot_q[1:0] == 2'd2;
    end
    assign cover_written_o = written_q;
    assign cover_refused_o = refused_q;
    assign cover_counted_o = counted_out_q;
    wire unused = &{1'b0, load, check, loop, dump, dump_layer, dump_lane, dump_first, error, chk_layer, found_i,
                    awaddr_q, araddr_q};

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        if (armed_q && !rst_i) begin
            if (!(awready == !aw_q && wready == !w_q)) begin
                $display("%m: an address or data is refused though none waits, or taken though one does");
                $stop;
            end
            if (!(bvalid == b_q)) begin
                $display("%m: a write is not answered once, in the cycle behind its last part or as the answer before leaves");
                $stop;
            end
            if (!(!bvalid || !kind_q[0] || bresp == 2'b00)) begin
                $display("%m: a write that counts is refused");
                $stop;
            end
            if (!(!bvalid || !kind_q[1] || bresp == 2'b10)) begin
                $display("%m: a write to a constant or beyond the table is not answered with SLVERR");
                $stop;
            end
            if (!(arready == !ar_q && rvalid == r_q)) begin
                $display("%m: a read is not answered once and at once");
                $stop;
            end
            if (!(!rvalid || !read_kind_q[0] || (rdata == read_q && rresp == 2'b00))) begin
                $display("%m: a register does not read as it was written, byte by byte, or a constant as it is");
                $stop;
            end
            if (!(!rvalid || !read_kind_q[1] || (rdata == 32'd0 && rresp == 2'b10))) begin
                $display("%m: a read beyond the table is not answered with 0 and SLVERR");
                $stop;
            end
            if (!(!rvalid || !read_kind_q[2] || (rdata == snapshot_q[31:0] && rresp == 2'b00))) begin
                $display("%m: a counter's low half is not its count");
                $stop;
            end
            if (!(!rvalid || !read_kind_q[3] || (rdata == snapshot_q[63:32] && rresp == 2'b00))) begin
                $display("%m: a counter's high half is not of the cycle in which its low half was read");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

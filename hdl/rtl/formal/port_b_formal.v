// port_b_formal: who gets port B, what the banks then see, and how long a request can wait when drain and input come no faster than they do.
`default_nettype none

module port_b_formal #(
    parameter ROWS   = 3,  // banks
    parameter LANE_W = 2,  // bits of a bank index
    parameter ADDR_W = 2,  // bits of a bank address
    parameter BURST  = 3,  // most drain writes in a row, then there is a cycle of none
    parameter PAUSE  = 4,  // cycles from an input word's grant to the next one's request, at least
    parameter BOUND  = 7   // cycles that a pool request waits, at most
) (
    input  wire                   clk_i,
    input  wire                   rst_i,
    input  wire                   drain_write_i,
    input  wire [ADDR_W-1:0]      drain_addr_i,
    input  wire [ROWS*8-1:0]      drain_data_i,
    input  wire                   pool_write_i,
    input  wire [ADDR_W-1:0]      pool_write_addr_a_i,
    input  wire [ADDR_W-1:0]      pool_write_addr_b_i,
    input  wire [LANE_W-1:0]      pool_write_lane_i,
    input  wire [ROWS-1:0]        pool_write_mask_i,
    input  wire [ROWS*8-1:0]      pool_write_data_i,
    input  wire                   pool_read_i,
    input  wire [ADDR_W-1:0]      pool_read_addr_a_i,
    input  wire [ADDR_W-1:0]      pool_read_addr_b_i,
    input  wire [LANE_W-1:0]      pool_read_lane_i,
    input  wire                   in_write_i,
    input  wire [ADDR_W-1:0]      in_addr_i,
    input  wire [ROWS*8-1:0]      in_data_i,
    output wire                   cover_write_waited_o,
    output wire                   cover_read_o
);
    localparam [31:0] BURST_MOST = BURST, PAUSE_LEAST = PAUSE, BOUND_MOST = BOUND;
    wire pool_write_grant, pool_read_grant, in_grant;
    wire [ROWS*ADDR_W-1:0] b_addr;
    wire [ROWS-1:0] b_we;
    wire [ROWS*8-1:0] b_data;

    reg [31:0] burst_q, pause_q;
    wire drain = drain_write_i && burst_q < BURST_MOST;
    wire in    = in_write_i && pause_q >= PAUSE_LEAST;
    always @(posedge clk_i) begin
        burst_q <= rst_i || !drain ? 32'd0 : burst_q + 32'd1;
        pause_q <= rst_i || in_grant ? 32'd0 : pause_q >= PAUSE_LEAST ? pause_q : pause_q + 32'd1;
    end

    port_b #(.ROWS(ROWS), .LANE_W(LANE_W), .ADDR_W(ADDR_W)) dut (
        .clk_i(clk_i), .rst_i(rst_i), .drain_write_i(drain), .drain_addr_i(drain_addr_i), .drain_data_i(drain_data_i),
        .pool_write_i(pool_write_i), .pool_write_addr_a_i(pool_write_addr_a_i), .pool_write_addr_b_i(pool_write_addr_b_i),
        .pool_write_lane_i(pool_write_lane_i), .pool_write_mask_i(pool_write_mask_i), .pool_write_data_i(pool_write_data_i),
        .pool_write_grant_o(pool_write_grant), .pool_read_i(pool_read_i), .pool_read_addr_a_i(pool_read_addr_a_i),
        .pool_read_addr_b_i(pool_read_addr_b_i), .pool_read_lane_i(pool_read_lane_i), .pool_read_grant_o(pool_read_grant),
        .in_write_i(in), .in_addr_i(in_addr_i), .in_data_i(in_data_i), .in_grant_o(in_grant),
        .b_addr_o(b_addr), .b_we_o(b_we), .b_data_o(b_data)
    );

    // What each bank is to see in the next cycle.
    reg busy_q, data_counts_q;
    reg [ROWS-1:0] we_q;
    reg [ROWS*8-1:0] data_q;
    reg [ROWS*ADDR_W-1:0] addr_q;
    integer r;
    always @(posedge clk_i) begin
        busy_q        <= !rst_i && (drain || in_grant || pool_write_grant || pool_read_grant);
        data_counts_q <= !rst_i && (drain || in_grant || pool_write_grant);
        data_q        <= drain ? drain_data_i : in_grant ? in_data_i : pool_write_data_i;
        we_q          <= rst_i ? {ROWS{1'b0}} : drain || in_grant ? {ROWS{1'b1}} : pool_write_grant ? pool_write_mask_i : {ROWS{1'b0}};
        for (r = 0; r < ROWS; r = r + 1)
            addr_q[r*ADDR_W +: ADDR_W] <= drain ? drain_addr_i : in_grant ? in_addr_i
                : pool_write_grant ? (r[LANE_W-1:0] < pool_write_lane_i && r != ROWS - 1 ? pool_write_addr_b_i : pool_write_addr_a_i)
                : r[LANE_W-1:0] < pool_read_lane_i && r != ROWS - 1 ? pool_read_addr_b_i : pool_read_addr_a_i;
    end

    reg [31:0] waits_q;  // cycles that a pool's write waits
    always @(posedge clk_i) waits_q <= rst_i || !pool_write_i || pool_write_grant ? 32'd0 : waits_q + 32'd1;
    reg waited_q, read_q;
    always @(posedge clk_i) begin
        waited_q <= !rst_i && pool_write_grant && waits_q >= 32'd3;
        read_q   <= !rst_i && pool_read_grant;
    end
    assign cover_write_waited_o = waited_q;
    assign cover_read_o         = read_q;

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        if (armed_q && !rst_i) begin
            if (!(in_grant == (in && !drain))) begin
                $display("%m: an input word waits for anything but the drain");
                $stop;
            end
            if (!(pool_write_grant == (pool_write_i && !drain && !in))) begin
                $display("%m: a pool's write waits for anything but drain and input");
                $stop;
            end
            if (!(pool_read_grant == (pool_read_i && !drain && !in && !pool_write_i))) begin
                $display("%m: a pool's read waits though nobody else asks");
                $stop;
            end
            if (!(waits_q <= BOUND_MOST)) begin
                $display("%m: a pool's write waits longer than the bound");
                $stop;
            end
            if (!(b_we == we_q)) begin
                $display("%m: banks are written that the winner does not write, or not those that it does");
                $stop;
            end
            if (!(!busy_q || b_addr == addr_q)) begin
                $display("%m: a bank's address is not the winner's");
                $stop;
            end
            if (!(!data_counts_q || b_data == data_q)) begin
                $display("%m: the banks' data is not the winner's");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

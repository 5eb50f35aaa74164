// port_b: shares the banks' port B: drain, then input words, pool writes and pool reads; the winner's request is registered.
`default_nettype none

module port_b #(
    parameter ROWS   = 4,   // banks
    parameter LANE_W = 2,   // bits of a bank index, clog2(ROWS)
    parameter ADDR_W = 12   // bits of a bank address
) (
    input  wire                   clk_i,
    input  wire                   rst_i,
    input  wire                   drain_write_i,        // always granted
    input  wire [ADDR_W-1:0]      drain_addr_i,
    input  wire [ROWS*8-1:0]      drain_data_i,
    input  wire                   pool_write_i,         // bank b: address b if b < lane, else address a
    input  wire [ADDR_W-1:0]      pool_write_addr_a_i,
    input  wire [ADDR_W-1:0]      pool_write_addr_b_i,
    input  wire [LANE_W-1:0]      pool_write_lane_i,
    input  wire [ROWS-1:0]        pool_write_mask_i,    // banks to write
    input  wire [ROWS*8-1:0]      pool_write_data_i,
    output wire                   pool_write_grant_o,   // grants are combinational
    input  wire                   pool_read_i,
    input  wire [ADDR_W-1:0]      pool_read_addr_a_i,
    input  wire [ADDR_W-1:0]      pool_read_addr_b_i,
    input  wire [LANE_W-1:0]      pool_read_lane_i,
    output wire                   pool_read_grant_o,    // the banks' data is there three cycles after the grant
    input  wire                   in_write_i,
    input  wire [ADDR_W-1:0]      in_addr_i,
    input  wire [ROWS*8-1:0]      in_data_i,
    output wire                   in_grant_o,
    output wire [ROWS*ADDR_W-1:0] b_addr_o,             // to the banks
    output wire [ROWS-1:0]        b_we_o,               // 0: the bank reads
    output wire [ROWS*8-1:0]      b_data_o
);
    generate
        if (LANE_W != $clog2(ROWS)) begin : g_check_lane
            ERROR_port_b_LANE_W_must_be_clog2_of_ROWS check ();
        end
    endgenerate

    wire whole      = drain_write_i || in_write_i;
    wire pool_write = pool_write_i && !whole;
    wire pool_read  = pool_read_i && !whole && !pool_write_i;

    // The pool's reads come last: their addresses are sums. Both addresses are the same where all banks are written.
    wire [ADDR_W-1:0] whole_addr   = drain_write_i ? drain_addr_i : in_addr_i;
    wire [ADDR_W-1:0] write_addr_a = whole ? whole_addr : pool_write_addr_a_i;
    wire [ADDR_W-1:0] write_addr_b = whole ? whole_addr : pool_write_addr_b_i;
    wire writes                    = whole || pool_write_i;
    wire [ADDR_W-1:0] addr_a       = writes ? write_addr_a : pool_read_addr_a_i;
    wire [ADDR_W-1:0] addr_b       = writes ? write_addr_b : pool_read_addr_b_i;
    wire [LANE_W-1:0] lane         = pool_write_i ? pool_write_lane_i : pool_read_lane_i;

    reg [ROWS*ADDR_W-1:0] addr_q;
    reg [ROWS-1:0] we_q;
    reg [ROWS*8-1:0] data_q;
    always @(posedge clk_i) begin
        we_q   <= {ROWS{whole}} | ({ROWS{pool_write}} & pool_write_mask_i);
        data_q <= drain_write_i ? drain_data_i : in_write_i ? in_data_i : pool_write_data_i;
        if (rst_i) we_q <= {ROWS{1'b0}};
    end

    genvar r;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_bank
            wire [ADDR_W-1:0] own;
            if (r == ROWS - 1) begin : g_top
                assign own = addr_a;
            end else begin : g_split
                localparam [31:0] BANK = r;
                assign own = BANK[LANE_W-1:0] < lane ? addr_b : addr_a;
            end
            always @(posedge clk_i) addr_q[r*ADDR_W +: ADDR_W] <= own;
        end
    endgenerate

    assign pool_write_grant_o = pool_write;
    assign pool_read_grant_o  = pool_read;
    assign in_grant_o         = in_write_i && !drain_write_i;
    assign b_addr_o           = addr_q;
    assign b_we_o             = we_q;
    assign b_data_o           = data_q;

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        if (armed_q && !rst_i) begin
            if (!({2'b00, drain_write_i} + {2'b00, in_grant_o} + {2'b00, pool_write_grant_o} + {2'b00, pool_read_grant_o} <= 3'd1)) begin
                $display("%m: more than one grant");
                $stop;
            end
            if (!((pool_write_i || !pool_write_grant_o) && (pool_read_i || !pool_read_grant_o) && (in_write_i || !in_grant_o))) begin
                $display("%m: a grant that nobody asked for");
                $stop;
            end
            if (!(drain_write_i || in_grant_o || pool_write_grant_o || pool_read_grant_o || !(in_write_i || pool_write_i || pool_read_i))) begin
                $display("%m: a request and no grant");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

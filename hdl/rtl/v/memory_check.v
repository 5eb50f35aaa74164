// memory_check: reads all memories back, one after the other, a byte a cycle, and takes the CRC-32 of each.
`default_nettype none

module memory_check #(
    parameter MEMORIES = 6,   // memories, at most 16
    parameter ADDR_W   = 12,  // bits of the widest address
    parameter BYTE_W   = 4,   // bits of a byte's number in its word
    parameter SETTLE   = 12   // cycles between two memories, more than any one's latency, at least 4
) (
    input  wire                       clk_i,
    input  wire                       rst_i,
    input  wire                       check_i,      // stays 1 while memories are read back
    input  wire                       load_i,       // the host loads weights: check_i is not looked at
    input  wire                       loaded_i,     // ... and all are there; stays 1 as load_i does
    input  wire                       busy_i,       // an image is in flight: check_i has to wait
    input  wire [MEMORIES*ADDR_W-1:0] last_addr_i,  // of each memory, constant
    input  wire [MEMORIES*BYTE_W-1:0] last_byte_i,  // of each memory's words, constant
    output wire                       hold_o,       // memories are read, or were: nothing is to be fetched from them
    output wire [MEMORIES-1:0]        read_o,       // a byte of this memory is read:
    output wire [ADDR_W-1:0]          addr_o,
    output wire [BYTE_W-1:0]          byte_o,
    input  wire [MEMORIES-1:0]        valid_i,      // less than SETTLE cycles later: the byte
    input  wire [MEMORIES*8-1:0]      data_i,
    output wire                       found_o,      // for one cycle: a memory's CRC is there
    output wire [3:0]                 found_memory_o,
    output wire [31:0]                found_crc_o,  // CRC-32 of IEEE 802.3 over word after word, low byte first
    output wire                       found_last_o  // with found_o of the last memory
);
    localparam COUNT_W = $clog2(SETTLE);
    localparam INDEX_W = MEMORIES > 1 ? $clog2(MEMORIES) : 1;
    localparam [31:0] COUNT_EMIT = SETTLE - 2;
    localparam [31:0] COUNT_LAST = SETTLE - 1;
    localparam [31:0] LAST       = MEMORIES - 1;

    localparam [1:0] REST = 2'd0, WAIT = 2'd1, WALK = 2'd2, DONE = 2'd3;

    generate
        if (MEMORIES < 1 || MEMORIES > 16) begin : g_check_memories
            ERROR_memory_check_MEMORIES_must_be_1_to_16 check ();
        end
        if (SETTLE < 4) begin : g_check_settle
            ERROR_memory_check_SETTLE_must_be_at_least_4 check ();
        end
    endgenerate

    reg [1:0]          state_q;
    reg [INDEX_W-1:0]  memory_q, found_memory_q;
    reg [MEMORIES-1:0] read_q;
    reg [ADDR_W-1:0]   addr_q, last_addr_q;
    reg [BYTE_W-1:0]   byte_q, last_byte_q;
    reg [COUNT_W-1:0]  count_q;
    reg                walked_q, over_q, found_q, last_q;

    wire wanted   = load_i ? loaded_i : check_i;
    wire begins   = wanted && (load_i || !busy_i);
    wire settling = state_q == WAIT;
    wire emits    = settling && walked_q && count_q == COUNT_EMIT[COUNT_W-1:0];
    wire settled  = settling && count_q == COUNT_LAST[COUNT_W-1:0];
    wire last     = memory_q == LAST[INDEX_W-1:0];
    wire walking  = state_q == WALK;
    wire byte_end = walking && byte_q == last_byte_q;
    wire walk_end = byte_end && addr_q == last_addr_q;

    genvar m;
    generate
        for (m = 0; m < MEMORIES; m = m + 1) begin : g_read
            localparam [31:0] MEMORY = m;
            always @(posedge clk_i)
                if (rst_i || !wanted || walk_end) read_q[m] <= 1'b0;
                else if (settled && !over_q) read_q[m] <= memory_q == MEMORY[INDEX_W-1:0];
        end
    endgenerate

    always @(posedge clk_i) begin
        found_q <= emits;
        last_q  <= emits && last;
        count_q <= settling && !settled ? count_q + 1'b1 : {COUNT_W{1'b0}};
        case (state_q)
            REST:    if (begins) state_q <= WAIT;
            WAIT:    if (settled) state_q <= over_q ? DONE : WALK;
            WALK:    if (walk_end) state_q <= WAIT;
            default: ;
        endcase
        if (walking) byte_q <= byte_end ? {BYTE_W{1'b0}} : byte_q + 1'b1;
        if (byte_end) addr_q <= walk_end ? {ADDR_W{1'b0}} : addr_q + 1'b1;
        if (walk_end) walked_q <= 1'b1;
        if (emits) begin
            found_memory_q <= memory_q;
            walked_q       <= 1'b0;
            over_q         <= last;
            if (!last) memory_q <= memory_q + 1'b1;
        end
        if (rst_i || !wanted) begin
            state_q  <= REST;
            found_q  <= 1'b0;
            last_q   <= 1'b0;
            memory_q <= {INDEX_W{1'b0}};
            addr_q   <= {ADDR_W{1'b0}};
            byte_q   <= {BYTE_W{1'b0}};
            count_q  <= {COUNT_W{1'b0}};
            walked_q <= 1'b0;
            over_q   <= 1'b0;
        end
        // While others settle, memory_q stays.
        last_addr_q <= last_addr_i[memory_q*ADDR_W +: ADDR_W];
        last_byte_q <= last_byte_i[memory_q*BYTE_W +: BYTE_W];
    end

    // The memory that was read, until the next one is. What a check that was given up left on its way counts for nothing.
    reg       valid_q;
    reg [7:0] data_q;
    always @(posedge clk_i) begin
        valid_q <= valid_i[memory_q];
        data_q  <= data_i[memory_q*8 +: 8];
    end
    wire [INDEX_W+3:0] found_memory = {4'd0, found_memory_q};
    wire               intact;
    frame_crc crc (
        .clk_i(clk_i), .rst_i(rst_i || state_q == REST || (settling && !walked_q)),
        .data_i(data_q), .valid_i(valid_q), .crc_o(found_crc_o), .intact_o(intact)
    );

    assign hold_o         = state_q != REST;
    assign read_o         = read_q;
    assign addr_o         = addr_q;
    assign byte_o         = byte_q;
    assign found_o        = found_q;
    assign found_memory_o = found_memory[3:0];
    assign found_last_o   = last_q;

    wire unused = &{1'b0, found_memory, intact};
endmodule

`default_nettype wire

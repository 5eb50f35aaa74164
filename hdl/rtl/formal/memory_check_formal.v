// memory_check_formal: checks that begin, wait and are given up at any time: every byte of every memory once and in order, and its CRC.
// The CRC is that of frame_crc over the bytes as they come back; that the bytes come back in time is the tap's.
`default_nettype none

module memory_check_formal #(
    parameter MEMORIES = 2,  // memories
    parameter ADDR_W   = 1,  // bits of an address
    parameter BYTE_W   = 1,  // bits of a byte's number
    parameter SETTLE   = 6,  // cycles between two memories
    parameter LATENCY  = 3   // cycles from a byte's address to the byte, less than SETTLE
) (
    input  wire                       clk_i,
    input  wire                       rst_i,
    input  wire                       check_i,
    input  wire                       load_i,
    input  wire                       loaded_i,
    input  wire                       busy_i,
    input  wire [MEMORIES*ADDR_W-1:0] last_addr_i,  // as it is while rst_i is 1
    input  wire [MEMORIES*BYTE_W-1:0] last_byte_i,
    input  wire [7:0]                 data_i,       // the byte that comes back
    output wire                       cover_over_o,
    output wire                       cover_given_up_o
);
    localparam COUNT_W = 5;
    localparam [31:0] COUNT = MEMORIES;
    reg [MEMORIES*ADDR_W-1:0] last_addr_q;
    reg [MEMORIES*BYTE_W-1:0] last_byte_q;
    always @(posedge clk_i) if (rst_i) begin
        last_addr_q <= last_addr_i;
        last_byte_q <= last_byte_i;
    end

    wire hold, found, found_last;
    wire [MEMORIES-1:0] read;
    wire [ADDR_W-1:0] addr;
    wire [BYTE_W-1:0] number;
    wire [3:0] found_memory;
    wire [31:0] found_crc;
    reg [MEMORIES*LATENCY-1:0] on_way_q;
    wire [MEMORIES-1:0] valid = on_way_q[MEMORIES*LATENCY-1 -: MEMORIES];
    always @(posedge clk_i) on_way_q <= {on_way_q[MEMORIES*(LATENCY-1)-1:0], read};

    memory_check #(.MEMORIES(MEMORIES), .ADDR_W(ADDR_W), .BYTE_W(BYTE_W), .SETTLE(SETTLE)) dut (
        .clk_i(clk_i), .rst_i(rst_i), .check_i(check_i), .load_i(load_i), .loaded_i(loaded_i), .busy_i(busy_i),
        .last_addr_i(last_addr_q), .last_byte_i(last_byte_q), .hold_o(hold), .read_o(read), .addr_o(addr), .byte_o(number),
        .valid_i(valid), .data_i({MEMORIES{data_i}}), .found_o(found), .found_memory_o(found_memory), .found_crc_o(found_crc),
        .found_last_o(found_last)
    );

    // What is to be read next: while a check is wanted it goes on, and begins anew behind one that was given up.
    wire wanted  = load_i ? loaded_i : check_i;
    wire reading = read != {MEMORIES{1'b0}};
    reg wanted_q, begun_q;
    reg [COUNT_W-1:0] memory_q, found_q;
    reg [ADDR_W-1:0] addr_q;
    reg [BYTE_W-1:0] byte_q;
    reg [31:0] idle_q;
    wire [MEMORIES*ADDR_W-1:0] last_addrs = last_addr_q >> (memory_q * ADDR_W);
    wire [MEMORIES*BYTE_W-1:0] last_bytes = last_byte_q >> (memory_q * BYTE_W);
    wire byte_end = byte_q == last_bytes[BYTE_W-1:0];
    wire addr_end = addr_q == last_addrs[ADDR_W-1:0];
    wire over     = found_q == COUNT[COUNT_W-1:0];
    always @(posedge clk_i) begin
        wanted_q <= wanted && !rst_i;
        begun_q  <= begun_q || hold;
        idle_q   <= hold && !over && !reading ? idle_q + 32'd1 : 32'd0;
        if (reading) begin
            byte_q <= byte_end ? {BYTE_W{1'b0}} : byte_q + 1'b1;
            if (byte_end) addr_q <= addr_end ? {ADDR_W{1'b0}} : addr_q + 1'b1;
            if (byte_end && addr_end) memory_q <= memory_q + 1'b1;
        end
        if (found) found_q <= found_q + 1'b1;
        if (rst_i || !wanted) begin
            begun_q  <= 1'b0;
            memory_q <= {COUNT_W{1'b0}};
            found_q  <= {COUNT_W{1'b0}};
            addr_q   <= {ADDR_W{1'b0}};
            byte_q   <= {BYTE_W{1'b0}};
            idle_q   <= 32'd0;
        end
    end

    // The CRC of what comes back of a memory: begun anew until its first byte is read.
    wire first = !reading && byte_q == {BYTE_W{1'b0}} && addr_q == {ADDR_W{1'b0}} && memory_q == found_q + {{(COUNT_W-1){1'b0}}, found};
    reg [7:0] data_q;
    reg valid_q;
    always @(posedge clk_i) begin
        data_q  <= data_i;
        valid_q <= valid != {MEMORIES{1'b0}};
    end
    wire [31:0] crc;
    wire intact;
    frame_crc wanted_crc (.clk_i(clk_i), .rst_i(rst_i || first), .data_i(data_q), .valid_i(valid_q), .crc_o(crc), .intact_o(intact));
    reg [MEMORIES:0] given_up_q;
    always @(posedge clk_i) given_up_q <= rst_i ? {(MEMORIES+1){1'b0}} : {given_up_q[MEMORIES:1], given_up_q[0] || (reading && !wanted)};
    assign cover_over_o     = over;
    assign cover_given_up_o = given_up_q[0] && found;
    wire unused = &{1'b0, intact, given_up_q, last_addrs, last_bytes};

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        if (armed_q && !rst_i && wanted_q) begin
            if (!(!reading || (read == {{(MEMORIES-1){1'b0}}, 1'b1} << memory_q && addr == addr_q && number == byte_q))) begin
                $display("%m: a byte is read that is not next");
                $stop;
            end
            if (!(!found || (found_memory == found_q[3:0] && found_q + 1'b1 == memory_q))) begin
                $display("%m: a CRC comes before its memory's last byte, twice, or under another number");
                $stop;
            end
            if (!(!found || found_crc == crc)) begin
                $display("%m: a CRC is not that of its memory's bytes");
                $stop;
            end
            if (!(!found || (on_way_q == {MEMORIES*LATENCY{1'b0}} && !valid_q))) begin
                $display("%m: a CRC comes before all bytes of its memory are in it");
                $stop;
            end
            if (!(found_last == (found && found_q + 1'b1 == COUNT[COUNT_W-1:0]))) begin
                $display("%m: the last memory is not called so, or another one is");
                $stop;
            end
            if (!(idle_q <= SETTLE)) begin
                $display("%m: a check stands still for longer than memories take to settle");
                $stop;
            end
            if (!(!reading || hold)) begin
                $display("%m: memories are read while the machine may fetch from them");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

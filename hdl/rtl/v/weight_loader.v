// weight_loader: writes the weights' memories from the input stream.
// Words come address after address, column group after column group, 9 bytes each in whole beats.
`default_nettype none

module weight_loader #(
    parameter GROUPS   = 1,     // column groups
    parameter WORDS    = 4096,  // words of a group
    parameter ADDR_W   = 12,    // bits of an address, 2^ADDR_W >= WORDS
    parameter IN_BYTES = 4,     // bytes of a beat
    parameter BEATS    = 3      // beats of a word, ceil(9 / IN_BYTES)
) (
    input  wire                   clk_i,
    input  wire                   rst_i,
    input  wire                   load_i,        // stays 1 while words are taken
    input  wire                   s_valid_i,
    input  wire [IN_BYTES*8-1:0]  s_data_i,      // the word's lowest byte first
    output wire                   s_ready_o,     // combinational from registers
    output wire [GROUPS-1:0]      write_o,       // group that takes a word
    output wire [ADDR_W-1:0]      write_addr_o,
    output wire [71:0]            write_data_o,
    output wire                   taken_o,       // for one cycle: a word is written
    output wire                   loaded_o       // all words are; stays 1 as load_i does
);
    localparam BEAT_BITS = IN_BYTES * 8;
    localparam COUNT_W   = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam GROUP_W   = GROUPS > 1 ? $clog2(GROUPS) : 1;
    localparam [31:0] COUNT_LAST = BEATS - 1;
    localparam [31:0] GROUP_LAST = GROUPS - 1;
    localparam [31:0] ADDR_LAST  = WORDS - 1;

    localparam [1:0] REST = 2'd0, TAKE = 2'd1, DONE = 2'd2;

    generate
        if (BEATS != (9 + IN_BYTES - 1) / IN_BYTES) begin : g_check_beats
            ERROR_weight_loader_BEATS_must_be_9_by_IN_BYTES check ();
        end
        if (WORDS < 1 || (1 << ADDR_W) < WORDS) begin : g_check_addr
            ERROR_weight_loader_ADDR_W_too_small check ();
        end
    endgenerate

    reg [1:0]         state_q;
    reg [COUNT_W-1:0] count_q;
    reg               write_q;
    reg [GROUP_W-1:0] group_q;
    reg [ADDR_W-1:0]  addr_q;
    reg [BEATS*BEAT_BITS-1:0] data_q;

    wire group_end  = group_q == GROUP_LAST[GROUP_W-1:0];
    wire written    = write_q && group_end && addr_q == ADDR_LAST[ADDR_W-1:0];
    wire beat       = s_valid_i && s_ready_o;

    assign s_ready_o = state_q == TAKE && !written;

    // Words in.
    wire [(BEATS+1)*BEAT_BITS-1:0] shifted = {s_data_i, data_q};
    always @(posedge clk_i) begin
        write_q <= beat && count_q == COUNT_LAST[COUNT_W-1:0];
        if (beat) begin
            data_q  <= shifted[(BEATS+1)*BEAT_BITS-1:BEAT_BITS];
            count_q <= count_q == COUNT_LAST[COUNT_W-1:0] ? {COUNT_W{1'b0}} : count_q + 1'b1;
        end
        if (write_q) begin
            group_q <= group_end ? {GROUP_W{1'b0}} : group_q + 1'b1;
            if (group_end) addr_q <= addr_q + 1'b1;
        end
        if (rst_i || state_q == REST) begin
            write_q  <= 1'b0;
            count_q  <= {COUNT_W{1'b0}};
            group_q  <= {GROUP_W{1'b0}};
            addr_q   <= {ADDR_W{1'b0}};
        end
    end

    always @(posedge clk_i) begin
        case (state_q)
            REST:    state_q <= TAKE;
            TAKE:    if (written) state_q <= DONE;
            default: ;
        endcase
        if (rst_i || !load_i) state_q <= REST;
    end

    genvar g;
    generate
        for (g = 0; g < GROUPS; g = g + 1) begin : g_group
            localparam [31:0] GROUP = g;
            assign write_o[g] = write_q && group_q == GROUP[GROUP_W-1:0];
        end
    endgenerate
    assign write_addr_o = addr_q;
    assign write_data_o = data_q[71:0];
    assign taken_o      = write_q;
    assign loaded_o     = state_q == DONE;

    wire unused = &{1'b0, data_q, shifted[BEAT_BITS-1:0]};
endmodule

`default_nettype wire

// weight_loader: writes the weights' memories from the input stream.
// Words come memory after memory, offset after offset, column group after column group, 9 bytes each in whole beats.
`default_nettype none

module weight_loader #(
    parameter GROUPS   = 1,     // column groups
    parameter RAMS     = 1,     // memories of a group
    parameter TAIL_W   = 0,     // the last memory has 2^TAIL_W words, 0: 4096 as all others
    parameter IN_BYTES = 4,     // bytes of a beat
    parameter BEATS    = 3      // beats of a word, ceil(9 / IN_BYTES)
) (
    input  wire                   clk_i,
    input  wire                   rst_i,
    input  wire                   load_i,        // stays 1 while words are taken
    input  wire                   s_valid_i,
    input  wire [IN_BYTES*8-1:0]  s_data_i,      // the word's lowest byte first
    output wire                   s_ready_o,     // combinational from registers
    output wire [GROUPS*RAMS-1:0] write_o,       // memory that takes a word
    output wire [11:0]            write_addr_o,
    output wire [71:0]            write_data_o,
    output wire                   taken_o,       // for one cycle: a word is written
    output wire                   loaded_o       // all words are; stays 1 as load_i does
);
    localparam BEAT_BITS = IN_BYTES * 8;
    localparam COUNT_W   = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam GROUP_W   = GROUPS > 1 ? $clog2(GROUPS) : 1;
    localparam RAM_W     = RAMS > 1 ? $clog2(RAMS) : 1;
    localparam [31:0] COUNT_LAST = BEATS - 1;
    localparam [31:0] GROUP_LAST = GROUPS - 1;
    localparam [31:0] RAM_LAST   = RAMS - 1;
    localparam [31:0] TAIL_LAST  = TAIL_W == 0 ? 4095 : (1 << TAIL_W) - 1;

    localparam [1:0] REST = 2'd0, TAKE = 2'd1, DONE = 2'd2;

    generate
        if (BEATS != (9 + IN_BYTES - 1) / IN_BYTES) begin : g_check_beats
            ERROR_weight_loader_BEATS_must_be_9_by_IN_BYTES check ();
        end
    endgenerate

    reg [1:0]         state_q;
    reg [COUNT_W-1:0] count_q;
    reg               write_q;
    reg [GROUP_W-1:0] group_q;
    reg [11:0]        offset_q;
    reg [RAM_W-1:0]   ram_q;
    reg [BEATS*BEAT_BITS-1:0] data_q;

    wire group_end  = group_q == GROUP_LAST[GROUP_W-1:0];
    wire ram_end    = ram_q == RAM_LAST[RAM_W-1:0];
    wire offset_end = offset_q == (ram_end ? TAIL_LAST[11:0] : 12'd4095);
    wire written    = write_q && group_end && offset_end && ram_end;
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
            if (group_end) offset_q <= offset_end ? 12'd0 : offset_q + 1'b1;
            if (group_end && offset_end) ram_q <= ram_q + 1'b1;
        end
        if (rst_i || state_q == REST) begin
            write_q  <= 1'b0;
            count_q  <= {COUNT_W{1'b0}};
            group_q  <= {GROUP_W{1'b0}};
            offset_q <= 12'd0;
            ram_q    <= {RAM_W{1'b0}};
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

    genvar g, k;
    generate
        for (g = 0; g < GROUPS; g = g + 1) begin : g_group
            for (k = 0; k < RAMS; k = k + 1) begin : g_ram
                localparam [31:0] GROUP = g;
                localparam [31:0] RAM   = k;
                assign write_o[g*RAMS + k] = write_q && group_q == GROUP[GROUP_W-1:0] && ram_q == RAM[RAM_W-1:0];
            end
        end
    endgenerate
    assign write_addr_o = offset_q;
    assign write_data_o = data_q[71:0];
    assign taken_o      = write_q;
    assign loaded_o     = state_q == DONE;

    wire unused = &{1'b0, data_q, shifted[BEAT_BITS-1:0]};
endmodule

`default_nettype wire

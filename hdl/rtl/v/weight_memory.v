// weight_memory: one weight per column and step from RAM that the host loads through the input stream, skewed for the
// array's top edge. While load_i is 1 the stream's beats are weights; else they pass.
`default_nettype none

module weight_memory #(
    parameter COLS      = 8,     // columns
    parameter DEPTH     = 4096,  // words of COLS weights
    parameter SETS      = 0,     // sets of 8 chunks of 4096 words that carry a ninth in their parity bits
    parameter FULL      = 1,     // further chunks of 4096 words
    parameter TAIL_W    = 0,     // a last chunk of 2^TAIL_W words, 0: none
    parameter ADDR_W    = 12,    // address bits, 2^ADDR_W >= DEPTH
    parameter WGT_DELAY = 0,     // registers before everything else
    parameter PAIRS     = 0,     // so many pairs of neighbouring columns, the first ones: their weights come together
    parameter PER_LINK  = 3,     // further columns that share a link of the drain chain
    parameter ULTRA     = 0,     // memories of a column group that are UltraRAM, the first ones
    parameter IN_BYTES  = 4,     // bytes of a beat
    parameter BEATS     = 3,     // beats of a word of the memories, ceil(9 / IN_BYTES)
    parameter BYTE_W    = 1      // bits of a column's number
) (
    input  wire                  clk_i,
    input  wire                  rst_i,          // the weights stay
    input  wire                  load_i,         // stays 1 while weights are taken
    input  wire                  s_valid_i,
    input  wire [IN_BYTES*8-1:0] s_data_i,
    output wire                  s_ready_o,      // combinational from registers, load_i and m_ready_i
    output wire                  m_valid_o,      // combinational from s_valid_i and load_i; the data goes beside
    input  wire                  m_ready_i,
    input  wire [ADDR_W-1:0]     wgt_addr_i,
    output wire [COLS*8-1:0]     w_o,            // column c: WGT_DELAY + 3 + MUX + LAG(c) cycles after wgt_addr_i
    output wire                  load_word_o,    // for one cycle: a word of the memories was taken
    output wire                  loaded_o,       // all are taken; stays 1 as load_i does
    input  wire                  check_i,        // a column's weight is read for the memory check, in place of wgt_addr_i's:
    input  wire [ADDR_W-1:0]     check_addr_i,
    input  wire [BYTE_W-1:0]     check_byte_i,
    output wire                  check_valid_o,  // it is there, see check_tap
    output wire [7:0]            check_data_o
);
    localparam GROUPS = (COLS + 7) / 8;
    localparam RAMS   = 8*SETS + FULL + (TAIL_W != 0 ? 1 : 0);
    // Words of a group's memories, one behind another.
    localparam WORDS   = 4096*(8*SETS + FULL) + (TAIL_W != 0 ? 1 << TAIL_W : 0);
    localparam WORDS_W = WORDS > 4096 ? $clog2(WORDS) : 12;

    generate
        if (ADDR_W < 31 && (1 << ADDR_W) < DEPTH) begin : g_check_addr_min
            ERROR_weight_memory_ADDR_W_too_small check ();
        end
    endgenerate

    wire                   loader_ready;
    wire [GROUPS-1:0]      write_group;
    wire [WORDS_W-1:0]     write_place;
    wire [GROUPS*RAMS-1:0] write;
    wire [71:0]            write_data;
    wire [31:0]            write_ram = {{(32 - WORDS_W){1'b0}}, write_place} >> 12;

    genvar g, k;
    generate
        for (g = 0; g < GROUPS; g = g + 1) begin : g_group
            for (k = 0; k < RAMS; k = k + 1) begin : g_ram
                localparam [31:0] RAM = k;
                assign write[g*RAMS + k] = write_group[g] && write_ram == RAM;
            end
        end
    endgenerate

    assign s_ready_o = load_i ? loader_ready : m_ready_i;
    assign m_valid_o = s_valid_i && !load_i;

    weight_loader #(
        .GROUPS(GROUPS), .WORDS(WORDS), .ADDR_W(WORDS_W), .IN_BYTES(IN_BYTES), .BEATS(BEATS)
    ) loader (
        .clk_i(clk_i), .rst_i(rst_i), .load_i(load_i),
        .s_valid_i(s_valid_i), .s_data_i(s_data_i), .s_ready_o(loader_ready),
        .write_o(write_group), .write_addr_o(write_place), .write_data_o(write_data),
        .taken_o(load_word_o), .loaded_o(loaded_o)
    );

    weight_banks #(
        .COLS(COLS), .SETS(SETS), .FULL(FULL), .TAIL_W(TAIL_W), .RAMS(RAMS), .GROUPS(GROUPS), .ADDR_W(ADDR_W),
        .WGT_DELAY(WGT_DELAY), .PAIRS(PAIRS), .PER_LINK(PER_LINK), .KIND(1), .ULTRA(ULTRA), .BYTE_W(BYTE_W), .PREFIX("")
    ) banks (
        .clk_i(clk_i), .wgt_addr_i(wgt_addr_i), .w_o(w_o),
        .write_i(write), .write_addr_i(write_place[11:0]), .write_data_i(write_data),
        .check_i(check_i), .check_addr_i(check_addr_i), .check_byte_i(check_byte_i),
        .check_valid_o(check_valid_o), .check_data_o(check_data_o)
    );
endmodule

`default_nettype wire

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
    parameter ULTRA     = 0,     // 1: UltraRAM
    parameter IN_BYTES  = 4,     // bytes of a beat
    parameter BEATS     = 3,     // beats of a word of the memories, ceil(9 / IN_BYTES)
    parameter PERIOD    = 8      // cycles per address while reading back: at least COLS and more than the latency
) (
    input  wire                  clk_i,
    input  wire                  rst_i,          // the weights stay
    input  wire                  load_i,         // stays 1 while weights are taken and read back
    input  wire                  check_i,        // without load_i: stays 1 while weights are read back
    input  wire                  s_valid_i,
    input  wire [IN_BYTES*8-1:0] s_data_i,
    output wire                  s_ready_o,      // combinational from registers, load_i and m_ready_i
    output wire                  m_valid_o,      // combinational from s_valid_i and load_i; the data goes beside
    input  wire                  m_ready_i,
    input  wire [ADDR_W-1:0]     wgt_addr_i,
    output wire [COLS*8-1:0]     w_o,            // column c: WGT_DELAY + 3 + MUX + LAG(c) cycles after wgt_addr_i
    output wire                  load_word_o,    // for one cycle: a word of the memories was taken
    output wire                  load_checked_o, // for one cycle: all weights are read back
    output wire [31:0]           load_crc_o      // then, their CRC-32
);
    localparam GROUPS = (COLS + 7) / 8;
    localparam RAMS   = 8*SETS + FULL + (TAIL_W != 0 ? 1 : 0);

    wire                   loader_ready, read;
    wire [ADDR_W-1:0]      read_addr;
    wire [COLS*8-1:0]      word;
    wire [GROUPS*RAMS-1:0] write;
    wire [11:0]            write_addr;
    wire [71:0]            write_data;

    assign s_ready_o = load_i ? loader_ready : m_ready_i;
    assign m_valid_o = s_valid_i && !load_i;

    weight_loader #(
        .COLS(COLS), .GROUPS(GROUPS), .RAMS(RAMS), .TAIL_W(TAIL_W), .DEPTH(DEPTH), .ADDR_W(ADDR_W),
        .IN_BYTES(IN_BYTES), .BEATS(BEATS), .PERIOD(PERIOD)
    ) loader (
        .clk_i(clk_i), .rst_i(rst_i), .load_i(load_i), .check_i(check_i),
        .s_valid_i(s_valid_i), .s_data_i(s_data_i), .s_ready_o(loader_ready),
        .write_o(write), .write_addr_o(write_addr), .write_data_o(write_data),
        .read_o(read), .read_addr_o(read_addr), .word_i(word),
        .taken_o(load_word_o), .checked_o(load_checked_o), .crc_o(load_crc_o)
    );

    weight_banks #(
        .COLS(COLS), .SETS(SETS), .FULL(FULL), .TAIL_W(TAIL_W), .RAMS(RAMS), .GROUPS(GROUPS), .ADDR_W(ADDR_W),
        .WGT_DELAY(WGT_DELAY), .PAIRS(PAIRS), .PER_LINK(PER_LINK), .KIND(ULTRA != 0 ? 2 : 1), .PREFIX("")
    ) banks (
        .clk_i(clk_i), .wgt_addr_i(read ? read_addr : wgt_addr_i), .w_o(w_o), .word_o(word),
        .write_i(write), .write_addr_i(write_addr), .write_data_i(write_data)
    );
endmodule

`default_nettype wire

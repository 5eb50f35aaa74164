// weight_banks: one weight per column and step from chunks of RAM, skewed for the array's top edge.
`default_nettype none

module weight_banks #(
    parameter COLS      = 8,     // columns
    parameter SETS      = 0,     // sets of 8 chunks of 4096 words that carry a ninth in their parity bits
    parameter FULL      = 1,     // further chunks of 4096 words
    parameter TAIL_W    = 0,     // a last chunk of 2^TAIL_W words, 0: none
    parameter RAMS      = 1,     // chunks that are memories, 8 * SETS + FULL + (TAIL_W != 0)
    parameter GROUPS    = 1,     // groups of 8 columns, the last one of what is left
    parameter ADDR_W    = 12,    // address bits
    parameter WGT_DELAY = 0,     // registers before everything else
    parameter PAIRS     = 0,     // so many pairs of neighbouring columns, the first ones: their weights come together
    parameter PER_LINK  = 3,     // further columns that share a link of the drain chain
    parameter KIND      = 0,     // 0: initial contents, 1: written
    parameter ULTRA     = 0,     // memories of a group that are UltraRAM, the first ones, with KIND 1
    parameter BYTE_W    = 1,     // bits of a column's number
    parameter PREFIX    = ""     // memory k of column group g is read from PREFIX_gGG_cKK.hex, with KIND 0
) (
    input  wire                   clk_i,
    input  wire [ADDR_W-1:0]      wgt_addr_i,
    output wire [COLS*8-1:0]      w_o,           // column c: WGT_DELAY + 3 + MUX + LAG(c) cycles after wgt_addr_i
    input  wire [GROUPS*RAMS-1:0] write_i,       // memory that takes a word; none with KIND 0
    input  wire [11:0]            write_addr_i,
    input  wire [71:0]            write_data_i,
    input  wire                   check_i,       // a column's weight is read for the memory check, in place of wgt_addr_i's:
    input  wire [ADDR_W-1:0]      check_addr_i,
    input  wire [BYTE_W-1:0]      check_byte_i,
    output wire                   check_valid_o, // it is there, see check_tap
    output wire [7:0]             check_data_o
);
    localparam CHUNKS = RAMS + SETS;
    localparam MUX    = CHUNKS > 64 ? 4 : CHUNKS > 16 ? 3 : CHUNKS > 4 ? 2 : CHUNKS > 1 ? 1 : 0;
    localparam FULL_W = 12 + 2*MUX;

    generate
        if (COLS < 1 || GROUPS != (COLS + 7) / 8) begin : g_check_cols
            ERROR_weight_banks_GROUPS_must_be_COLS_by_8 check ();
        end
        if (CHUNKS > 256) begin : g_check_depth
            ERROR_weight_banks_too_many_chunks check ();
        end
        if (RAMS != 8*SETS + FULL + (TAIL_W != 0 ? 1 : 0)) begin : g_check_rams
            ERROR_weight_banks_RAMS_must_be_all_memories check ();
        end
        if (ADDR_W > FULL_W) begin : g_check_addr_max
            ERROR_weight_banks_ADDR_W_too_large check ();
        end
    endgenerate

    wire [ADDR_W-1:0] addr;
    delay #(.WIDTH(ADDR_W), .N(WGT_DELAY)) addr_delay (.clk_i(clk_i), .rst_i(1'b0), .d_i(check_i ? check_addr_i : wgt_addr_i), .d_o(addr));
    wire [FULL_W+2:0] addr_wide = {{(FULL_W + 3 - ADDR_W){1'b0}}, addr};
    wire [2*MUX+1:0] chunk = addr_wide[12 +: 2*MUX + 2];

    reg [11:0] addr_q;
    reg [2*MUX+1:0] chunk_q;
    reg [RAMS-1:0] en_q;
    wire [RAMS-1:0] en;
    always @(posedge clk_i) begin
        addr_q  <= addr_wide[11:0];
        chunk_q <= chunk;
        en_q    <= en;
    end
    wire [2*MUX+1:0] sel;
    delay #(.WIDTH(2*MUX + 2), .N(2)) sel_delay (.clk_i(clk_i), .rst_i(1'b0), .d_i(chunk_q), .d_o(sel));

    wire [COLS*8-1:0] row;  // all columns side by side, WGT_DELAY + 3 + MUX cycles after their address
    check_tap #(.WIDTH(COLS*8), .INDEX_W(BYTE_W), .DELAY(WGT_DELAY + 3 + MUX)) check_bytes (
        .clk_i(clk_i), .valid_i(check_i), .index_i(check_byte_i), .word_i(row),
        .valid_o(check_valid_o), .byte_o(check_data_o)
    );

    genvar k, g, c;
    generate
        // A chunk sleeps unless it, or the virtual chunk in its parity bits, is addressed.
        for (k = 0; k < RAMS; k = k + 1) begin : g_en
            localparam [31:0] OWN    = k < 8*SETS ? k + k/8 : k + SETS;
            localparam [31:0] SHARED = k < 8*SETS ? 9*(k/8) + 8 : OWN;
            assign en[k] = chunk == OWN[2*MUX+1:0] || chunk == SHARED[2*MUX+1:0];
        end
        for (g = 0; g < GROUPS; g = g + 1) begin : g_group
            localparam WIDE = COLS - 8*g < 8 ? COLS - 8*g : 8;
            wire [WIDE*8-1:0] word;
            weight_group #(
                .COLS(WIDE), .GROUP(g), .SETS(SETS), .FULL(FULL), .TAIL_W(TAIL_W),
                .CHUNKS(CHUNKS), .RAMS(RAMS), .MUX(MUX), .KIND(KIND), .ULTRA(ULTRA), .PREFIX(PREFIX)
            ) group (
                .clk_i(clk_i), .addr_i(addr_q), .en_i(en_q), .sel_i(sel), .data_o(word),
                .write_i(write_i[g*RAMS +: RAMS]), .write_addr_i(write_addr_i), .write_data_i(write_data_i)
            );
            assign row[g*64 +: WIDE*8] = word;
            for (c = 0; c < WIDE; c = c + 1) begin : g_col
                // As in pe_array: LAG of a pair, else of single column ONE.
                localparam COL = 8*g + c;
                localparam ONE = COL - 2*PAIRS;
                localparam LAG = ONE < 0 ? COL/2*3 : 3*PAIRS + (PAIRS > 0 ? 1 : 0) + ONE + ONE/PER_LINK;
                delay #(.WIDTH(8), .N(LAG)) skew (
                    .clk_i(clk_i), .rst_i(1'b0), .d_i(word[c*8 +: 8]), .d_o(w_o[(8*g+c)*8 +: 8])
                );
            end
        end
    endgenerate

    wire unused = &{1'b0, addr_wide};
endmodule

`default_nettype wire

// weight_group: the weights of up to 8 columns in chunks of RAM, with a virtual chunk in the parity bits of every 8.
// A chunk of 4096 words always has its parity bits: 9 bits a column are one RAMB36 each, 8 bits a column are split at will.
`default_nettype none

module weight_group #(
    parameter COLS    = 8,    // columns of this group, 1 to 8
    parameter GROUP   = 0,    // number of this group, for the file names
    parameter SETS    = 0,    // sets of 8 chunks of 4096 words that carry a ninth in their parity bits
    parameter FULL    = 1,    // further chunks of 4096 words
    parameter TAIL_W  = 0,    // a last chunk of 2^TAIL_W words, 0: none
    parameter CHUNKS  = 1,    // chunks to choose from, 9 * SETS + FULL + (TAIL_W != 0)
    parameter RAMS    = 1,    // chunks that are memories, CHUNKS - SETS
    parameter MUX     = 0,    // stages of 4-to-1 multiplexers, ceil(log4(CHUNKS))
    parameter KIND    = 0,    // 0: initial contents, 1: written
    parameter ULTRA   = 0,    // memories that are UltraRAM, the first ones, with KIND 1
    parameter PREFIX  = ""    // memory k is read from PREFIX_gGG_cKK.hex, with KIND 0
) (
    input  wire              clk_i,
    input  wire [11:0]       addr_i,   // word in the chunk
    input  wire [RAMS-1:0]   en_i,     // beside addr_i
    input  wire [2*MUX+1:0]  sel_i,    // chunk, two cycles after addr_i
    output wire [COLS*8-1:0] data_o,   // 2 + MUX cycles after addr_i
    input  wire [RAMS-1:0]   write_i,  // memory that takes a word; none with KIND 0
    input  wire [11:0]       write_addr_i,
    input  wire [71:0]       write_data_i
);
    localparam WORD_W = COLS * 8;
    localparam [7:0] GROUP_TENS = 8'd48 + (GROUP / 10) % 10;
    localparam [7:0] GROUP_ONES = 8'd48 + GROUP % 10;

    generate
        if (COLS < 1 || COLS > 8) begin : g_check_cols
            ERROR_weight_group_COLS_must_be_1_to_8 check ();
        end
        if (RAMS > 100 || GROUP > 99) begin : g_check_names
            ERROR_weight_group_too_many_chunks_for_two_digits check ();
        end
        if (MUX > 4) begin : g_check_mux
            ERROR_weight_group_too_many_chunks check ();
        end
    endgenerate

    // What is written comes a long way.
    wire [RAMS-1:0] write;
    wire [11:0] write_addr;
    wire [71:0] write_data;
    delay #(.WIDTH(RAMS + 84), .N(KIND != 0 ? 1 : 0)) write_delay (
        .clk_i(clk_i), .rst_i(1'b0), .d_i({write_i, write_addr_i, write_data_i}), .d_o({write, write_addr, write_data})
    );

    wire [CHUNKS*WORD_W-1:0] words;

    genvar k, s, i;
    generate
        for (k = 0; k < RAMS; k = k + 1) begin : g_ram
            localparam DEPTH_W  = k == 8*SETS + FULL ? TAIL_W : 12;
            localparam PARITY_W = DEPTH_W == 12 ? COLS : 0;
            localparam CHUNK    = k < 8*SETS ? k + k/8 : k + SETS;
            localparam [7:0] TENS = 8'd48 + (k / 10) % 10;
            localparam [7:0] ONES = 8'd48 + k % 10;
            wire [WORD_W+PARITY_W-1:0] read;
            reg [WORD_W+PARITY_W-1:0] out_q;
            if (KIND != 0) begin : g_written
                weight_ram #(
                    .WIDTH(WORD_W + PARITY_W), .DEPTH(1 << DEPTH_W), .ADDR_W(DEPTH_W), .ULTRA(k < ULTRA ? 1 : 0)
                ) chunk (
                    .clk_i(clk_i), .en_i(en_i[k]), .addr_i(addr_i[DEPTH_W-1:0]), .data_o(read),
                    .write_i(write[k]), .write_addr_i(write_addr[DEPTH_W-1:0]),
                    .write_data_i(write_data[WORD_W+PARITY_W-1:0])
                );
            end else if (PREFIX == "") begin : g_blank
                weight_chunk #(.WIDTH(WORD_W + PARITY_W), .DEPTH(1 << DEPTH_W), .ADDR_W(DEPTH_W), .INIT("")) chunk (
                    .clk_i(clk_i), .en_i(en_i[k]), .addr_i(addr_i[DEPTH_W-1:0]), .data_o(read)
                );
            end else begin : g_file
                weight_chunk #(
                    .WIDTH(WORD_W + PARITY_W), .DEPTH(1 << DEPTH_W), .ADDR_W(DEPTH_W),
                    .INIT({PREFIX, "_g", GROUP_TENS, GROUP_ONES, "_c", TENS, ONES, ".hex"})
                ) chunk (
                    .clk_i(clk_i), .en_i(en_i[k]), .addr_i(addr_i[DEPTH_W-1:0]), .data_o(read)
                );
            end
            always @(posedge clk_i) out_q <= read;
            assign words[CHUNK*WORD_W +: WORD_W] = out_q[WORD_W-1:0];
            if (k >= 8*SETS) begin : g_alone
                wire unused = &{1'b0, out_q};
            end
        end
        for (s = 0; s < SETS; s = s + 1) begin : g_set
            for (i = 0; i < 8; i = i + 1) begin : g_parity
                assign words[(9*s+8)*WORD_W + i*COLS +: COLS] = g_ram[8*s+i].out_q[WORD_W +: COLS];
            end
        end
    endgenerate

    localparam N1 = (CHUNKS + 3) / 4;
    localparam N2 = (N1 + 3) / 4;
    localparam N3 = (N2 + 3) / 4;
    generate
        if (MUX == 0) begin : g_mux
            assign data_o = words;
        end else if (MUX == 1) begin : g_mux
            mux_stage #(.N(CHUNKS), .WIDTH(WORD_W)) s1 (.clk_i(clk_i), .data_i(words), .sel_i(sel_i[1:0]), .data_o(data_o));
        end else begin : g_mux
            wire [N1*WORD_W-1:0] words1;
            wire [1:0] sel2;
            mux_stage #(.N(CHUNKS), .WIDTH(WORD_W)) s1 (.clk_i(clk_i), .data_i(words), .sel_i(sel_i[1:0]), .data_o(words1));
            delay #(.WIDTH(2), .N(1)) d2 (.clk_i(clk_i), .rst_i(1'b0), .d_i(sel_i[3:2]), .d_o(sel2));
            if (MUX == 2) begin : g_last
                mux_stage #(.N(N1), .WIDTH(WORD_W)) s2 (.clk_i(clk_i), .data_i(words1), .sel_i(sel2), .data_o(data_o));
            end else begin : g_more
                wire [N2*WORD_W-1:0] words2;
                wire [1:0] sel3;
                mux_stage #(.N(N1), .WIDTH(WORD_W)) s2 (.clk_i(clk_i), .data_i(words1), .sel_i(sel2), .data_o(words2));
                delay #(.WIDTH(2), .N(2)) d3 (.clk_i(clk_i), .rst_i(1'b0), .d_i(sel_i[5:4]), .d_o(sel3));
                if (MUX == 3) begin : g_last
                    mux_stage #(.N(N2), .WIDTH(WORD_W)) s3 (.clk_i(clk_i), .data_i(words2), .sel_i(sel3), .data_o(data_o));
                end else begin : g_more
                    wire [N3*WORD_W-1:0] words3;
                    wire [1:0] sel4;
                    mux_stage #(.N(N2), .WIDTH(WORD_W)) s3 (.clk_i(clk_i), .data_i(words2), .sel_i(sel3), .data_o(words3));
                    delay #(.WIDTH(2), .N(3)) d4 (.clk_i(clk_i), .rst_i(1'b0), .d_i(sel_i[7:6]), .d_o(sel4));
                    mux_stage #(.N(N3), .WIDTH(WORD_W)) s4 (.clk_i(clk_i), .data_i(words3), .sel_i(sel4), .data_o(data_o));
                end
            end
        end
    endgenerate

    wire unused = &{1'b0, addr_i, sel_i, write, write_addr, write_data};
endmodule

`default_nettype wire

// code_stack: the coded weights of up to eight columns, words of 36 bits that are read at two ports.
// Chunks of 4096 words, then one of 2048 and one of 1024 where the rest of the depth asks for them: four, two and one RAMB36.
`default_nettype none

module code_stack #(
    parameter BLOCKS  = 1,    // thousands (1024) of words that its addresses reach
    parameter [15:0] FILLED = 16'd1, // thousands that it has; the words of a chunk behind them are 0
    parameter ADDR_W  = 10,   // bits of an address
    parameter MUX     = 0,    // stages of 4-to-1 multiplexers, ceil(log4(chunks))
    parameter GROUP   = 0,    // number of this stack, for the file names
    parameter WRITTEN = 0,    // 1: the host writes it, a pair of words at a time
    parameter PREFIX  = ""    // chunk k is read from PREFIX_gGG_cKK.hex; none with WRITTEN
) (
    input  wire              clk_i,
    input  wire [ADDR_W-1:0] a_addr_i,
    output wire [35:0]       a_data_o,      // 3 + MUX cycles after a_addr_i
    input  wire [ADDR_W-1:0] b_addr_i,
    output wire [35:0]       b_data_o,
    input  wire              write_i,       // both ports write, beside their addresses
    input  wire [71:0]       write_data_i   // a's word, above it b's
);
    localparam FULL   = BLOCKS / 4;
    localparam HALF   = BLOCKS % 4 / 2;
    localparam CHUNKS = FULL + HALF + BLOCKS % 2;
    localparam FULL_W = 12 + 2*MUX + 2;
    localparam [31:0] FULL_CHUNKS = FULL;

    generate
        if (BLOCKS < 1 || CHUNKS > 100 || GROUP > 99) begin : g_check_blocks
            ERROR_code_stack_BLOCKS_and_GROUP_must_have_two_digits check ();
        end
        if (ADDR_W > FULL_W) begin : g_check_addr
            ERROR_code_stack_ADDR_W_too_large check ();
        end
    endgenerate

    // Of both ports: the word in the chunk, the chunk, which of them are awake, and the chunk when their words are there.
    reg  [23:0]         addr_q;
    reg  [2*CHUNKS-1:0] en_q;
    reg                 write_q;
    reg  [71:0]         write_data_q;
    wire [2*CHUNKS*36-1:0] words;
    wire [71:0]         data;

    always @(posedge clk_i) begin
        write_q      <= write_i;
        write_data_q <= write_data_i;
    end

    genvar p, k, s;
    generate
        for (p = 0; p < 2; p = p + 1) begin : g_port
            wire [FULL_W-1:0] addr = {{(FULL_W - ADDR_W){1'b0}}, p == 0 ? a_addr_i : b_addr_i};
            // Behind the chunks of 4096 words bit 11 tells the one of 2048 words from the one of 1024.
            wire tail = HALF != 0 && addr[FULL_W-1:12] == FULL_CHUNKS[2*MUX+1:0];
            wire [2*MUX+1:0] chunk = addr[FULL_W-1:12] + {{(2*MUX+1){1'b0}}, tail && addr[11]};
            reg  [2*MUX+1:0] chunk_q;
            wire [2*MUX+1:0] sel;
            always @(posedge clk_i) begin
                addr_q[12*p +: 12] <= addr[11:0];
                chunk_q <= chunk;
            end
            for (k = 0; k < CHUNKS; k = k + 1) begin : g_en
                localparam [31:0] CHUNK = k;
                always @(posedge clk_i) en_q[p*CHUNKS + k] <= chunk == CHUNK[2*MUX+1:0];
            end
            delay #(.WIDTH(2*MUX + 2), .N(2)) sel_delay (.clk_i(clk_i), .rst_i(1'b0), .d_i(chunk_q), .d_o(sel));
            for (s = 0; s < MUX; s = s + 1) begin : g_stage
                localparam STEP  = 1 << (2*s);
                localparam COUNT = (CHUNKS + STEP - 1) / STEP;
                wire [COUNT*36-1:0]       from;
                wire [(COUNT+3)/4*36-1:0] chosen;
                wire [2*MUX+1:2*s]        left;  // of the choice
                if (s == 0) begin : g_first
                    assign from = words[p*CHUNKS*36 +: CHUNKS*36];
                    assign left = sel;
                end else begin : g_next
                    reg [2*MUX+1:2*s] left_q;
                    always @(posedge clk_i) left_q <= g_stage[s-1].left[2*MUX+1:2*s];
                    assign from = g_stage[s-1].chosen;
                    assign left = left_q;
                end
                mux_stage #(.N(COUNT), .WIDTH(36)) mux (.clk_i(clk_i), .data_i(from), .sel_i(left[2*s +: 2]), .data_o(chosen));
            end
            if (MUX == 0) begin : g_alone
                assign data[36*p +: 36] = words[p*CHUNKS*36 +: 36];
            end else begin : g_chosen
                assign data[36*p +: 36] = g_stage[MUX-1].chosen;
            end
            wire unused = &{1'b0, sel, addr_q};
        end
        for (k = 0; k < CHUNKS; k = k + 1) begin : g_ram
            localparam WORDS_W = k < FULL ? 12 : k == FULL && HALF != 0 ? 11 : 10;
            localparam [7:0] GROUP_TENS = 8'd48 + GROUP / 10;
            localparam [7:0] GROUP_ONES = 8'd48 + GROUP % 10;
            localparam [7:0] TENS = 8'd48 + k / 10;
            localparam [7:0] ONES = 8'd48 + k % 10;
            localparam FIRST   = k <= FULL ? 4*k : 4*FULL + 2*HALF;
            wire [35:0] a, b;
            reg  [71:0] out_q;
            if (FIRST >= FILLED) begin : g_none
                assign {b, a} = 72'd0;
                wire unused = &{1'b0, en_q[k], en_q[CHUNKS + k], addr_q[0 +: WORDS_W], addr_q[12 +: WORDS_W]};
            end else if (WRITTEN != 0 || PREFIX == "") begin : g_blank
                code_ram #(.ADDR_W(WORDS_W), .WRITTEN(WRITTEN), .INIT("")) ram (
                    .clk_i(clk_i),
                    .a_en_i(en_q[k]), .a_addr_i(addr_q[0 +: WORDS_W]), .a_data_o(a),
                    .b_en_i(en_q[CHUNKS + k]), .b_addr_i(addr_q[12 +: WORDS_W]), .b_data_o(b),
                    .write_i(write_q), .a_write_data_i(write_data_q[35:0]), .b_write_data_i(write_data_q[71:36])
                );
            end else begin : g_file
                code_ram #(
                    .ADDR_W(WORDS_W), .WRITTEN(0), .INIT({PREFIX, "_g", GROUP_TENS, GROUP_ONES, "_c", TENS, ONES, ".hex"})
                ) ram (
                    .clk_i(clk_i),
                    .a_en_i(en_q[k]), .a_addr_i(addr_q[0 +: WORDS_W]), .a_data_o(a),
                    .b_en_i(en_q[CHUNKS + k]), .b_addr_i(addr_q[12 +: WORDS_W]), .b_data_o(b),
                    .write_i(write_q), .a_write_data_i(write_data_q[35:0]), .b_write_data_i(write_data_q[71:36])
                );
            end
            always @(posedge clk_i) out_q <= {b, a};
            assign words[k*36 +: 36]            = out_q[35:0];
            assign words[(CHUNKS + k)*36 +: 36] = out_q[71:36];
        end
    endgenerate
    assign {b_data_o, a_data_o} = data;
endmodule

`default_nettype wire

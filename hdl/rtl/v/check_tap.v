// check_tap: the bytes of a memory's words one at a time, for the memory check: registered 4-to-1 stages behind the word.
`default_nettype none

module check_tap #(
    parameter WIDTH   = 8,  // bits of a word, at most 8192
    parameter INDEX_W = 1,  // bits of a byte's number
    parameter DELAY   = 1   // cycles from valid_i and index_i to their word
) (
    input  wire               clk_i,
    input  wire               valid_i,  // a byte is read
    input  wire [INDEX_W-1:0] index_i,  // which of its word's
    input  wire [WIDTH-1:0]   word_i,   // DELAY cycles later
    output wire               valid_o,  // DELAY and a cycle per stage after valid_i
    output wire [7:0]         byte_o
);
    localparam BYTES   = (WIDTH + 7) / 8;
    localparam STAGES  = BYTES > 256 ? 5 : BYTES > 64 ? 4 : BYTES > 16 ? 3 : BYTES > 4 ? 2 : 1;
    localparam CHOICE_W = 2 * STAGES;

    generate
        if (WIDTH < 1 || WIDTH > 8192) begin : g_check_width
            ERROR_check_tap_WIDTH_must_be_1_to_8192 check ();
        end
    endgenerate

    wire [INDEX_W+CHOICE_W-1:0] index = {{CHOICE_W{1'b0}}, index_i};
    wire [BYTES*8:0]            word  = {{(BYTES*8 + 1 - WIDTH){1'b0}}, word_i};
    wire                        valid;
    wire [CHOICE_W-1:0]         choice;
    delay #(.WIDTH(CHOICE_W + 1), .N(DELAY)) choice_delay (
        .clk_i(clk_i), .rst_i(1'b0), .d_i({valid_i, index[CHOICE_W-1:0]}), .d_o({valid, choice})
    );

    genvar s;
    generate
        for (s = 0; s < STAGES; s = s + 1) begin : g_stage
            localparam STEP  = 1 << (2*s);
            localparam COUNT = (BYTES + STEP - 1) / STEP;
            wire [COUNT*8-1:0]         bytes;
            wire [(COUNT+3)/4*8-1:0]   chosen;
            wire [CHOICE_W-1:2*s]      left;  // of the choice
            reg                        valid_q;
            if (s == 0) begin : g_first
                assign bytes = word[BYTES*8-1:0];
                assign left  = choice;
                always @(posedge clk_i) valid_q <= valid;
            end else begin : g_next
                reg [CHOICE_W-1:2*s] left_q;
                always @(posedge clk_i) begin
                    left_q  <= g_stage[s-1].left[CHOICE_W-1:2*s];
                    valid_q <= g_stage[s-1].valid_q;
                end
                assign bytes = g_stage[s-1].chosen;
                assign left  = left_q;
            end
            mux_stage #(.N(COUNT), .WIDTH(8)) mux (.clk_i(clk_i), .data_i(bytes), .sel_i(left[2*s +: 2]), .data_o(chosen));
        end
    endgenerate

    assign valid_o = g_stage[STAGES-1].valid_q;
    assign byte_o  = g_stage[STAGES-1].chosen;

    wire unused = &{1'b0, index, word};
endmodule

`default_nettype wire

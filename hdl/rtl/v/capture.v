// capture: which activations of a layer a dump keeps, and which word of a sum bank takes them.
`default_nettype none

module capture #(
    parameter LAYER_W = 4,   // bits of a layer index
    parameter FIRST_W = 8,   // bits of an activation's number in its lane
    parameter WORDS   = 10,  // words of a bank
    parameter WORD_W  = 4    // bits of a word's index, 2^WORD_W >= WORDS
) (
    input  wire               clk_i,
    input  wire               rst_i,
    input  wire               dump_i,
    input  wire [LAYER_W-1:0] layer_i,      // whose activations
    input  wire [FIRST_W-1:0] first_i,      // the first to keep
    input  wire               col_valid_i,
    input  wire               col_start_i,  // first column of the layer's image
    input  wire               col_sum_i,    // a summed layer's: wide, one in a word; otherwise four bytes
    input  wire [LAYER_W-1:0] col_layer_i,
    output wire               take_o,       // keep this column's; in its cycle
    output wire [WORD_W-1:0]  word_o        // where
);
    localparam [31:0] WORDS_LAST = WORDS - 1;
    localparam [WORD_W-1:0] WORD_LAST = WORDS_LAST[WORD_W-1:0];

    generate
        if (WORDS < 1 || (1 << WORD_W) < WORDS) begin : g_check_word
            ERROR_capture_WORD_W_too_small check ();
        end
    endgenerate

    // At the start of an image the registers are as good as these values.
    reg [FIRST_W-1:0] left_q;  // activations to pass over
    reg               none_q, full_q;
    reg [1:0]         byte_q;
    reg [WORD_W-1:0]  word_q;
    wire               none  = col_start_i ? first_i == {FIRST_W{1'b0}} : none_q;
    wire [FIRST_W-1:0] left  = col_start_i ? first_i : left_q;
    wire [WORD_W-1:0]  word  = col_start_i ? {WORD_W{1'b0}} : word_q;
    wire [1:0]         lane  = col_start_i ? 2'd0 : byte_q;
    wire               full  = !col_start_i && full_q;

    wire hit  = dump_i && col_valid_i && col_layer_i == layer_i;
    wire take = hit && none && !full;
    wire step = col_sum_i || lane == 2'd3;

    localparam [FIRST_W-1:0] ONE = 1;
    always @(posedge clk_i) begin
        if (hit) begin
            left_q <= left - ONE;
            none_q <= none || left == ONE;
            byte_q <= take && !col_sum_i ? lane + 2'd1 : lane;
            word_q <= take && step ? word + 1'b1 : word;
            full_q <= full || (take && step && word == WORD_LAST);
        end
        if (rst_i) begin
            none_q <= 1'b0;
            full_q <= 1'b0;
        end
    end

    assign take_o = take;
    assign word_o = word;
endmodule

`default_nettype wire

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
    input  wire [FIRST_W-1:0] first_i,      // the first to keep; set a cycle before the image
    input  wire               col_valid_i,
    input  wire               col_start_i,  // first column of the layer's image
    input  wire               col_sum_i,    // a summed layer's: wide, one in a word; otherwise four bytes
    input  wire [LAYER_W-1:0] col_layer_i,
    output wire               take_o,       // keep this column's; in its cycle
    output wire [WORD_W-1:0]  word_o        // where
);
    localparam [31:0] WORDS_LAST = WORDS - 1;
    localparam [WORD_W-1:0] WORD_LAST = WORDS_LAST[WORD_W-1:0];
    localparam [WORD_W-1:0] WORD_ONE = 1;

    generate
        if (WORDS < 1 || (1 << WORD_W) < WORDS) begin : g_check_word
            ERROR_capture_WORD_W_too_small check ();
        end
    endgenerate

    // What begins is decided from first_i a cycle ahead.
    localparam [FIRST_W-1:0] ONE = 1;
    localparam [FIRST_W-1:0] TWO = ONE + ONE;
    reg at_zero_q, at_one_q, at_two_q;
    always @(posedge clk_i) begin
        at_zero_q <= first_i == {FIRST_W{1'b0}};
        at_one_q  <= first_i == ONE;
        at_two_q  <= first_i == TWO;
    end

    // At the start of an image the registers are as good as none of them.
    reg [FIRST_W-1:0] left_q;  // activations to pass over
    reg               next_q;  // left_q is 1
    reg               open_q;  // what comes is kept
    reg               full_q;
    reg [1:0]         byte_q;
    reg [WORD_W-1:0]  word_q;
    reg               last_q;  // word_q is the last
    wire open = col_start_i ? at_zero_q : open_q;
    wire hit  = dump_i && col_valid_i && col_layer_i == layer_i;
    wire take = hit && open;

    // Of an image in flight, and of one that starts.
    wire step  = open_q && (col_sum_i || byte_q == 2'd3);
    wire fill  = step && last_q;
    wire begun = at_zero_q && col_sum_i;
    wire over  = begun && WORDS == 1;  // of a single word
    always @(posedge clk_i) begin
        if (hit) begin
            left_q <= (col_start_i ? first_i : left_q) - ONE;
            next_q <= col_start_i ? at_two_q : left_q == TWO;
            open_q <= col_start_i ? (at_zero_q && !over) || at_one_q : open_q ? !fill : next_q && !full_q;
            full_q <= col_start_i ? over : full_q || fill;
            word_q <= col_start_i ? (begun ? WORD_ONE : {WORD_W{1'b0}}) : step ? word_q + 1'b1 : word_q;
            last_q <= col_start_i ? (begun ? WORDS == 2 : WORDS == 1) : step ? word_q == WORD_LAST - 1'b1 : last_q;
            byte_q <= col_start_i ? {1'b0, at_zero_q && !col_sum_i} : open_q && !col_sum_i ? byte_q + 2'd1 : byte_q;
        end
        if (rst_i) begin
            open_q <= 1'b0;
            full_q <= 1'b0;
        end
    end

    assign take_o = take;
    assign word_o = col_start_i ? {WORD_W{1'b0}} : word_q;
endmodule

`default_nettype wire

// code_column: one column's weights out of the words of its stream: symbols of a gap, the zeros before a weight, and a code, its
// place in a codebook.
`default_nettype none

module code_column #(
    parameter FIFO_W      = 5,      // 2^FIFO_W words are held ahead
    parameter BOOK_W      = 6,      // bits of a place in the codebooks
    parameter FORMATS     = 1,      // ways to divide a symbol, 1 to 4
    parameter FORMAT_BITS = 32'h06, // byte f: bits of a code in format f, above them those of a gap
    parameter PREFIX      = ""      // the codebooks are read from PREFIX_books.hex
) (
    input  wire              clk_i,
    input  wire              rst_i,
    input  wire              push_i,    // a word arrives
    input  wire [36:0]       word_i,    // above it: it is the last of its stream
    output wire              pop_o,     // a word is taken; combinational
    input  wire              begin_i,   // two cycles before a pixel tile's first step
    input  wire [1:0]        format_i,  // beside begin_i: of the tile's layer
    input  wire [BOOK_W-1:0] book_i,    // where its codebook begins, at a multiple of its entries
    input  wire              step_i,
    output wire [7:0]        w_o        // the step's weight, a cycle later; 0 where there is none
);
    generate
        if (FORMATS < 1 || FORMATS > 4) begin : g_check_formats
            ERROR_code_column_FORMATS_must_be_1_to_4 check ();
        end
        if (BOOK_W > 8) begin : g_check_book
            ERROR_code_column_BOOK_W_must_not_exceed_8 check ();
        end
    endgenerate

    (* ram_style = "distributed" *) reg [36:0] fifo [0:(1<<FIFO_W)-1];
    reg [FIFO_W-1:0] put_q, take_q;
    wire [36:0] head = fifo[take_q];
    always @(posedge clk_i) begin
        if (push_i) fifo[put_q] <= word_i;
        put_q  <= put_q + {{(FIFO_W-1){1'b0}}, push_i};
        take_q <= take_q + {{(FIFO_W-1){1'b0}}, pop_o};
        if (rst_i) begin
            put_q  <= {FIFO_W{1'b0}};
            take_q <= {FIFO_W{1'b0}};
        end
    end

    // Of each format: the symbol at the word's low end, the word without it, symbols of a word.
    wire [35:0] word;
    wire [4*36-1:0] shifted;
    wire [4*BOOK_W-1:0] codes;
    wire [4*4-1:0] gaps, counts;
    genvar f;
    generate
        for (f = 0; f < 4; f = f + 1) begin : g_format
            // What no layer names is as the first.
            localparam [31:0] BITS  = FORMAT_BITS >> (f < FORMATS ? 8*f : 0);
            localparam CODE  = BITS % 16;
            localparam GAP   = BITS / 16 % 16;
            localparam [31:0] COUNT = 36 / (CODE + GAP);
            if (CODE > BOOK_W || GAP > 4 || CODE + GAP < 3 || CODE + GAP > 9) begin : g_check_format
                ERROR_code_column_FORMAT_BITS_must_be_of_symbols_of_3_to_9_bits check ();
            end
            wire [3:0] gap;
            if (GAP == 0) begin : g_dense
                assign gap = 4'd0;
            end else begin : g_sparse
                wire [GAP+3:0] wide = {4'd0, word[CODE +: GAP]};
                assign gap = wide[3:0];
                wire unused = &{1'b0, wide};
            end
            wire [CODE+BOOK_W-1:0] code = {{BOOK_W{1'b0}}, word[CODE-1:0]};
            assign codes[f*BOOK_W +: BOOK_W] = code[BOOK_W-1:0];
            assign gaps[4*f +: 4]            = gap;
            assign counts[4*f +: 4]          = COUNT[3:0];
            assign shifted[36*f +: 36]       = {{(CODE+GAP){1'b0}}, word[35:CODE+GAP]};
            wire unused_code = &{1'b0, code};
        end
    endgenerate

    // The word under way, and how many of its symbols are left.
    reg [35:0] word_q;
    reg [3:0]  left_q;
    reg        last_q, one_left_q;
    reg [1:0]  format_q;
    reg [BOOK_W-1:0] book_q;
    reg        begun_q;
    // The symbol under way: steps before its weight, and the weight's place.
    reg [3:0]  wait_q;
    reg        waits_q, over_q;
    reg [BOOK_W-1:0] code_q;

    wire take   = step_i && !waits_q && !over_q;
    wire refill = take || begun_q;
    wire more   = refill && one_left_q && !last_q;
    assign pop_o = begin_i || more;
    assign word  = word_q;

    // Of the layer's format, and of the next layer's.
    wire [3:0]        gap, count;
    wire [35:0]       less;
    wire [BOOK_W-1:0] code;
    wire [1:0]        next_format = begin_i ? format_i : format_q;
    code_choice #(.WIDTH(36)) less_choice (.sel_i(format_q), .data_i(shifted), .data_o(less));
    code_choice #(.WIDTH(BOOK_W)) code_choice (.sel_i(format_q), .data_i(codes), .data_o(code));
    code_choice #(.WIDTH(4)) gap_choice (.sel_i(format_q), .data_i(gaps), .data_o(gap));
    code_choice #(.WIDTH(4)) count_choice (.sel_i(next_format), .data_i(counts), .data_o(count));

    // The next word: without its first symbol, or the one that waits. Up to three formats leave this a choice of four.
    wire [35:0] next_word;
    generate
        if (FORMATS < 4) begin : g_few
            code_choice #(.WIDTH(36)) word_choice (
                .sel_i(pop_o ? 2'd3 : format_q), .data_i({head[35:0], shifted[3*36-1:0]}), .data_o(next_word)
            );
            wire unused = &{1'b0, less};
        end else begin : g_all
            assign next_word = pop_o ? head[35:0] : less;
        end
    endgenerate

    always @(posedge clk_i) begin
        begun_q <= begin_i;
        if (begin_i) begin
            format_q <= format_i;
            book_q   <= book_i;
        end
        if (pop_o || refill) word_q <= next_word;
        if (pop_o) begin
            last_q     <= head[36];
            left_q     <= count;
            one_left_q <= 1'b0;
        end else if (refill) begin
            left_q     <= left_q - 1'b1;
            one_left_q <= left_q == 4'd2;
        end
        if (refill) begin
            over_q  <= left_q == 4'd0;
            code_q  <= book_q | code;
            wait_q  <= gap;
            waits_q <= gap != 4'd0;
        end else if (step_i && waits_q) begin
            wait_q  <= wait_q - 1'b1;
            waits_q <= wait_q != 4'd1;
        end
        if (rst_i) begin
            begun_q <= 1'b0;
            over_q  <= 1'b1;
            left_q  <= 4'd0;
        end
    end

    // Codebooks are constants.
`ifdef YOSYS
    (* rom_style = "logic" *)
`else
    (* rom_style = "distributed" *)
`endif
    reg [7:0] books [0:(1<<BOOK_W)-1];
    reg [7:0] w_q;
    initial if (PREFIX != "") $readmemh({PREFIX, "_books.hex"}, books);
    always @(posedge clk_i) w_q <= take ? books[code_q] : 8'd0;
    assign w_o = w_q;

`ifdef ASSERT
    // Ends a simulation in which something does not hold that always does.
    reg armed_q;  // a reset was seen
    initial armed_q = 1'b0;
    reg [FIFO_W:0] held_q;
    localparam [31:0] ROOM = 1 << FIFO_W;
    always @(posedge clk_i) begin
        armed_q <= armed_q || rst_i;
        held_q  <= rst_i ? {(FIFO_W+1){1'b0}} : held_q + {{FIFO_W{1'b0}}, push_i} - {{FIFO_W{1'b0}}, pop_o};
        if (armed_q && !rst_i) begin
            if (!(held_q <= ROOM[FIFO_W:0])) begin
                $display("%m: the FIFO overflows");
                $stop;
            end
            if (!(!pop_o || held_q != {(FIFO_W+1){1'b0}})) begin
                $display("%m: a word is taken that is not there");
                $stop;
            end
            if (!(!begin_i || !more)) begin
                $display("%m: a tile begins while the one ahead of it takes a word");
                $stop;
            end
            if (!(!begin_i || !begun_q)) begin
                $display("%m: two tiles begin at once");
                $stop;
            end
        end
    end
`endif
endmodule

`default_nettype wire

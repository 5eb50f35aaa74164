// pe_array: ROWS x COLS output-stationary array; activations go right, weights down, sums leave right through a chain per row.
`default_nettype none

module pe_array #(
    parameter ROWS    = 4,   // pixels
    parameter COLS    = 4,   // output channels
    parameter ACC_W   = 25,  // accumulator bits
    parameter PAIRS   = 0,   // so many pairs of neighbouring columns, the first ones, share a multiplier each
    parameter FABRIC  = 0,   // pairs multiplied in LUTs, the last pair's columns first, from the top row down
    parameter DSP48E2 = 0    // 1: DSP slices are instantiated (UltraScale+), 0: left to the tool
) (
    input  wire                  clk_i,
    input  wire                  rst_i,
    input  wire [ROWS*9-1:0]     a_i,      // signed, above -256; lane r comes r cycles late
    input  wire [ROWS-1:0]       first_i,
    input  wire [ROWS-1:0]       last_i,
    input  wire [ROWS-1:0]       lv_i,     // beside last_i: the lane's pixel exists
    input  wire [COLS*8-1:0]     w_i,      // signed; column c comes 2c cycles late, the right one of a pair with the left one
    output wire [ROWS*ACC_W-1:0] chain_o,  // row r, column j: COLS + 3 + j cycles after last_i[r]
    output wire [ROWS-1:0]       lv_o      // of the tile whose columns are on chain_o
);
    localparam WIDE     = COLS - PAIRS;  // elements of a row
    localparam LAT_PAIR = 3;             // cycles from an activation to its product
    localparam LAT_ONE  = 2;
    localparam FIRSTS   = PAIRS == WIDE ? LAT_PAIR + 2*(COLS - 2) : LAT_ONE + 2*(COLS - 1);
    localparam LASTS    = FIRSTS + 1;

    generate
        if (ROWS < 2 || COLS < 2) begin : g_check_shape
            ERROR_pe_array_ROWS_and_COLS_must_be_at_least_2 check ();
        end
        if (2*PAIRS > COLS) begin : g_check_pairs
            ERROR_pe_array_PAIRS_take_two_COLS_each check ();
        end
        if (FABRIC > ROWS*PAIRS) begin : g_check_fabric
            ERROR_pe_array_FABRIC_counts_pairs check ();
        end
    endgenerate

    genvar r, c;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_row
            // Bit n of a row's marks is n + 1 cycles old: the elements' accumulators and chains look at theirs.
            reg [FIRSTS-1:0] first_q;
            reg [LASTS-1:0] last_q;
            wire lv_late;
            reg lv_q;
            delay #(.WIDTH(1), .N(COLS + 2)) lv_delay (.clk_i(clk_i), .rst_i(1'b0), .d_i(lv_i[r]), .d_o(lv_late));
            always @(posedge clk_i) begin
                first_q <= {first_q[FIRSTS-2:0], first_i[r]};
                last_q  <= {last_q[LASTS-2:0], last_i[r]};
                if (last_q[COLS+1]) lv_q <= lv_late;
            end
            assign lv_o[r] = lv_q;

            for (c = 0; c < PAIRS; c = c + 1) begin : g_pair
                localparam MARK    = LAT_PAIR + 4*c;
                localparam LUTS_TO = FABRIC - ROWS*(PAIRS - 1 - c);  // rows of this column that multiply in LUTs
                localparam TOP_DSP = LUTS_TO < 0 ? 0 : LUTS_TO;
                wire [8:0] a_w, a_e;
                wire [16:0] w_n, w_s;
                wire [2*ACC_W-1:0] chain_w, chain_e;
                wire neighbour;
                wire load = last_q[MARK];
                wire take = load | neighbour;  // the chain moves on

                if (r == 0) begin : g_top
                    assign w_n = {w_i[c*16+15], w_i[c*16 +: 16]};
                end else begin : g_below
                    assign w_n = g_row[r-1].g_pair[c].w_s;
                end
                if (c == 0) begin : g_left
                    assign a_w       = a_i[r*9 +: 9];
                    assign chain_w   = {2*ACC_W{1'b0}};
                    assign neighbour = 1'b0;
                end else begin : g_inner
                    reg [1:0] take_q;
                    always @(posedge clk_i) take_q <= {take_q[0], g_row[r].g_pair[c-1].take};
                    assign a_w       = g_row[r].g_pair[c-1].a_e;
                    assign chain_w   = g_row[r].g_pair[c-1].chain_e;
                    assign neighbour = take_q[1];
                end
                pe_pair #(
                    .ACC_W(ACC_W), .FABRIC(r < LUTS_TO ? 1 : 0), .PACK(r == TOP_DSP ? 1 : 0), .DSP48E2(DSP48E2)
                ) element (
                    .clk_i(clk_i),
                    .a_i(a_w),
                    .w_i(w_n),
                    .first_i(first_q[MARK - 1]),
                    .load_i(load),
                    .take_i(neighbour),
                    .chain_i(chain_w),
                    .a_o(a_e),
                    .w_o(w_s),
                    .chain_o(chain_e)
                );
                if (c == PAIRS - 1) begin : g_end
                    // Both sums of a pair stay for two cycles; the second cycle is the right column's.
                    reg [1:0] second_q;
                    always @(posedge clk_i) second_q <= {second_q[0], take};
                    wire [ACC_W-1:0] sum = second_q[1] ? chain_e[ACC_W +: ACC_W] : chain_e[0 +: ACC_W];
                end
                if (r == ROWS - 1) begin : g_bottom
                    wire unused = &{1'b0, w_s};
                end
            end

            for (c = 2*PAIRS; c < COLS; c = c + 1) begin : g_one
                localparam MARK = LAT_ONE + 2*c;
                wire [8:0] a_w, a_e;
                wire [7:0] w_n, w_s;
                wire [ACC_W-1:0] chain_w, chain_e;

                if (r == 0) begin : g_top
                    assign w_n = w_i[c*8 +: 8];
                end else begin : g_below
                    assign w_n = g_row[r-1].g_one[c].w_s;
                end
                if (c == 0) begin : g_left
                    assign a_w     = a_i[r*9 +: 9];
                    assign chain_w = {ACC_W{1'b0}};
                end else if (c == 2*PAIRS) begin : g_behind
                    assign a_w     = g_row[r].g_pair[PAIRS-1].a_e;
                    assign chain_w = g_row[r].g_pair[PAIRS-1].g_end.sum;
                end else begin : g_inner
                    assign a_w     = g_row[r].g_one[c-1].a_e;
                    assign chain_w = g_row[r].g_one[c-1].chain_e;
                end
                pe #(.ACC_W(ACC_W), .DSP48E2(DSP48E2)) element (
                    .clk_i(clk_i),
                    .a_i(a_w),
                    .w_i(w_n),
                    .first_i(first_q[MARK - 1]),
                    .load_i(last_q[MARK]),
                    .chain_i(chain_w),
                    .a_o(a_e),
                    .w_o(w_s),
                    .chain_o(chain_e)
                );
                if (r == ROWS - 1) begin : g_bottom
                    wire unused = &{1'b0, w_s};
                end
            end

            if (2*PAIRS == COLS) begin : g_out
                assign chain_o[r*ACC_W +: ACC_W] = g_row[r].g_pair[PAIRS-1].g_end.sum;
                wire unused = &{1'b0, g_row[r].g_pair[PAIRS-1].a_e};
            end else begin : g_out
                assign chain_o[r*ACC_W +: ACC_W] = g_row[r].g_one[COLS-1].chain_e;
                wire unused = &{1'b0, g_row[r].g_one[COLS-1].a_e};
            end
        end
    endgenerate

    wire unused = rst_i;
endmodule

`default_nettype wire

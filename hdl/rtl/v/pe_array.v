// pe_array: ROWS x COLS output-stationary array; activations go right, weights down, sums leave right through a chain per row.
`default_nettype none

module pe_array #(
    parameter ROWS    = 4,   // pixels
    parameter COLS    = 4,   // output channels; even with PAIRS
    parameter ACC_W   = 25,  // accumulator bits
    parameter PAIRS   = 0,   // 1: neighbouring columns share a multiplier
    parameter FABRIC  = 0,   // with PAIRS: pairs multiplied in LUTs, the last columns' first, from the top row down
    parameter DSP48E2 = 0    // 1: DSP slices are instantiated (UltraScale+), 0: left to the tool
) (
    input  wire                  clk_i,
    input  wire                  rst_i,
    input  wire [ROWS*9-1:0]     a_i,      // signed, above -256; lane r comes r cycles late
    input  wire [ROWS-1:0]       first_i,
    input  wire [ROWS-1:0]       last_i,
    input  wire [ROWS-1:0]       lv_i,     // beside last_i: the lane's pixel exists
    input  wire [COLS*8-1:0]     w_i,      // signed; column c comes 2c cycles late, with PAIRS both of a pair with its left one
    output wire [ROWS*ACC_W-1:0] chain_o,  // row r, column j: COLS + 3 + j cycles after last_i[r]
    output wire [ROWS-1:0]       lv_o      // of the tile whose columns are on chain_o
);
    localparam SIDE   = PAIRS != 0 ? 2 : 1;     // columns of an element
    localparam WIDE   = COLS / SIDE;            // elements of a row
    localparam STEP   = 2 * SIDE;               // cycles from an element to its right neighbour
    localparam LAT    = PAIRS != 0 ? 3 : 2;     // cycles from an activation to its product
    localparam W_W    = PAIRS != 0 ? 17 : 8;    // bits of an element's weights
    localparam FIRSTS = LAT + STEP*(WIDE - 1);
    localparam LASTS  = FIRSTS + 1;

    generate
        if (ROWS < 2 || COLS < 2) begin : g_check_shape
            ERROR_pe_array_ROWS_and_COLS_must_be_at_least_2 check ();
        end
        if (COLS != SIDE*WIDE) begin : g_check_pairs
            ERROR_pe_array_PAIRS_need_an_even_number_of_COLS check ();
        end
        if (FABRIC > (PAIRS != 0 ? ROWS*WIDE : 0)) begin : g_check_fabric
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

            for (c = 0; c < WIDE; c = c + 1) begin : g_col
                wire [8:0] a_w, a_e;
                wire [W_W-1:0] w_n, w_s;
                wire [SIDE*ACC_W-1:0] chain_w, chain_e;
                wire take;  // the chain moved on, with PAIRS

                if (r == 0 && PAIRS != 0) begin : g_top
                    assign w_n = {w_i[c*16+15], w_i[c*16 +: 16]};
                end else if (r == 0) begin : g_top
                    assign w_n = w_i[c*8 +: 8];
                end else begin : g_below
                    assign w_n = g_row[r-1].g_col[c].w_s;
                end
                if (c == 0) begin : g_left
                    assign a_w     = a_i[r*9 +: 9];
                    assign chain_w = {SIDE*ACC_W{1'b0}};
                end else begin : g_inner
                    assign a_w     = g_row[r].g_col[c-1].a_e;
                    assign chain_w = g_row[r].g_col[c-1].chain_e;
                end

                if (PAIRS != 0) begin : g_pair
                    localparam LUTS_TO = FABRIC - ROWS*(WIDE - 1 - c);  // rows of this column that multiply in LUTs
                    localparam TOP_DSP = LUTS_TO < 0 ? 0 : LUTS_TO;
                    wire neighbour;
                    if (c == 0) begin : g_first
                        assign neighbour = 1'b0;
                    end else begin : g_next
                        reg [1:0] take_q;
                        always @(posedge clk_i) take_q <= {take_q[0], g_row[r].g_col[c-1].take};
                        assign neighbour = take_q[1];
                    end
                    wire load = last_q[LAT + STEP*c];
                    assign take = load | neighbour;
                    pe_pair #(
                        .ACC_W(ACC_W), .FABRIC(r < LUTS_TO ? 1 : 0), .PACK(r == TOP_DSP ? 1 : 0), .DSP48E2(DSP48E2)
                    ) element (
                        .clk_i(clk_i),
                        .a_i(a_w),
                        .w_i(w_n),
                        .first_i(first_q[LAT - 1 + STEP*c]),
                        .load_i(load),
                        .take_i(neighbour),
                        .chain_i(chain_w),
                        .a_o(a_e),
                        .w_o(w_s),
                        .chain_o(chain_e)
                    );
                    if (c == WIDE - 1) begin : g_right
                        // Both sums of a pair stay for two cycles; the second cycle is the right column's.
                        reg [1:0] second_q;
                        always @(posedge clk_i) second_q <= {second_q[0], take};
                        assign chain_o[r*ACC_W +: ACC_W] = second_q[1] ? chain_e[ACC_W +: ACC_W] : chain_e[0 +: ACC_W];
                    end
                end else begin : g_one
                    assign take = 1'b0;
                    pe #(.ACC_W(ACC_W), .DSP48E2(DSP48E2)) element (
                        .clk_i(clk_i),
                        .a_i(a_w),
                        .w_i(w_n),
                        .first_i(first_q[LAT - 1 + STEP*c]),
                        .load_i(last_q[LAT + STEP*c]),
                        .chain_i(chain_w),
                        .a_o(a_e),
                        .w_o(w_s),
                        .chain_o(chain_e)
                    );
                    if (c == WIDE - 1) begin : g_right
                        assign chain_o[r*ACC_W +: ACC_W] = chain_e;
                    end
                    wire unused_take = take;
                end
                if (r == ROWS - 1) begin : g_bottom
                    wire unused = &{1'b0, w_s};
                end
                if (c == WIDE - 1) begin : g_edge
                    wire unused = &{1'b0, a_e};
                end
            end
        end
    endgenerate

    wire unused = rst_i;
endmodule

`default_nettype wire

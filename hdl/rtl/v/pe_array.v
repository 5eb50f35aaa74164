// pe_array: ROWS x COLS output-stationary array; activations go right, weights down, sums leave right through a chain per row.
`default_nettype none

module pe_array #(
    parameter ROWS     = 4,   // pixels
    parameter COLS     = 4,   // output channels
    parameter ACC_W    = 25,  // accumulator bits
    parameter PAIRS    = 0,   // so many pairs of neighbouring columns, the first ones, share a multiplier each
    parameter FABRIC   = 0,   // pairs multiplied in LUTs, the last pair's columns first, from the top row down
    parameter PER_LINK = 3,   // further columns that share a link of the drain chain, 1 to 3; a pair has one of its own
    parameter SLICE    = 0,   // DSP slice that is instantiated, 1: DSP48E1, 2: DSP48E2, 3: MULT12X12 of GW5A; 0: left to the tool
    parameter CASCADE  = 20   // such slices in a row that hand weights on, at least 1
) (
    input  wire                  clk_i,
    input  wire                  rst_i,
    input  wire [ROWS*9-1:0]     a_i,      // signed, above -256; lane r comes r cycles late
    input  wire [ROWS-1:0]       first_i,
    input  wire [ROWS-1:0]       last_i,
    input  wire [ROWS-1:0]       mask_i,     // beside last_i: the lane's pixel exists
    input  wire [COLS*8-1:0]     w_i,      // signed; column c comes LAG(c) cycles late, the right one of a pair with the left one
    output wire [ROWS*ACC_W-1:0] chain_o,  // row r, column j: LINKS + LATE + 3 + j cycles after last_i[r]
    output wire [ROWS-1:0]       mask_o      // of the tile whose columns are on chain_o
);
    localparam SINGLES = COLS - 2*PAIRS;
    localparam GROUPS  = (SINGLES + PER_LINK - 1) / PER_LINK;  // of single columns, a link each
    localparam LINKS   = PAIRS + GROUPS;
    localparam LATE    = PAIRS > 0 ? 1 : 0;                    // a pair's sums take a cycle more, so the others wait
    localparam EXIT    = LINKS + LATE;
    // LAG(c) of pair p is 3p, of single column i (after the pairs) 3*PAIRS + LATE + i + i / PER_LINK. MARK: from first_i to
    // an accumulator's start, 2 + LAG; in a pair 3 + LAG and 4 + LAG.
    localparam MARKS   = SINGLES > 0 ? 2 + 3*PAIRS + LATE + SINGLES - 1 + (SINGLES - 1) / PER_LINK : 4 + 3*(PAIRS - 1);

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
        if (CASCADE < 1) begin : g_check_cascade
            ERROR_pe_array_CASCADE_must_be_positive check ();
        end
        if (PER_LINK < 1 || PER_LINK > 3) begin : g_check_link
            ERROR_pe_array_PER_LINK_must_be_1_to_3 check ();
        end
    endgenerate

    genvar r, p, g, i;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_row
            // Bit n of a row's marks is n + 1 cycles old: the elements' accumulators and the links look at theirs.
            reg [MARKS-1:0] first_q, last_q;
            wire mask_late;
            reg mask_q;
            delay #(.WIDTH(1), .N(EXIT + 2)) mask_delay (.clk_i(clk_i), .rst_i(1'b0), .d_i(mask_i[r]), .d_o(mask_late));
            always @(posedge clk_i) begin
                first_q <= {first_q[MARKS-2:0], first_i[r]};
                last_q  <= {last_q[MARKS-2:0], last_i[r]};
                if (last_q[EXIT+1]) mask_q <= mask_late;
            end
            assign mask_o[r] = mask_q;

            for (p = 0; p < PAIRS; p = p + 1) begin : g_pair
                localparam MARK    = 3 + 3*p;
                localparam LUTS_TO = FABRIC - ROWS*(PAIRS - 1 - p);  // rows of this column that multiply in LUTs
                localparam TOP_DSP = LUTS_TO < 0 ? 0 : LUTS_TO;
                wire [8:0] a_w, a, a_e;
                // A slice at the head of a cascade takes its weights past the slices of the one above.
                localparam HEAD    = r <= TOP_DSP || SLICE == 0 ? r : r - (r - TOP_DSP) % CASCADE;
                wire [29:0] w_n, w, w_s;
                wire [ACC_W-1:0] sum0, sum1, chain_w, chain_e;

                if (r == 0) begin : g_top
                    assign w_n = {14'd0, w_i[p*16 +: 16]};
                end else if (r > TOP_DSP && r == HEAD && SLICE != 0) begin : g_head
                    delay #(.WIDTH(30), .N(CASCADE)) past (
                        .clk_i(clk_i), .rst_i(1'b0), .d_i(g_row[r-CASCADE].g_pair[p].w), .d_o(w_n)
                    );
                end else begin : g_below
                    assign w_n = g_row[r-1].g_pair[p].w_s;
                end
                if (r == TOP_DSP) begin : g_pack
                    // The low weight is signed: where it is negative it takes one from the high one.
                    assign w = {{{6{w_n[15]}}, w_n[15:8]} - {13'd0, w_n[7]}, {8{w_n[7]}}, w_n[7:0]};
                    wire unused = &{1'b0, w_n[29:16]};
                end else begin : g_packed
                    assign w = w_n;
                end
                if (p == 0) begin : g_left
                    assign a_w     = a_i[r*9 +: 9];
                    assign chain_w = {ACC_W{1'b0}};
                end else begin : g_inner
                    assign a_w     = g_row[r].g_pair[p-1].a_e;
                    assign chain_w = g_row[r].g_pair[p-1].chain_e;
                end
                pe_pair #(
                    .ACC_W(ACC_W), .FABRIC(r < LUTS_TO ? 1 : 0), .SLICE(SLICE), .CASCADED(r == HEAD ? 0 : 1)
                ) element (
                    .clk_i(clk_i),
                    .a_i(a_w),
                    .w_i(w),
                    .first0_i(first_q[MARK-1]),
                    .first1_i(first_q[MARK]),
                    .a_o(a),
                    .w_o(w_s),
                    .sum0_o(sum0),
                    .sum1_o(sum1)
                );
                delay #(.WIDTH(9), .N(p == PAIRS - 1 ? 2 + LATE : 2)) right (
                    .clk_i(clk_i), .rst_i(1'b0), .d_i(a), .d_o(a_e)
                );
                chain_link #(.ACC_W(ACC_W), .SUMS(2)) link (
                    .clk_i(clk_i), .load_i(last_q[MARK-1 +: 2]), .sums_i({sum1, sum0}), .chain_i(chain_w), .chain_o(chain_e)
                );
                wire unused = &{1'b0, w_s};
            end

            for (g = 0; g < GROUPS; g = g + 1) begin : g_group
                localparam SUMS = SINGLES - g*PER_LINK < PER_LINK ? SINGLES - g*PER_LINK : PER_LINK;
                localparam MARK = 2 + 3*PAIRS + LATE + g*(PER_LINK + 1);
                wire [8:0] a_w, a_e;
                wire [SUMS*ACC_W-1:0] sums;
                wire [ACC_W-1:0] chain_w, chain_e;

                if (g > 0) begin : g_inner
                    assign a_w     = g_row[r].g_group[g-1].a_e;
                    assign chain_w = g_row[r].g_group[g-1].chain_e;
                end else if (PAIRS > 0) begin : g_behind
                    assign a_w     = g_row[r].g_pair[PAIRS-1].a_e;
                    assign chain_w = g_row[r].g_pair[PAIRS-1].chain_e;
                end else begin : g_left
                    assign a_w     = a_i[r*9 +: 9];
                    assign chain_w = {ACC_W{1'b0}};
                end
                for (i = 0; i < SUMS; i = i + 1) begin : g_one
                    localparam COL = 2*PAIRS + g*PER_LINK + i;
                    wire [8:0] a, a_next;
                    localparam HEAD = SLICE == 0 ? r : r - r % CASCADE;
                    wire [29:0] w_n, w_s;

                    if (r == 0) begin : g_top
                        assign w_n = {{22{w_i[COL*8+7]}}, w_i[COL*8 +: 8]};
                    end else if (r == HEAD && SLICE != 0) begin : g_head
                        delay #(.WIDTH(30), .N(CASCADE)) past (
                            .clk_i(clk_i), .rst_i(1'b0), .d_i(g_row[r-CASCADE].g_group[g].g_one[i].w_n), .d_o(w_n)
                        );
                    end else begin : g_below
                        assign w_n = g_row[r-1].g_group[g].g_one[i].w_s;
                    end
                    if (i == 0) begin : g_first
                        assign a = a_w;
                    end else begin : g_inner
                        assign a = g_one[i-1].a_next;
                    end
                    pe #(.ACC_W(ACC_W), .SLICE(SLICE), .CASCADED(r == HEAD ? 0 : 1)) element (
                        .clk_i(clk_i),
                        .a_i(a),
                        .w_i(w_n),
                        .first_i(first_q[MARK+i-1]),
                        .a_o(a_next),
                        .w_o(w_s),
                        .sum_o(sums[i*ACC_W +: ACC_W])
                    );
                    wire unused = &{1'b0, w_s};
                end
                delay #(.WIDTH(9), .N(1)) right (.clk_i(clk_i), .rst_i(1'b0), .d_i(g_one[SUMS-1].a_next), .d_o(a_e));
                chain_link #(.ACC_W(ACC_W), .SUMS(SUMS)) link (
                    .clk_i(clk_i), .load_i(last_q[MARK-1 +: SUMS]), .sums_i(sums), .chain_i(chain_w), .chain_o(chain_e)
                );
            end

            if (GROUPS == 0) begin : g_out
                assign chain_o[r*ACC_W +: ACC_W] = g_row[r].g_pair[PAIRS-1].chain_e;
                wire unused = &{1'b0, g_row[r].g_pair[PAIRS-1].a_e};
            end else begin : g_out
                assign chain_o[r*ACC_W +: ACC_W] = g_row[r].g_group[GROUPS-1].chain_e;
                wire unused = &{1'b0, g_row[r].g_group[GROUPS-1].a_e};
            end
        end
    endgenerate

    wire unused = rst_i;
endmodule

`default_nettype wire

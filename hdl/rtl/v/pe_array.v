// pe_array: ROWS x COLS output-stationary array; activations go right, weights down, sums leave right through a chain per row.
`default_nettype none

module pe_array #(
    parameter ROWS  = 4,  // pixels
    parameter COLS  = 4,  // output channels
    parameter ACC_W = 25  // accumulator bits
) (
    input  wire                  clk_i,
    input  wire                  rst_i,
    input  wire [ROWS*9-1:0]     a_i,      // signed; lane r comes r cycles late
    input  wire [ROWS-1:0]       first_i,
    input  wire [ROWS-1:0]       last_i,
    input  wire [ROWS-1:0]       lv_i,     // beside last_i: the lane's pixel exists
    input  wire [COLS*8-1:0]     w_i,      // signed; column c comes c cycles late
    output wire [ROWS*ACC_W-1:0] chain_o,  // row r, column j: COLS + 4 + j cycles after last_i[r]
    output wire [ROWS-1:0]       lv_o      // of the tile whose columns are on chain_o
);
    generate
        if (ROWS < 2 || COLS < 2) begin : g_check_shape
            ERROR_pe_array_ROWS_and_COLS_must_be_at_least_2 check ();
        end
    endgenerate

    genvar r, c;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_row
            // Bit n of a row's marks is n + 1 cycles old: the columns' accumulators, shadows and chains look at theirs.
            reg [COLS:0] first_q;
            reg [2*COLS+1:0] last_q;
            wire lv_late;
            reg lv_q;
            delay #(.WIDTH(1), .N(COLS + 3)) lv_delay (.clk_i(clk_i), .rst_i(1'b0), .d_i(lv_i[r]), .d_o(lv_late));
            always @(posedge clk_i) begin
                first_q <= {first_q[COLS-1:0], first_i[r]};
                last_q  <= {last_q[2*COLS:0], last_i[r]};
                if (last_q[COLS+2]) lv_q <= lv_late;
            end
            assign lv_o[r] = lv_q;

            for (c = 0; c < COLS; c = c + 1) begin : g_col
                wire [8:0] a_w, a_e;
                wire [7:0] w_n, w_s;
                wire [ACC_W-1:0] chain_w, chain_e;

                if (r == 0) begin : g_top
                    assign w_n = w_i[c*8 +: 8];
                end else begin : g_below
                    assign w_n = g_row[r-1].g_col[c].w_s;
                end
                if (c == 0) begin : g_left
                    assign a_w     = a_i[r*9 +: 9];
                    assign chain_w = {ACC_W{1'b0}};
                end else begin : g_inner
                    assign a_w     = g_row[r].g_col[c-1].a_e;
                    assign chain_w = g_row[r].g_col[c-1].chain_e;
                end
                pe #(.ACC_W(ACC_W)) element (
                    .clk_i(clk_i),
                    .a_i(a_w),
                    .w_i(w_n),
                    .first_i(first_q[c+1]),
                    .last_i(last_q[c+2]),
                    .load_i(last_q[2*c+3]),
                    .chain_i(chain_w),
                    .a_o(a_e),
                    .w_o(w_s),
                    .chain_o(chain_e)
                );
                if (r == ROWS - 1) begin : g_bottom
                    wire unused = &{1'b0, w_s};
                end
                if (c == COLS - 1) begin : g_right
                    assign chain_o[r*ACC_W +: ACC_W] = chain_e;
                    wire unused = &{1'b0, a_e};
                end
            end
        end
    endgenerate

    wire unused = rst_i;
endmodule

`default_nettype wire

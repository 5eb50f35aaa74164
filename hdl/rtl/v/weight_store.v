// weight_store: one weight per column and step from block RAM, skewed for the array's top edge.
`default_nettype none

module weight_store #(
    parameter COLS      = 8,     // columns
    parameter DEPTH     = 4096,  // words of COLS weights
    parameter SETS      = 0,     // sets of 8 chunks of 4096 words that carry a ninth in their parity bits
    parameter FULL      = 1,     // further chunks of 4096 words
    parameter TAIL_W    = 0,     // a last chunk of 2^TAIL_W words, 0: none
    parameter ADDR_W    = 12,    // address bits, 2^ADDR_W >= DEPTH
    parameter WGT_DELAY = 0,     // registers before everything else
    parameter PAIRS     = 0,     // so many pairs of neighbouring columns, the first ones: their weights come together
    parameter PER_LINK  = 3,     // further columns that share a link of the drain chain
    parameter BYTE_W    = 1,     // bits of a column's number
    parameter PREFIX    = ""     // memory k of column group g is read from PREFIX_gGG_cKK.hex
) (
    input  wire              clk_i,
    input  wire              rst_i,
    input  wire [ADDR_W-1:0] wgt_addr_i,
    output wire [COLS*8-1:0] w_o,            // column c: WGT_DELAY + 3 + MUX + LAG(c) cycles after wgt_addr_i
    input  wire              check_i,        // a column's weight is read for the memory check, in place of wgt_addr_i's:
    input  wire [ADDR_W-1:0] check_addr_i,
    input  wire [BYTE_W-1:0] check_byte_i,
    output wire              check_valid_o,  // it is there, see check_tap
    output wire [7:0]        check_data_o
);
    localparam GROUPS = (COLS + 7) / 8;
    localparam RAMS   = 8*SETS + FULL + (TAIL_W != 0 ? 1 : 0);

    generate
        if (COLS < 1) begin : g_check_cols
            ERROR_weight_store_COLS_must_be_positive check ();
        end
        if (ADDR_W < 31 && (1 << ADDR_W) < DEPTH) begin : g_check_addr_min
            ERROR_weight_store_ADDR_W_too_small check ();
        end
        if (4096*(9*SETS + FULL) + (TAIL_W != 0 ? 1 << TAIL_W : 0) < DEPTH) begin : g_check_chunks
            ERROR_weight_store_SETS_FULL_TAIL_W_too_small check ();
        end
    endgenerate

    weight_banks #(
        .COLS(COLS), .SETS(SETS), .FULL(FULL), .TAIL_W(TAIL_W), .RAMS(RAMS), .GROUPS(GROUPS), .ADDR_W(ADDR_W),
        .WGT_DELAY(WGT_DELAY), .PAIRS(PAIRS), .PER_LINK(PER_LINK), .KIND(0), .BYTE_W(BYTE_W), .PREFIX(PREFIX)
    ) banks (
        .clk_i(clk_i), .wgt_addr_i(wgt_addr_i), .w_o(w_o),
        .write_i({(GROUPS*RAMS){1'b0}}), .write_addr_i(12'd0), .write_data_i(72'd0),
        .check_i(check_i), .check_addr_i(check_addr_i), .check_byte_i(check_byte_i),
        .check_valid_o(check_valid_o), .check_data_o(check_data_o)
    );

    wire unused = &{1'b0, rst_i};
endmodule

`default_nettype wire

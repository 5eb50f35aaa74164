// chain_link: a link of the drain chain: takes the sums of its columns, one per cycle, and else what comes from the left.
`default_nettype none

module chain_link #(
    parameter ACC_W = 25,  // bits of a sum
    parameter SUMS  = 3    // columns, 1 to 3
) (
    input  wire                  clk_i,
    input  wire [SUMS-1:0]       load_i,   // one at most: that column's sum is complete in the next cycle
    input  wire [SUMS*ACC_W-1:0] sums_i,
    input  wire [ACC_W-1:0]      chain_i,
    output wire [ACC_W-1:0]      chain_o   // two cycles after load_i
);
    generate
        if (SUMS < 1 || SUMS > 3) begin : g_check_sums
            ERROR_chain_link_SUMS_must_be_1_to_3 check ();
        end
    endgenerate

    // 0: from the left, n: column n - 1. With two columns 3 is the second one too.
    wire [1:0] from_d;
    wire [ACC_W-1:0] sum1, sum2;
    reg [1:0] from_q;
    reg [ACC_W-1:0] chain_q;

    generate
        if (SUMS == 1) begin : g_one
            assign from_d = {1'b0, load_i};
            assign sum1   = {ACC_W{1'b0}};
            assign sum2   = {ACC_W{1'b0}};
        end else if (SUMS == 2) begin : g_two
            assign from_d = load_i;
            assign sum1   = sums_i[ACC_W +: ACC_W];
            assign sum2   = sums_i[ACC_W +: ACC_W];
        end else begin : g_three
            assign from_d = {load_i[1] | load_i[2], load_i[0] | load_i[2]};
            assign sum1   = sums_i[ACC_W +: ACC_W];
            assign sum2   = sums_i[2*ACC_W +: ACC_W];
        end
    endgenerate

    always @(posedge clk_i) begin
        from_q <= from_d;
        case (from_q)
            2'd0: chain_q <= chain_i;
            2'd1: chain_q <= sums_i[0 +: ACC_W];
            2'd2: chain_q <= sum1;
            2'd3: chain_q <= sum2;
        endcase
    end

    assign chain_o = chain_q;
endmodule

`default_nettype wire

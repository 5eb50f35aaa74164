// mul18_sum: z * factor + added in two cycles on 18 x 18 multipliers: their products go to registers at once, and are summed in one addition.
`default_nettype none

module mul18_sum #(
    parameter Z_W      = 22,  // bits of z, at most 35
    parameter FACTOR_W = 18,  // bits of the factor, at most 18
    parameter SUM_W    = 42   // bits of the sum, at least Z_W + FACTOR_W, above 36
) (
    input  wire                clk_i,
    input  wire [Z_W-1:0]      z_i,       // signed
    input  wire [FACTOR_W-1:0] factor_i,  // signed
    input  wire                cut_i,     // the product counts as 0
    input  wire [SUM_W-1:0]    added_i,   // signed, one cycle later
    output wire [SUM_W-1:0]    sum_o      // two cycles later
);
    // Above 18 bits z has a low part without a sign and a high part with one.
    localparam LOW   = 17;
    localparam WHOLE = Z_W <= 18;

    generate
        if (Z_W > LOW + 18 || FACTOR_W > 18 || SUM_W < Z_W + FACTOR_W || SUM_W <= 36) begin : g_check
            ERROR_mul18_sum_Z_W_FACTOR_W_or_SUM_W_out_of_range check ();
        end
    endgenerate

    wire signed [FACTOR_W-1:0] factor = factor_i;
    wire signed [SUM_W-1:0] low, high;
    generate
        if (WHOLE) begin : g_whole
            wire signed [Z_W-1:0] z = z_i;
            reg signed [Z_W+FACTOR_W-1:0] product_q;
            always @(posedge clk_i) product_q <= z * factor;
            assign low  = {{(SUM_W - Z_W - FACTOR_W){product_q[Z_W+FACTOR_W-1]}}, product_q};
            assign high = {SUM_W{1'b0}};
        end else begin : g_parts
            localparam LOW_W  = LOW + FACTOR_W + 1;
            localparam HIGH_W = Z_W - LOW + FACTOR_W;
            wire signed [LOW:0] z_low = {1'b0, z_i[LOW-1:0]};
            wire signed [Z_W-LOW-1:0] z_high = z_i[Z_W-1:LOW];
            reg signed [LOW_W-1:0] low_q;
            reg signed [HIGH_W-1:0] high_q;
            always @(posedge clk_i) begin
                low_q  <= z_low * factor;
                high_q <= z_high * factor;
            end
            assign low  = {{(SUM_W - LOW_W){low_q[LOW_W-1]}}, low_q};
            assign high = {{(SUM_W - LOW - HIGH_W){high_q[HIGH_W-1]}}, high_q, {LOW{1'b0}}};
        end
    endgenerate

    // Three numbers become two by a LUT per bit, and only these are carried.
    reg cut_q;
    reg [SUM_W-1:0] sum_q;
    wire [SUM_W-1:0] a = low & ~{SUM_W{cut_q}};
    wire [SUM_W-1:0] b = high & ~{SUM_W{cut_q}};
    wire [SUM_W-1:0] ones = a ^ b ^ added_i;
    wire [SUM_W-1:0] twos = (a & b) | (a & added_i) | (b & added_i);
    always @(posedge clk_i) begin
        cut_q <= cut_i;
        sum_q <= ones + {twos[SUM_W-2:0], 1'b0};
    end

    assign sum_o = sum_q;

    wire unused = twos[SUM_W-1];
endmodule

`default_nettype wire

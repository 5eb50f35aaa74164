// mul_sum: z * factor + added in two cycles on multipliers without a sum: their products go to registers at once, and are summed in one addition.
`default_nettype none

module mul_sum #(
    parameter Z_W      = 22,  // bits of z, less than 2 * WIDE
    parameter FACTOR_W = 18,  // bits of the factor, at most 18
    parameter SUM_W    = 42,  // bits of the sum, at least Z_W + FACTOR_W
    parameter WIDE     = 18   // bits of a multiplier's wide operand, 18: left to the tool, 27: MULTALU27X18 of GW5A
) (
    input  wire                clk_i,
    input  wire [Z_W-1:0]      z_i,       // signed
    input  wire [FACTOR_W-1:0] factor_i,  // signed
    input  wire                cut_i,     // the product counts as 0
    input  wire [SUM_W-1:0]    added_i,   // signed, one cycle later
    output wire [SUM_W-1:0]    sum_o      // two cycles later
);
    // Where z is wider than a multiplier it has a low part without a sign and a high part with one.
    localparam LOW    = WIDE - 1;
    localparam WHOLE  = Z_W <= WIDE;
    localparam LOW_W  = WHOLE ? Z_W : WIDE;
    localparam HIGH_W = WHOLE ? 1 : Z_W - LOW;

    generate
        if ((WIDE != 18 && WIDE != 27) || Z_W >= 2*WIDE || FACTOR_W > 18 || SUM_W < Z_W + FACTOR_W) begin : g_check
            ERROR_mul_sum_Z_W_FACTOR_W_SUM_W_or_WIDE_out_of_range check ();
        end
    endgenerate

    wire [LOW_W-1:0]           z_low;
    wire [LOW_W+FACTOR_W-1:0]  product_low;
    wire [HIGH_W+FACTOR_W-1:0] product_high;
    generate
        if (WHOLE) begin : g_whole
            assign z_low        = z_i;
            assign product_high = {(HIGH_W + FACTOR_W){1'b0}};
        end else begin : g_parts
            assign z_low = {1'b0, z_i[LOW-1:0]};
            reg_mul #(.A_W(HIGH_W), .B_W(FACTOR_W), .GW5A(WIDE == 27 ? 1 : 0)) high (
                .clk_i(clk_i), .a_i(z_i[Z_W-1:LOW]), .b_i(factor_i), .product_o(product_high)
            );
        end
    endgenerate
    reg_mul #(.A_W(LOW_W), .B_W(FACTOR_W), .GW5A(WIDE == 27 ? 1 : 0)) low (
        .clk_i(clk_i), .a_i(z_low), .b_i(factor_i), .product_o(product_low)
    );

    // A sign more than fits, so that every extension has one bit at least.
    wire [SUM_W:0]     low_part  = {{(SUM_W + 1 - LOW_W - FACTOR_W){product_low[LOW_W+FACTOR_W-1]}}, product_low};
    wire [SUM_W+LOW:0] high_part = {{(SUM_W + 1 - HIGH_W - FACTOR_W){product_high[HIGH_W+FACTOR_W-1]}}, product_high, {LOW{1'b0}}};

    // Three numbers become two by a LUT per bit, and only these are carried.
    reg cut_q;
    reg [SUM_W-1:0] sum_q;
    wire [SUM_W-1:0] a = low_part[SUM_W-1:0] & ~{SUM_W{cut_q}};
    wire [SUM_W-1:0] b = high_part[SUM_W-1:0] & ~{SUM_W{cut_q}};
    wire [SUM_W-1:0] ones = a ^ b ^ added_i;
    wire [SUM_W-1:0] twos = (a & b) | (a & added_i) | (b & added_i);
    always @(posedge clk_i) begin
        cut_q <= cut_i;
        sum_q <= ones + {twos[SUM_W-2:0], 1'b0};
    end

    assign sum_o = sum_q;

    wire unused = &{1'b0, twos[SUM_W-1], low_part[SUM_W], high_part[SUM_W+LOW:SUM_W]};
endmodule

`default_nettype wire

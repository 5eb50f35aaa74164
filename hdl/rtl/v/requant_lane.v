// requant_lane: one lane's way from accumulator to activation: bias, multiplier, addition of the residual, rounding, clamp.
`default_nettype none

module requant_lane #(
    parameter ACC_W      = 25,  // accumulator bits
    parameter MULT_W     = 17,  // multiplier bits, unsigned
    parameter FRACTION   = 20,  // fraction bits of the multipliers, at least 2
    parameter RESIDUAL   = 0,   // 1: the residual is rescaled and added
    parameter RESIDUAL_W = 1,   // bits of the multiplier of the residual, unsigned, at most FRACTION + 1
    parameter RESIDUAL_DELAY = 11,  // cycles from residual_act_i to acc_i, at least 1
    parameter WIDE       = 0    // bits of a multiplier's wide operand as in mul_sum: at most 2*WIDE-1 accumulator and 17 multiplier bits; 0: a slice with a sum
) (
    input  wire                  clk_i,
    input  wire [ACC_W-1:0]      acc_i,              // signed
    input  wire                  mask_i,
    input  wire [7:0]            residual_act_i,             // RESIDUAL_DELAY cycles before acc_i
    input  wire [ACC_W-1:0]      bias_i,             // signed, beside acc_i
    input  wire [MULT_W-1:0]     mult_i,
    input  wire [RESIDUAL_W-1:0] residual_mult_i,    // 0: nothing is added
    input  wire                  residual_signed_i,  // the residual is signed
    input  wire                  relu_i,             // negative products are cut off before the addition
    input  wire                  out_signed_i,       // 0: clamp to 0..2^n-1; 1: clamp to -2^(n-1)..2^(n-1)-1
    input  wire                  out_wide_i,         // n is 16 rather than 8
    output wire [ACC_W-1:0]      bias_o,             // to the next lane, one cycle later
    output wire [MULT_W-1:0]     mult_o,
    output wire [RESIDUAL_W-1:0] residual_mult_o,
    output wire                  residual_signed_o,
    output wire                  relu_o,
    output wire                  out_signed_o,
    output wire                  out_wide_o,
    output wire [16:0]           y_o,                // signed, four cycles later
    output wire                  mask_o                // four cycles later
);
    // The product has a bit to spare, and so has the sum: what is added is below 2^(FRACTION + 9).
    localparam PRODUCT_W = ACC_W + MULT_W + 1;
    localparam SUM_W     = PRODUCT_W < FRACTION + 18 ? FRACTION + 18 : PRODUCT_W;
    localparam WHOLE_W   = SUM_W - FRACTION;
    localparam signed [SUM_W-1:0] HALF = 1 << (FRACTION - 1);

    generate
        if (RESIDUAL_W > FRACTION + 1 || RESIDUAL_DELAY < 1) begin : g_check_residual
            ERROR_requant_lane_RESIDUAL_W_or_RESIDUAL_DELAY_out_of_range check ();
        end
        if (FRACTION < 2 || FRACTION > 31) begin : g_check_fraction
            ERROR_requant_lane_FRACTION_must_be_2_to_31 check ();
        end
    endgenerate

    reg signed [ACC_W-1:0] bias_q, z_q;
    reg [MULT_W-1:0] mult_q;
    reg [16:0] y_q;
    reg relu_z_q, signed_z_q, signed_p_q, signed_s_q, wide_z_q, wide_p_q, wide_s_q;

    wire signed [MULT_W:0] factor = {1'b0, mult_q};
    wire cut = relu_z_q && z_q[ACC_W-1];
    wire [SUM_W-1:0] sum;
    wire signed [WHOLE_W-1:0] whole = sum[SUM_W-1:FRACTION];
    wire below = whole[WHOLE_W-1];
    // Where the format ends before the bits: to its largest number, or to its smallest. Bits 14 to 8 are checked in a narrow one alone.
    wire past_wide  = |whole[WHOLE_W-2:16] || (whole[15] && (signed_s_q || !wide_s_q));
    wire under_wide = !(signed_s_q && &whole[WHOLE_W-2:15]);
    wire above = !below && (past_wide || (!wide_s_q && (|whole[14:8] || (signed_s_q && whole[7]))));
    wire under = below && (under_wide || (!wide_s_q && !(&whole[14:7])));
    wire narrow_signed = signed_s_q && !wide_s_q;

    always @(posedge clk_i) begin
        bias_q     <= bias_i;
        mult_q     <= mult_i;
        relu_z_q   <= relu_i;
        signed_z_q <= out_signed_i;
        wide_z_q   <= out_wide_i;
        z_q        <= acc_i + bias_i;
        signed_p_q <= signed_z_q;
        wide_p_q   <= wide_z_q;
        signed_s_q <= signed_p_q;
        wide_s_q   <= wide_p_q;
        y_q[16]    <= signed_s_q && below;
        y_q[15]    <= signed_s_q ? below : !below && wide_s_q && (|whole[WHOLE_W-2:15]);
        y_q[14:8]  <= above ? {7{wide_s_q}} : under ? {7{narrow_signed}} : whole[14:8];
        y_q[7]     <= above ? !narrow_signed : under ? narrow_signed : whole[7];
        y_q[6:0]   <= above ? 7'h7f : under ? 7'h00 : whole[6:0];
    end

    // What is added, with the half that rounds.
    wire signed [SUM_W-1:0] added;
    generate
        if (WIDE != 0) begin : g_parts
            mul_sum #(.Z_W(ACC_W), .FACTOR_W(MULT_W + 1), .SUM_W(SUM_W), .WIDE(WIDE)) scaled (
                .clk_i(clk_i), .z_i(z_q), .factor_i(factor), .cut_i(cut), .added_i(added), .sum_o(sum)
            );
        end else begin : g_slice
            wire signed [PRODUCT_W-1:0] scaled = z_q * factor;
            reg signed [PRODUCT_W-1:0] product_q;
            reg signed [SUM_W-1:0] sum_q;
            wire signed [SUM_W:0] product = {{(SUM_W + 1 - PRODUCT_W){product_q[PRODUCT_W-1]}}, product_q};
            always @(posedge clk_i) begin
                product_q <= cut ? {PRODUCT_W{1'b0}} : scaled;
                sum_q     <= product[SUM_W-1:0] + added;
            end
            assign sum = sum_q;
            wire unused = product[SUM_W];
        end
    endgenerate
    generate
        if (RESIDUAL != 0) begin : g_residual
            localparam RESIDUAL_PRODUCT_W = RESIDUAL_W + 9;
            wire [7:0] residual;
            delay #(.WIDTH(8), .N(RESIDUAL_DELAY)) residual_delay (.clk_i(clk_i), .rst_i(1'b0), .d_i(residual_act_i), .d_o(residual));
            wire signed [8:0] value = {residual_signed_i && residual[7], residual};
            wire signed [RESIDUAL_W:0] multiplier = {1'b0, residual_mult_i};
            wire signed [RESIDUAL_PRODUCT_W:0] residual_product;
            if (WIDE == 27) begin : g_gw5a
                gw5a_mul #(.A_W(RESIDUAL_W + 1), .B_W(9)) mul (
                    .clk_i(clk_i), .a_i(multiplier), .b_i(value), .product_o(residual_product)
                );
            end else begin : g_inferred
                reg signed [RESIDUAL_PRODUCT_W:0] product_q;
                always @(posedge clk_i) product_q <= value * multiplier;
                assign residual_product = product_q;
            end
            reg [RESIDUAL_W-1:0] mult_down_q;
            reg signed_down_q;
            reg signed [SUM_W-1:0] added_q;
            always @(posedge clk_i) begin
                mult_down_q       <= residual_mult_i;
                signed_down_q     <= residual_signed_i;
                added_q           <= {{(SUM_W - 1 - RESIDUAL_PRODUCT_W){residual_product[RESIDUAL_PRODUCT_W]}}, residual_product} + HALF;
            end
            assign residual_mult_o   = mult_down_q;
            assign residual_signed_o = signed_down_q;
            assign added             = added_q;
        end else begin : g_plain
            assign residual_mult_o   = residual_mult_i;
            assign residual_signed_o = residual_signed_i;
            assign added             = HALF;
            wire unused = &{1'b0, residual_act_i};
        end
    endgenerate

    delay #(.WIDTH(1), .N(4)) mask_delay (.clk_i(clk_i), .rst_i(1'b0), .d_i(mask_i), .d_o(mask_o));

    assign bias_o       = bias_q;
    assign mult_o       = mult_q;
    assign relu_o       = relu_z_q;
    assign out_signed_o = signed_z_q;
    assign out_wide_o   = wide_z_q;
    assign y_o          = y_q;

    wire unused = &{1'b0, sum[FRACTION-1:0]};
endmodule

`default_nettype wire

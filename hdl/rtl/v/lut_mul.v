// lut_mul: activation times weight in LUTs: four radix-4 Booth digits of the weight, two to a sum.
`default_nettype none

module lut_mul (
    input  wire        clk_i,
    input  wire [8:0]  a_i,        // activation, signed, above -256
    input  wire [7:0]  w_i,        // weight, signed
    output wire [15:0] product_o,  // a * w, signed, less carry_o; three cycles later
    output wire        carry_o
);
    reg [8:0] a_q;
    reg [7:0] w_q;

    // A digit's row: 0, a or 2a, inverted where the digit is negative; one more is then missing.
    wire [8:0] bits = {w_q, 1'b0};
    wire [39:0] rows;
    wire [3:0] negative;
    genvar d;
    generate
        for (d = 0; d < 4; d = d + 1) begin : g_digit
            wire [2:0] b = bits[2*d +: 3];
            wire one = b[1] ^ b[0];
            wire two = b[2] ? b[1:0] == 2'b00 : b[1:0] == 2'b11;
            assign negative[d] = b[2];
            assign rows[10*d +: 10] = {10{b[2]}} ^ (one ? {a_q[8], a_q} : two ? {a_q, 1'b0} : 10'd0);
        end
    endgenerate

    // Two rows, the upper one four times the lower; the upper one's missing 1 comes as a carry.
    wire [11:0] low  = {{4{rows[9]}}, rows[9:2]} + {{2{rows[19]}}, rows[19:10]} + {11'd0, negative[1]};
    wire [11:0] high = {{4{rows[29]}}, rows[29:22]} + {{2{rows[39]}}, rows[39:30]} + {11'd0, negative[3]};
    reg [13:0] low_q, high_q;
    reg negative0_q, negative2_q, carry_q;
    reg [15:0] product_q;
    wire [11:0] upper = {{2{low_q[13]}}, low_q[13:4]} + high_q[11:0] + {11'd0, negative2_q};

    always @(posedge clk_i) begin
        a_q         <= a_i;
        w_q         <= w_i;
        low_q       <= {low, rows[1:0]};
        high_q      <= {high, rows[21:20]};
        negative0_q <= negative[0];
        negative2_q <= negative[2];
        product_q   <= {upper, low_q[3:0]};
        carry_q     <= negative0_q;
    end

    assign product_o = product_q;
    assign carry_o   = carry_q;
    wire unused = &{1'b0, high_q[13:12]};
endmodule

`default_nettype wire

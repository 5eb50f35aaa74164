// demo_inner: adds a count to every lane, one cycle late
`default_nettype none

module demo_inner (
    input  wire        clk_i,
    input  wire        rst_i,
    input  wire [64:0] lanes_i,  // 5 lanes of 13
    input  wire        en_i,  // counts
    output wire [64:0] lanes_o,  // lanes_i and the count, one cycle later; 5 lanes of 13
    output wire [25:0] word_o  // count, lane 1's upper part, lane 4's lowest bit, lane 0's lower part
);
    // From count.
    wire [5:0] count_now;

    // From add.
    wire [64:0] sum;  // 5 lanes of 13

    wire [64:0] counts = {5{7'd0, count_now}};
    wire [7:0] low = lanes_o[7:0];
    assign word_o = {count_now, sum[25:20], sum[52], 5'd22, low};

    // How often en_i was high.
    demo_counter #(
        .WIDTH(6)
    ) count (
        .clk_i   (clk_i),
        .rst_i   (rst_i),
        .en_i    (en_i),
        .count_o (count_now)
    );

    demo_register #(
        .LANES(5),
        .WIDTH(13)
    ) hold (
        .clk_i  (clk_i),
        .rst_i  (rst_i),
        .data_i (sum),
        .data_o (lanes_o)
    );

    // Combinational.
    demo_adder #(
        .LANES(5),
        .WIDTH(13)
    ) add (
        .clk_i (clk_i),
        .rst_i (rst_i),
        .a_i   (lanes_i),
        .b_i   (counts),
        .sum_o (sum)
    );

endmodule

`default_nettype wire

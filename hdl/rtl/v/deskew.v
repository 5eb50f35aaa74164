// deskew: lines the lanes up again, so that a column leaves as one word across all banks.
`default_nettype none

module deskew #(
    parameter ROWS = 4  // lanes
) (
    input  wire              clk_i,
    input  wire              rst_i,
    input  wire [ROWS*17-1:0] y_i,    // lane r comes r cycles late
    output wire [ROWS*8-1:0] data_o   // low 8 bits, all lanes ROWS - 1 cycles after lane 0
);
    genvar r;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_lane
            delay #(.WIDTH(8), .N(ROWS - 1 - r)) skew (
                .clk_i(clk_i), .rst_i(1'b0), .d_i(y_i[r*17 +: 8]), .d_o(data_o[r*8 +: 8])
            );
            wire unused = &{1'b0, y_i[r*17+8 +: 9]};
        end
    endgenerate

    wire unused = rst_i;
endmodule

`default_nettype wire

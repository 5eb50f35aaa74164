// feed: turns steps into bank addresses and the banks' words into the array's left edge: rotation, skew, masks.
`default_nettype none

module feed #(
    parameter ROWS       = 4,   // lanes = banks, at least 2
    parameter ROT_W      = 2,   // bits of the rotation, clog2(ROWS)
    parameter ADDR_W     = 12,  // bits of a bank address
    parameter X_W        = 8,   // bits of a column coordinate (pitch - 1)
    parameter Y_W        = 8,   // bits of a row coordinate; must hold the rows that the last tile reaches
    parameter FEED_DELAY = 0    // registers before everything else
) (
    input  wire                   clk_i,
    input  wire                   rst_i,
    input  wire                   step_valid_i,
    input  wire                   step_first_i,    // first step of a (pixel tile, channel tile)
    input  wire                   step_last_i,
    input  wire                   step_signed_i,   // activations are signed
    input  wire [ADDR_W-1:0]      step_addr_a_i,   // banks rot and up
    input  wire [ADDR_W-1:0]      step_addr_b_i,   // banks below rot
    input  wire [ROT_W-1:0]       step_rot_i,
    input  wire [X_W-1:0]         step_x_i,        // output coordinates of lane 0
    input  wire [Y_W-1:0]         step_y_i,
    input  wire [X_W-1:0]         step_x_last_i,   // pitch - 1
    input  wire [X_W-1:0]         step_ow_last_i,
    input  wire [Y_W-1:0]         step_oh_last_i,
    input  wire [X_W-1:0]         step_x_lo_i,     // the tap sees the map for x_lo <= x <= x_hi, y_lo <= y <= y_hi
    input  wire [X_W-1:0]         step_x_hi_i,
    input  wire [Y_W-1:0]         step_y_lo_i,
    input  wire [Y_W-1:0]         step_y_hi_i,
    output wire [ROWS*ADDR_W-1:0] bank_addr_o,
    input  wire [ROWS*8-1:0]      bank_data_i,     // two cycles after bank_addr_o
    output wire [ROWS*9-1:0]      a_o,             // lane r comes r cycles after lane 0
    output wire [ROWS*8-1:0]      residual_act_o,          // what was read, unmasked, beside a_o
    output wire [ROWS-1:0]        first_o,
    output wire [ROWS-1:0]        last_o,
    output wire [ROWS-1:0]        mask_o
);
    localparam ROT_STAGES = (ROT_W + 1) / 2;
    localparam CTL_W = 5*X_W + 4*Y_W + 4;

    wire [ADDR_W-1:0] addr_a, addr_b;
    wire [ROT_W-1:0] rot, rot_early;
    delay #(.WIDTH(2*ADDR_W + ROT_W), .N(FEED_DELAY)) addr_delay (
        .clk_i(clk_i), .rst_i(1'b0),
        .d_i({step_addr_a_i, step_addr_b_i, step_rot_i}),
        .d_o({addr_a, addr_b, rot})
    );
    delay #(.WIDTH(ROT_W), .N(2)) rot_delay (.clk_i(clk_i), .rst_i(1'b0), .d_i(rot), .d_o(rot_early));

    wire [ROWS*8-1:0] lanes;
    rotator #(.ROWS(ROWS), .ROT_W(ROT_W), .WIDTH(8), .EARLY(1)) rotation (
        .clk_i(clk_i), .rst_i(rst_i), .data_i(bank_data_i), .rot_i(rot_early), .data_o(lanes)
    );

    wire [(ROWS+1)*CTL_W-1:0] ctl;
    // A cycle before the activations.
    delay #(.WIDTH(CTL_W), .N(FEED_DELAY + 2 + ROT_STAGES)) ctl_delay (
        .clk_i(clk_i), .rst_i(1'b0),
        .d_i({
            step_y_hi_i, step_y_lo_i, step_oh_last_i, step_y_i,
            step_x_hi_i, step_x_lo_i, step_ow_last_i, step_x_last_i, step_x_i,
            step_signed_i, step_last_i, step_first_i, step_valid_i
        }),
        .d_o(ctl[0 +: CTL_W])
    );

    genvar r;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_lane
            reg [ADDR_W-1:0] bank_addr_q;
            if (r == ROWS - 1) begin : g_top
                always @(posedge clk_i) bank_addr_q <= addr_a;
            end else begin : g_bank
                localparam [31:0] BANK = r;
                always @(posedge clk_i) bank_addr_q <= BANK[ROT_W-1:0] < rot ? addr_b : addr_a;
            end
            assign bank_addr_o[r*ADDR_W +: ADDR_W] = bank_addr_q;

            wire [7:0] data;
            delay #(.WIDTH(8), .N(r)) skew (.clk_i(clk_i), .rst_i(1'b0), .d_i(lanes[r*8 +: 8]), .d_o(data));
            feed_lane #(.X_W(X_W), .Y_W(Y_W)) lane (
                .clk_i(clk_i),
                .ctl_i(ctl[r*CTL_W +: CTL_W]),
                .data_i(data),
                .ctl_o(ctl[(r+1)*CTL_W +: CTL_W]),
                .a_o(a_o[r*9 +: 9]),
                .residual_act_o(residual_act_o[r*8 +: 8]),
                .first_o(first_o[r]),
                .last_o(last_o[r]),
                .mask_o(mask_o[r])
            );
        end
    endgenerate

    wire unused = &{1'b0, ctl[ROWS*CTL_W +: CTL_W]};
endmodule

`default_nettype wire

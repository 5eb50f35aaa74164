// feed_lane: one lane of the array's left edge: masks and extends its activation, moves the coordinates on to the next lane.
`default_nettype none

module feed_lane #(
    parameter X_W = 8,  // bits of a column coordinate
    parameter Y_W = 8   // bits of a row coordinate
) (
    input  wire                   clk_i,
    input  wire [5*X_W+4*Y_W+3:0] ctl_i,   // {y_hi, y_lo, oh_last, y, x_hi, x_lo, ow_last, x_last, x, signed, last, first, valid}
    input  wire [7:0]             data_i,  // one cycle after ctl_i
    output wire [5*X_W+4*Y_W+3:0] ctl_o,   // one cycle and one pixel later
    output wire [8:0]             a_o,     // two cycles after ctl_i, as all below: the activation, signed, 0 where masked
    output wire [7:0]             residual_act_o,  // what was read, beside a_o
    output wire                   first_o,
    output wire                   last_o,
    output wire                   mask_o     // the lane's output pixel exists
);
    wire valid, first, last, is_signed;
    wire [X_W-1:0] x, x_last, ow_last, x_lo, x_hi;
    wire [Y_W-1:0] y, oh_last, y_lo, y_hi;
    assign {y_hi, y_lo, oh_last, y, x_hi, x_lo, ow_last, x_last, x, is_signed, last, first, valid} = ctl_i;

    wire wrap = x == x_last;

    // Compared a cycle before the activation comes, of which only a gate then depends.
    reg [5*X_W+4*Y_W+3:0] ctl_q;
    reg signed_c_q, first_c_q, last_c_q, sees_x_q, sees_y_q, fits_x_q, fits_y_q;
    reg [8:0] a_q;
    reg [7:0] residual_q;
    reg first_q, last_q, mask_q;
    always @(posedge clk_i) begin
        ctl_q <= {
            y_hi, y_lo, oh_last, wrap ? y + 1'b1 : y,
            x_hi, x_lo, ow_last, x_last, wrap ? {X_W{1'b0}} : x + 1'b1,
            is_signed, last, first, valid
        };
        signed_c_q <= is_signed;
        first_c_q  <= valid & first;
        last_c_q   <= last;
        sees_x_q   <= valid && x >= x_lo && x <= x_hi;
        sees_y_q   <= y >= y_lo && y <= y_hi;
        fits_x_q   <= x <= ow_last;
        fits_y_q   <= y <= oh_last;
        a_q        <= sees_x_q && sees_y_q ? {signed_c_q & data_i[7], data_i} : 9'd0;
        residual_q     <= data_i;
        first_q    <= first_c_q;
        last_q     <= last_c_q;
        mask_q       <= fits_x_q && fits_y_q;
    end

    assign ctl_o   = ctl_q;
    assign a_o     = a_q;
    assign residual_act_o  = residual_q;
    assign first_o = first_q;
    assign last_o  = last_q;
    assign mask_o    = mask_q;
endmodule

`default_nettype wire

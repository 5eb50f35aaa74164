// delay: N registers in a row; without reset they become shift-register LUTs on Xilinx.
`default_nettype none

module delay #(
    parameter WIDTH = 1,  // bits
    parameter N     = 1,  // registers, 0 is a wire
    parameter RESET = 0   // 1: rst_i clears every register
) (
    input  wire             clk_i,
    input  wire             rst_i,
    input  wire [WIDTH-1:0] d_i,
    output wire [WIDTH-1:0] d_o
);
    generate
        if (WIDTH < 1) begin : g_check_width
            ERROR_delay_WIDTH_must_be_positive check ();
        end
        if (N == 0) begin : g_wire
            assign d_o = d_i;
            wire unused = &{1'b0, clk_i, rst_i};
        end else if (N == 1) begin : g_one
            reg [WIDTH-1:0] d_q;
            always @(posedge clk_i) d_q <= (RESET != 0 && rst_i) ? {WIDTH{1'b0}} : d_i;
            assign d_o = d_q;
        end else begin : g_many
            reg [WIDTH*N-1:0] d_q;
            always @(posedge clk_i) d_q <= (RESET != 0 && rst_i) ? {WIDTH*N{1'b0}} : {d_q[WIDTH*(N-1)-1:0], d_i};
            assign d_o = d_q[WIDTH*N-1 -: WIDTH];
        end
    endgenerate
endmodule

`default_nettype wire

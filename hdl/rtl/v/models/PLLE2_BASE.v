// PLLE2_BASE: the pins of the 7 series' PLL, for lint only; its clock is the reference. Written from AMD's UG472; synthesis takes the
// vendor's cell. Never list it for synthesis.
`default_nettype none
/* verilator lint_off UNUSEDPARAM */

module PLLE2_BASE #(
    parameter real CLKIN1_PERIOD = 0.0, parameter DIVCLK_DIVIDE = 1, parameter CLKFBOUT_MULT = 5, parameter CLKOUT0_DIVIDE = 1
) (
    input  wire CLKIN1, RST, PWRDWN, CLKFBIN,
    output wire CLKFBOUT, CLKOUT0, LOCKED
);
    assign CLKFBOUT = CLKIN1;
    assign CLKOUT0  = CLKIN1;
    assign LOCKED   = !RST;

    wire unused = &{1'b0, PWRDWN, CLKFBIN};
endmodule

`default_nettype wire

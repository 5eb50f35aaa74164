// EHXPLLL: the pins of the ECP5's PLL, for lint only; its clock is the reference. Written from Lattice's FPGA-TN-02200; synthesis takes the
// vendor's cell. Never list it for synthesis.
`default_nettype none
/* verilator lint_off UNUSEDPARAM */

module EHXPLLL #(
    parameter PLLRST_ENA = "DISABLED", parameter INTFB_WAKE = "DISABLED", parameter STDBY_ENABLE = "DISABLED",
    parameter DPHASE_SOURCE = "DISABLED", parameter OUTDIVIDER_MUXA = "DIVA", parameter OUTDIVIDER_MUXB = "DIVB",
    parameter OUTDIVIDER_MUXC = "DIVC", parameter OUTDIVIDER_MUXD = "DIVD", parameter CLKI_DIV = 1,
    parameter CLKOP_ENABLE = "ENABLED", parameter CLKOP_DIV = 8, parameter CLKOP_CPHASE = 0, parameter CLKOP_FPHASE = 0,
    parameter FEEDBK_PATH = "CLKOP", parameter CLKFB_DIV = 1
) (
    input  wire RST, STDBY, CLKI, CLKFB, PHASESEL0, PHASESEL1, PHASEDIR, PHASESTEP, PHASELOADREG, PLLWAKESYNC, ENCLKOP,
    output wire CLKOP, CLKINTFB, LOCK
);
    assign CLKOP    = CLKI;
    assign CLKINTFB = 1'b0;
    assign LOCK     = !RST;

    wire unused = &{1'b0, STDBY, CLKFB, PHASESEL0, PHASESEL1, PHASEDIR, PHASESTEP, PHASELOADREG, PLLWAKESYNC, ENCLKOP};
endmodule

`default_nettype wire

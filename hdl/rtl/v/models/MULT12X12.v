// MULT12X12: a model, for simulation only, of the use that gw5a_mac makes of half a DSP block of Gowin's GW5A: the registers of A and B,
// and the one behind the multiplier. Written from the ports and parameters that Gowin declares; signed, as github.com/YosysHQ/yosys/pull/6033
// found it on a GW5A-25. Synthesis takes the vendor's cell. Never list it for synthesis.
`default_nettype none
/* verilator lint_off UNUSEDSIGNAL */
/* verilator lint_off UNUSEDPARAM */

module MULT12X12 #(
    parameter [47:0] AREG_CLK = "BYPASS", parameter AREG_CE = "CE0", parameter AREG_RESET = "RESET0",
    parameter [47:0] BREG_CLK = "BYPASS", parameter BREG_CE = "CE0", parameter BREG_RESET = "RESET0",
    parameter [47:0] PREG_CLK = "BYPASS", parameter PREG_CE = "CE0", parameter PREG_RESET = "RESET0",
    parameter [47:0] OREG_CLK = "BYPASS", parameter MULT_RESET_MODE = "SYNC"
) (
    input  wire [1:0]  CLK, CE, RESET,
    input  wire [11:0] A, B,
    output wire [23:0] DOUT
);
    generate
        if (AREG_CLK != "CLK0" || BREG_CLK != "CLK0" || PREG_CLK != "CLK0" || OREG_CLK != "BYPASS") begin : g_check
            ERROR_MULT12X12_model_has_the_registers_A_B_and_P_on_CLK0 check ();
        end
    endgenerate

    reg signed [11:0] a_q, b_q;
    reg signed [23:0] p_q;

    always @(posedge CLK[0]) begin
        if (RESET[0]) begin
            a_q <= 12'sd0;
            b_q <= 12'sd0;
            p_q <= 24'sd0;
        end else if (CE[0]) begin
            a_q <= A;
            b_q <= B;
            p_q <= a_q * b_q;
        end
    end

    assign DOUT = p_q;
endmodule

`default_nettype wire

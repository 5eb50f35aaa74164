// MULTALU27X18: a model, for simulation only, of the use that gw5a_mul makes of a DSP block of Gowin's GW5A: A * B in the register
// behind the multiplier, nothing added. Written from the ports and parameters that Gowin declares; signed, as
// github.com/YosysHQ/yosys/pull/6033 found it on a GW5A-25. Synthesis takes the vendor's cell. Never list it for synthesis.
`default_nettype none
/* verilator lint_off UNUSEDSIGNAL */
/* verilator lint_off UNUSEDPARAM */

module MULTALU27X18 #(
    parameter [47:0] AREG_CLK = "BYPASS", parameter [47:0] BREG_CLK = "BYPASS", parameter DREG_CLK = "BYPASS",
    parameter C_IREG_CLK = "BYPASS", parameter C_PREG_CLK = "BYPASS",
    parameter [47:0] PREG_CLK = "BYPASS", parameter PREG_CE = "CE0", parameter PREG_RESET = "RESET0",
    parameter [47:0] OREG_CLK = "BYPASS",
    parameter FB_PREG_EN = "FALSE", parameter SOA_PREG_EN = "FALSE", parameter MULT_RESET_MODE = "SYNC",
    parameter MULT12X12_EN = "FALSE",
    parameter [39:0] DYN_P_SEL = "FALSE", parameter [0:0] P_SEL = 1'b0,
    parameter [39:0] DYN_A_SEL = "FALSE", parameter [0:0] A_SEL = 1'b0,
    parameter [39:0] DYN_C_SEL = "FALSE", parameter [0:0] C_SEL = 1'b1,
    parameter [39:0] DYN_CASI_SEL = "FALSE", parameter [0:0] CASI_SEL = 1'b0,
    parameter [39:0] DYN_ACC_SEL = "FALSE", parameter [0:0] ACC_SEL = 1'b0,
    parameter [39:0] DYN_ADD_SUB_0 = "FALSE", parameter [0:0] ADD_SUB_0 = 1'b0,
    parameter [39:0] DYN_ADD_SUB_1 = "FALSE", parameter [0:0] ADD_SUB_1 = 1'b0
) (
    input  wire [1:0]  CLK, CE, RESET,
    input  wire [26:0] A, SIA,
    input  wire [17:0] B,
    input  wire [47:0] C, CASI,
    input  wire [25:0] D,
    input  wire        ACCSEL, PSEL, ASEL, PADDSUB, CSEL, CASISEL,
    input  wire [1:0]  ADDSUB,
    output wire [47:0] DOUT, CASO,
    output wire [26:0] SOA
);
    generate
        if (AREG_CLK != "BYPASS" || BREG_CLK != "BYPASS" || PREG_CLK != "CLK0" || OREG_CLK != "BYPASS") begin : g_check_registers
            ERROR_MULTALU27X18_model_has_the_register_P_on_CLK0 check ();
        end
        if (P_SEL || A_SEL || C_SEL || CASI_SEL || ACC_SEL || ADD_SUB_0 || ADD_SUB_1) begin : g_check_sum
            ERROR_MULTALU27X18_model_adds_nothing_to_A_times_B check ();
        end
        if (DYN_P_SEL != "FALSE" || DYN_A_SEL != "FALSE" || DYN_C_SEL != "FALSE" || DYN_CASI_SEL != "FALSE"
            || DYN_ACC_SEL != "FALSE" || DYN_ADD_SUB_0 != "FALSE" || DYN_ADD_SUB_1 != "FALSE") begin : g_check_dynamic
            ERROR_MULTALU27X18_model_is_not_switched_by_its_ports check ();
        end
    endgenerate

    wire signed [26:0] a = A;
    wire signed [17:0] b = B;
    reg signed [44:0] p_q;

    always @(posedge CLK[0]) begin
        if (RESET[0])   p_q <= 45'sd0;
        else if (CE[0]) p_q <= a * b;
    end

    assign DOUT = {{3{p_q[44]}}, p_q};
    assign CASO = DOUT;
    assign SOA  = A;
endmodule

`default_nettype wire

// DSP48E1: a model, for simulation only, of the use that dsp48e1_mac makes of the slice: P <= Z + A * B, with the
// registers A2, B2, M and P. Written from AMD's UG479; synthesis takes the vendor's cell. Never list it for synthesis.
`default_nettype none
/* verilator lint_off UNUSEDSIGNAL */
/* verilator lint_off UNUSEDPARAM */

module DSP48E1 #(
    parameter ACASCREG = 1, parameter ADREG = 1, parameter ALUMODEREG = 1, parameter AREG = 1, parameter BCASCREG = 1,
    parameter BREG = 1, parameter CARRYINREG = 1, parameter CARRYINSELREG = 1, parameter CREG = 1, parameter DREG = 1,
    parameter INMODEREG = 1, parameter MREG = 1, parameter OPMODEREG = 1, parameter PREG = 1,
    parameter [6:0] IS_OPMODE_INVERTED = 7'd0, parameter [55:0] A_INPUT = "DIRECT", parameter USE_DPORT = "FALSE",
    parameter [63:0] USE_MULT = "MULTIPLY"
) (
    input  wire        CLK,
    input  wire [29:0] A,
    input  wire [17:0] B,
    input  wire [47:0] C,
    input  wire [24:0] D,
    input  wire [6:0]  OPMODE,
    input  wire [3:0]  ALUMODE,
    input  wire [4:0]  INMODE,
    input  wire        CARRYIN,
    input  wire [2:0]  CARRYINSEL,
    input  wire CEA1, CEA2, CEAD, CEALUMODE, CEB1, CEB2, CEC, CECARRYIN, CECTRL, CED, CEINMODE, CEM, CEP,
    input  wire RSTA, RSTALLCARRYIN, RSTALUMODE, RSTB, RSTC, RSTCTRL, RSTD, RSTINMODE, RSTM, RSTP,
    input  wire [29:0] ACIN,
    input  wire [17:0] BCIN,
    input  wire [47:0] PCIN,
    input  wire        CARRYCASCIN,
    input  wire        MULTSIGNIN,
    output wire [29:0] ACOUT,
    output wire [47:0] P
);
    generate
        if (AREG != 1 || ACASCREG != 1 || BREG != 1 || MREG != 1 || PREG != 1 || OPMODEREG != 0) begin : g_check_registers
            ERROR_DSP48E1_model_has_one_register_each_in_A_B_M_P check ();
        end
        if (ADREG != 1 || DREG != 1) begin : g_check_idle
            ERROR_DSP48E1_idle_pre_adder_has_its_registers_for_the_least_power check ();
        end
    endgenerate

    wire [29:0] a = A_INPUT == "CASCADE" ? ACIN : A;
    reg [29:0] a_q;
    reg signed [17:0] b_q;
    reg signed [42:0] m_q;
    wire signed [24:0] multiplied = a_q[24:0];
    wire [6:0] opmode = OPMODE ^ IS_OPMODE_INVERTED;
    reg signed [47:0] p_q;
    wire signed [47:0] z = opmode[6:4] == 3'b010 ? p_q : 48'sd0;

    always @(posedge CLK) begin
        a_q <= a;
        b_q <= B;
        m_q <= multiplied * b_q;
        p_q <= z + {{5{m_q[42]}}, m_q};
    end

    assign ACOUT = a_q;
    assign P     = p_q;
endmodule

`default_nettype wire

// mux_stage: one registered level of 4-to-1 multiplexers, all with the same select.
`default_nettype none

module mux_stage #(
    parameter N     = 4,  // inputs; inputs beyond N read as 0
    parameter WIDTH = 8   // bits of an input
) (
    input  wire                       clk_i,
    input  wire [N*WIDTH-1:0]         data_i,
    input  wire [1:0]                 sel_i,
    output wire [(N+3)/4*WIDTH-1:0]   data_o  // output k: input 4k + sel_i, one cycle later
);
    localparam OUTPUTS = (N + 3) / 4;

    wire [(4*OUTPUTS+1)*WIDTH-1:0] padded = {{((4*OUTPUTS + 1 - N)*WIDTH){1'b0}}, data_i};

    genvar k;
    generate
        for (k = 0; k < OUTPUTS; k = k + 1) begin : g_out
            reg [WIDTH-1:0] data_q;
            always @(posedge clk_i)
                case (sel_i)
                    2'd0: data_q <= padded[(4*k)*WIDTH +: WIDTH];
                    2'd1: data_q <= padded[(4*k+1)*WIDTH +: WIDTH];
                    2'd2: data_q <= padded[(4*k+2)*WIDTH +: WIDTH];
                    default: data_q <= padded[(4*k+3)*WIDTH +: WIDTH];
                endcase
            assign data_o[k*WIDTH +: WIDTH] = data_q;
        end
    endgenerate

    wire unused = &{1'b0, padded[4*OUTPUTS*WIDTH +: WIDTH]};
endmodule

`default_nettype wire

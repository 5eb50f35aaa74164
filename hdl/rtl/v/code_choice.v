// code_choice: one of four.
`default_nettype none

module code_choice #(
    parameter WIDTH = 4  // bits of each
) (
    input  wire [1:0]         sel_i,
    input  wire [4*WIDTH-1:0] data_i,
    output wire [WIDTH-1:0]   data_o   // combinational
);
    assign data_o = sel_i[1] ? (sel_i[0] ? data_i[3*WIDTH +: WIDTH] : data_i[2*WIDTH +: WIDTH])
                             : (sel_i[0] ? data_i[WIDTH +: WIDTH] : data_i[0 +: WIDTH]);
endmodule

`default_nettype wire

// BUFG: AMD's global clock buffer, for lint only. Synthesis takes the vendor's cell. Never list it for synthesis.
`default_nettype none

module BUFG (
    input  wire I,
    output wire O
);
    assign O = I;
endmodule

`default_nettype wire

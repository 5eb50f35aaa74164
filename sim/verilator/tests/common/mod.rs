//! What the tests share: the tools and a small circuit.

use std::path::Path;

use systole_verilator::{BuildSpec, Effort, Toolchain};

pub fn tools() -> Toolchain {
    Toolchain::locate(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("Verilator and g++, as `make setup` installs them")
}

pub fn quick(top: &str, text: &str) -> BuildSpec {
    BuildSpec::new(top).file(format!("{top}.v"), text).effort(Effort::Quick)
}

pub const COUNTER: &str = "
module counter #(parameter WIDTH = 8) (input wire clk_i, input wire rst_i, input wire enable_i,
    output reg [WIDTH-1:0] count_o, output wire next_is_zero_o);
  assign next_is_zero_o = enable_i & (&count_o);
  always @(posedge clk_i)
    if (rst_i) count_o <= {WIDTH{1'b0}};
    else if (enable_i) count_o <= count_o + {{WIDTH-1{1'b0}}, 1'b1};
endmodule
";

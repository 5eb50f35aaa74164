//! Prints clock cycles per second of a counter and of a multiply-accumulate array, through the public interface.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use systole_verilator::{BuildSpec, Port, Toolchain, Verilated};

const ARRAY: &str = "
module pe (input wire clk_i, input wire first_i, input wire signed [7:0] a_i, input wire signed [7:0] w_i,
    output reg signed [7:0] a_o, output reg signed [7:0] w_o, output reg first_o, output reg signed [31:0] acc_o);
  reg signed [15:0] product_q;
  reg first_q;
  always @(posedge clk_i) begin
    a_o <= a_i;
    w_o <= w_i;
    first_o <= first_i;
    first_q <= first_i;
    product_q <= a_i * w_i;
    acc_o <= (first_q ? 32'sd0 : acc_o) + {{16{product_q[15]}}, product_q};
  end
endmodule
module array #(parameter N = 8) (input wire clk_i, input wire first_i, input wire [N*8-1:0] a_i,
    input wire [N*8-1:0] w_i, output wire [N*N*32-1:0] acc_o);
  genvar r, c;
  generate
    for (r = 0; r < N; r = r + 1) begin : row
      for (c = 0; c < N; c = c + 1) begin : col
        wire [7:0] a, w, a_in, w_in;
        wire first, first_in;
        if (c == 0) begin : left
          assign a_in = a_i[r*8 +: 8];
          assign first_in = first_i;
        end else begin : inner
          assign a_in = row[r].col[c-1].a;
          assign first_in = row[r].col[c-1].first;
        end
        if (r == 0) begin : top
          assign w_in = w_i[c*8 +: 8];
        end else begin : below
          assign w_in = row[r-1].col[c].w;
        end
        pe pe (.clk_i(clk_i), .first_i(first_in), .a_i(a_in), .w_i(w_in), .a_o(a), .w_o(w), .first_o(first),
            .acc_o(acc_o[(r*N+c)*32 +: 32]));
      end
    end
  endgenerate
endmodule
";

fn main() -> Result<(), Box<dyn Error>> {
    let tools = Toolchain::locate(Path::new(env!("CARGO_MANIFEST_DIR")))?;
    println!("Verilator {}", tools.version());
    for (n, cycles) in [(2, 5_000_000), (8, 2_000_000), (16, 500_000)] {
        let spec = BuildSpec::new("array").file("array.v", ARRAY).param("N", n);
        let before = Instant::now();
        let array = Verilated::build(&tools, &spec, Path::new(env!("CARGO_TARGET_TMPDIR")))?;
        let (build, hit) = (before.elapsed().as_secs_f64(), array.from_cache());
        let rate = cycles as f64 / stream(&array, cycles)? / 1e6;
        println!(
            "array {n:2} x {n:2}: {rate:6.2} M cycles/s; build {build:.1} s{}",
            if hit { " (cached)" } else { "" }
        );
    }
    Ok(())
}

/// Seconds for `cycles` with new operands in every one.
fn stream(array: &Verilated, cycles: u64) -> Result<f64, Box<dyn Error>> {
    let (first, a, w) = (array.port("first_i")?, array.port("a_i")?, array.port("w_i")?);
    let width = |name| array.ports().iter().find(|port| port.name == name).map_or(0, |port| port.width);
    let lanes = width("a_i") / 8;
    let mut model = array.model()?;
    let before = Instant::now();
    let mut noise = 1u64;
    for cycle in 0..cycles {
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        model.set(first, u64::from(cycle % 64 == 0));
        let mut drive = |port: Port, salt: u64| {
            for lane in (0..lanes).step_by(8) {
                model.set_bits(port, lane * 8, (lanes * 8).min(64), noise ^ (salt << lane));
            }
        };
        drive(a, 3);
        drive(w, 5);
        model.tick();
    }
    Ok(before.elapsed().as_secs_f64())
}

//! Random small networks on random array shapes, with random pauses: golden = simulator = Verilog, cycle by cycle.

use std::path::PathBuf;
use systole_golden::Golden;
use systole_net::random::{random_image, random_net, Limits};
use systole_net::Engine;
use systole_plan::planner::plan_shape;
use systole_plan::Board;
use systole_suite::core::compose;
use systole_suite::source::Stalls;
use systole_suite::{verify, Case, Core, Tree, Verilog};
use systole_verilator::{Effort, Toolchain};

fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn tiny() -> Board {
    Board::parse(include_str!("../../../constraints/tiny.toml")).unwrap()
}

fn case(seed: u64, rows: usize, cols: usize, verilog: bool) -> String {
    let net = random_net(seed, &Limits::default());
    let plan = match plan_shape(&net, &tiny(), rows, cols, (seed % 2) as usize, 1 + (seed / 2 % 2) as usize) {
        Ok(p) => p,
        Err(e) => return format!("seed {seed} {rows}x{cols}: not planned: {e}"),
    };
    println!("  {} layers {} pools kernel {} in_bytes {} slots {}", plan.layers.len(), plan.pools.len(), plan.geometry.pool_kernel, plan.geometry.in_bytes, plan.input.slots);
    let images: Vec<_> = (0..3).map(|i| random_image(&net, seed * 10 + i)).collect();
    let mut golden = Golden::new(&net).unwrap();
    let traces: Vec<_> = images.iter().map(|i| golden.run(i).unwrap()).collect();
    let (tree, design) = compose(&plan).unwrap();
    let mut tree = Tree::new(tree).unwrap();
    let stalls = Stalls { seed, source_percent: (seed % 4 * 20) as u8, sink_percent: (seed / 4 % 4 * 25) as u8 };
    let case = Case { plan: &plan, images: &images, golden: &traces, stalls };
    let mut quiet = |_: u64, _: usize| true;
    let result = if verilog {
        let tools = Toolchain::locate(&workspace()).unwrap();
        let pins = tree.pins().to_vec();
        let mut v = Verilog::new(&tools, &design, &pins, Effort::Quick, &workspace().join("target/verilator")).unwrap();
        verify(&case, &mut [&mut tree, &mut v], &mut quiet)
    } else {
        verify(&case, &mut [&mut tree], &mut quiet)
    };
    match result {
        Ok(v) => format!("seed {seed} {rows}x{cols}: ok {} cycles, {} checksums", v.cycles, v.checksums),
        Err(e) => format!("seed {seed} {rows}x{cols}: FAIL {e}"),
    }
}

#[test]
fn look() {
    let verilog = std::env::args().any(|a| a == "verilog");
    for seed in 0..12u64 {
        let (r, c) = [(2, 2), (3, 5), (4, 4), (5, 3), (8, 8), (7, 4)][(seed % 6) as usize];
        println!("{}", case(seed, r, c, verilog));
    }
}

//! Whole machines of random networks: the composed Verilog and the tree of blocks, pin by pin and wire by wire.

mod host;
mod pair;
#[path = "../../../../hdl/rtl/tests/top/tools.rs"]
mod tools;
#[path = "../top/vcd.rs"]
mod vcd;

use host::Host;
use pair::Pair;
use systole_machine::registers::{DUMP, ENABLE, LOOP_BACK};
use systole_machine::{Board, Plan};
use systole_net::random::{random_net, Limits};
use systole_net::LayerKind;
use systole_plan::planner::plan_shape;
use systole_plan::Spare;
use systole_rtl::top::compose;

/// Seeds and shapes: with and without pools, strides, several layers; lanes and columns that are no powers of two.
const CASES: [(u64, usize, usize); 3] = [(3, 4, 4), (10, 3, 5), (9, 3, 2)];
const BOARD: &str = include_str!("../../../../constraints/tiny.toml");

fn plan(seed: u64, rows: usize, cols: usize) -> Plan {
    let board = Board::parse(BOARD).expect("the tiny board");
    plan_shape(&random_net(seed, &Limits::default()), &board, rows, cols, Spare { slack: 1, overlaid: 2 })
        .expect("a plan")
}

#[test]
fn pins_agree_under_stalls() {
    for (seed, rows, cols) in CASES {
        let plan = plan(seed, rows, cols);
        let machine = compose(&plan).expect("a machine");
        let mut pair = Pair::new(machine, false);
        let results = Host::new(&plan, seed).images(&mut pair, 3);
        assert_eq!(results, 3, "seed {seed}, {rows} x {cols}");
    }
}

#[test]
fn pins_agree_while_the_machine_is_looked_into() {
    for ((seed, rows, cols), control) in CASES.into_iter().zip([ENABLE.mask() | DUMP.mask(), LOOP_BACK.mask()]) {
        let plan = plan(seed, rows, cols);
        let mut pair = Pair::new(compose(&plan).expect("a machine"), false);
        let results = Host::with(&plan, seed, control).images(&mut pair, 3);
        assert_eq!(results, 3, "seed {seed}, {rows} x {cols}");
    }
}

/// The first seed from `seed` on whose network pools nothing: a pool engine at rest holds stale addresses in the Verilog and
/// none in its block. Its requests are compared by the tests of control and, on the pins, by those above.
fn unpooled(seed: u64) -> u64 {
    let pools = |seed: &u64| {
        random_net(*seed, &Limits::default()).layers.iter().any(|layer| matches!(layer.kind, LayerKind::Pool(_)))
    };
    (seed..).find(|seed| !pools(seed)).expect("a network of convolutions")
}

#[test]
fn every_wire_agrees() {
    for (seed, rows, cols) in CASES {
        let plan = plan(unpooled(seed), rows, cols);
        let mut pair = Pair::new(compose(&plan).expect("a machine"), true);
        let mut host = Host::new(&plan, seed);
        pair.trace_open();
        host.cycles(&mut pair, 1500);
        pair.compare_waves();
    }
}

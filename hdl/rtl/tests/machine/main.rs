//! Whole machines of random networks: the composed Verilog and the tree of blocks, pin by pin and wire by wire.

mod four_state;
mod host;
mod pair;
#[path = "../top/tools.rs"]
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
use systole_verilator::lint;
use tools::{cache, spec, tools};

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
        lint(&tools(), &spec(&machine.design), cache()).expect("no warning under -Wall");
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

/// Primitives that depend on the device's family or on how the array multiplies.
const CHOSEN: [&str; 6] = ["dsp48e1_mac", "dsp48e2_mac", "lut_mul", "mul18_sum", "pair_mul", "pe_pair"];

#[test]
fn a_build_holds_the_primitives_that_it_instantiates_and_says_where_it_comes_from() {
    let boards = [
        (include_str!("../../../../constraints/nexys-video.toml"), vec!["dsp48e1_mac"]),
        (include_str!("../../../../constraints/zcu104.toml"), vec!["dsp48e2_mac"]),
        (include_str!("../../../../constraints/ulx3s-85f.toml"), vec!["mul18_sum"]),
    ];
    for (board, wanted) in boards {
        let board = Board::parse(board).expect("a board");
        let plan = plan_shape(&random_net(3, &Limits::default()), &board, 4, 4, Spare { slack: 1, overlaid: 2 })
            .expect("a plan");
        let design = compose(&plan).expect("a machine").design;
        let held = |name: &&str| design.verilog.iter().any(|file| file.name == format!("{name}.v"));
        assert_eq!(CHOSEN.into_iter().filter(held).collect::<Vec<_>>(), wanted, "{}", board.name);
        let core = design.verilog.iter().find(|file| file.name == "systole_core.v").expect("a core");
        let text = String::from_utf8_lossy(core.bytes()).into_owned();
        let head = text.lines().next().unwrap_or_default();
        assert!(head.ends_with(&format!("; systole {}, plan {}", env!("CARGO_PKG_VERSION"), plan.id())), "{head}");
    }
}

#[test]
fn equal_plans_give_equal_designs() {
    let (a, b) = (compose(&plan(3, 4, 4)).expect("a machine"), compose(&plan(3, 4, 4)).expect("a machine"));
    assert_eq!(a.design, b.design);
    assert_eq!(a.design_hash, b.design_hash);
    let other = compose(&plan(3, 4, 5)).expect("a machine");
    assert_ne!(a.design_hash, other.design_hash);
}

//! Whole machines of random networks: what their design holds.

mod four_state;
#[path = "../top/tools.rs"]
mod tools;

use systole_machine::{Board, Plan};
use systole_net::random::{random_net, Limits};
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
fn the_verilog_has_no_warning() {
    for (seed, rows, cols) in CASES {
        let design = compose(&plan(seed, rows, cols)).expect("a machine").design;
        lint(&tools(), &spec(&design), cache()).expect("no warning under -Wall");
    }
}

/// Primitives that depend on the device's family or on how the array multiplies.
const CHOSEN: [&str; 9] =
    ["dsp48e1_mac", "dsp48e2_mac", "gw5a_mac", "gw5a_mul", "lut_mul", "mul_sum", "pair_mul", "pe_pair", "reg_mul"];

#[test]
fn a_build_holds_the_primitives_that_it_instantiates_and_says_where_it_comes_from() {
    let boards = [
        (include_str!("../../../../constraints/nexys-video.toml"), vec!["dsp48e1_mac"]),
        (include_str!("../../../../constraints/zcu104.toml"), vec!["dsp48e2_mac"]),
        (include_str!("../../../../constraints/ulx3s-85f.toml"), vec!["mul_sum", "reg_mul"]),
        (
            include_str!("../../../../constraints/tang-mega-138k.toml"),
            vec!["gw5a_mac", "gw5a_mul", "mul_sum", "reg_mul"],
        ),
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

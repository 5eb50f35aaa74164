//! The composition kit: what a top prints and how its tree runs are the same machine.

#[path = "../../../../hdl/rtl/tests/top/demo.rs"]
mod demo;
mod lockstep;
mod models;
#[path = "../../../../hdl/rtl/tests/top/tools.rs"]
mod tools;
mod vcd;
mod waves;

use demo::{adder, Demo};
use rust_hdl::prelude::{Block, ModuleDefines};
use systole_cycle::{CycleError, TopBlock};
use systole_rtl::{Design, Top};
use systole_verilator::{BuildSpec, Effort, Verilated};
use tools::{cache, spec, tools};

#[test]
fn verilog_and_tree_agree() {
    let composed = demo::outer().build().expect("a good description");
    let design = Design::new(&composed, Vec::new()).expect("a good design");
    let built = Verilated::build(&tools(), &spec(&design), cache()).expect("it compiles");
    lockstep::run(&mut TopBlock::new(composed), &built, 5_000, 0x5eed);
}

/// rust-hdl's own generator, given the tree, prints the same machine.
#[test]
fn rust_hdl_prints_the_tree() {
    let composed = demo::outer().build().expect("a good description");
    let modules: Vec<String> = composed.sources().iter().map(|(module, _)| module.clone()).collect();
    let mut tree = TopBlock::new(composed);
    let mut defines = ModuleDefines::default();
    tree.accept("demo_outer", &mut defines);
    let text = defines.defines();
    let one = BuildSpec::new("demo_outer").file("demo_outer.v", &text).effort(Effort::Quick);
    let built = Verilated::build(&tools(), &one, cache()).expect("it compiles");
    lockstep::run(&mut tree, &built, 500, 7);
    for module in modules {
        let printed = text.lines().filter(|l| l.trim_start().starts_with(&format!("module {module} "))).count();
        assert_eq!(printed, 1, "{module}");
    }
}

#[test]
fn a_combinational_loop_is_named() {
    let mut t: Top<Demo> = Top::new("looped", "");
    t.input("b_i", 1, 4, "");
    t.primitive("add", "", adder(1, 4)).inputs([("a_i", "sum"), ("b_i", "b_i")]).output("sum_o", "sum");
    let mut tree = TopBlock::new(t.build().expect("well connected"));
    tree.settle().expect("0 + 0 rests");
    tree.set(0, &[1]);
    let error = tree.settle().unwrap_err();
    assert!(matches!(&error, CycleError::CombinationalLoop { changing, .. } if changing == "add"), "{error}");
}

//! The composition kit: what a top prints and how it runs are the same machine; wrong descriptions are refused by name.

mod demo;
mod lockstep;
mod refusals;
mod tools;
mod vcd;
mod waves;

use systole_rtl::{emit, Design, File, RtlError};
use systole_verilator::{lint, BuildSpec, Effort, Verilated};
use tools::{cache, spec, tools};

#[test]
fn verilog_and_tree_agree() {
    let mut tree = demo::outer().build().expect("a good description");
    let design = Design::new(&tree, Vec::new()).expect("a good design");
    lint(&tools(), &spec(&design), cache()).expect("no warning under -Wall");
    let built = Verilated::build(&tools(), &spec(&design), cache()).expect("it compiles");
    lockstep::run(&mut tree, &built, 5_000, 0x5eed);
}

/// rust-hdl's own generator, given the tree, prints the same machine.
#[test]
fn rust_hdl_prints_the_tree() {
    let mut tree = demo::outer().build().expect("a good description");
    let text = emit::one_file(&tree, "demo_outer");
    let one = BuildSpec::new("demo_outer").file("demo_outer.v", &text).effort(Effort::Quick);
    let built = Verilated::build(&tools(), &one, cache()).expect("it compiles");
    lockstep::run(&mut tree, &built, 500, 7);
    for (module, _) in tree.sources() {
        let printed = text.lines().filter(|l| l.trim_start().starts_with(&format!("module {module} "))).count();
        assert_eq!(printed, 1, "{module}");
    }
}

#[test]
fn designs_are_deterministic_and_hashed() {
    let design = |image: &str| {
        let tree = demo::outer().build().expect("a good description");
        Design::new(&tree, vec![File::text("a.hex", image)]).expect("a good design")
    };
    assert_eq!(design("1\n"), design("1\n"));
    assert_eq!(design("1\n").hash(), design("1\n").hash());
    assert_ne!(design("1\n").hash(), design("2\n").hash());
    let list = "demo_counter.v\ndemo_adder.v\ndemo_register.v\ndemo_inner.v\ndemo_outer.v\n";
    let mut sorted: Vec<&str> = list.lines().collect();
    let design = design("1\n");
    let mut found: Vec<&str> = design.verilog.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(found.last(), Some(&"demo_outer.v"));
    found.sort();
    sorted.sort();
    assert_eq!(found, sorted);
    assert_eq!(design.file_list().name, "demo_outer.f");
}

#[test]
fn two_images_of_one_name_are_refused() {
    let tree = demo::outer().build().expect("a good description");
    let images = vec![File::text("a.hex", "1\n"), File::text("a.hex", "2\n")];
    assert_eq!(Design::new(&tree, images).unwrap_err(), RtlError::TwoOfOneFile { name: "a.hex".into() });
}

/// Reading order and readability: a person checks this text when it changes.
#[test]
fn the_inner_top_reads_well() {
    let tree = demo::inner().build().expect("a good description");
    let (_, text) = tree.sources().last().expect("the top itself");
    assert_eq!(text, include_str!("demo_inner.v"));
}

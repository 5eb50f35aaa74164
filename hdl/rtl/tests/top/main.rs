//! The composition kit: what a top prints; wrong descriptions are refused by name.

mod demo;
mod refusals;
mod tools;

use systole_rtl::{Design, File, RtlError};
use systole_verilator::lint;
use tools::{cache, spec, tools};

#[test]
fn the_verilog_has_no_warning() {
    let composed = demo::outer().build().expect("a good description");
    let design = Design::new(&composed, Vec::new()).expect("a good design");
    lint(&tools(), &spec(&design), cache()).expect("no warning under -Wall");
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

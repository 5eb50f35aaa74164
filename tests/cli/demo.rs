//! `systole demo`.

use crate::common::{entries, systole, Ran};
use std::fs;
use std::path::Path;

fn demo(folder: &Path, options: &[&str]) -> Ran {
    let output = folder.join("demo").display().to_string();
    systole(["demo", "-o", &output].iter().chain(options))
}

#[test]
fn the_verilog_reads_the_digits() {
    let folder = tempfile::tempdir().unwrap();
    let text = demo(folder.path(), &[]).ok();
    let first = text.lines().next().unwrap();
    assert!(first.contains("Handwritten digits") && first.contains("CC BY 4.0"), "{first}");
    assert!(text.contains("20 of 20 images right; 20 of 20 equal to the golden model in every sum"), "{text}");
    assert!(text.contains("run by verilator"), "{text}");
    assert_eq!(entries(folder.path()), ["demo", "demo.html"]);
}

#[test]
fn every_engine_gives_the_same_table_and_the_report_is_repeatable() {
    let folder = tempfile::tempdir().unwrap();
    let table = |engine: &str| -> Vec<String> {
        let text = demo(folder.path(), &["--engine", engine]).ok();
        text.lines().filter(|line| line.contains(".png")).map(str::to_string).collect()
    };
    let mock = table("mock");
    assert_eq!(mock.len(), 20);
    let page = fs::read_to_string(folder.path().join("demo.html")).unwrap();
    assert_eq!(page.matches("data:image/png;base64,").count(), 20);
    assert_eq!(table("mock"), mock);
    assert_eq!(fs::read_to_string(folder.path().join("demo.html")).unwrap(), page);
    assert_eq!(table("sim"), mock);
}

#[test]
fn an_unknown_engine_and_a_taken_folder_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path(), &["--engine", "fpga"]).failed(&["fpga", "mock, registers, sim"]);
    fs::create_dir_all(folder.path().join("demo")).unwrap();
    fs::write(folder.path().join("demo/mine.txt"), "keep me").unwrap();
    demo(folder.path(), &[]).failed(&["mine.txt"]);
    assert_eq!(fs::read(folder.path().join("demo/mine.txt")).unwrap(), b"keep me");
}

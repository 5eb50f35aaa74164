//! `systole model`.

use crate::common::systole;
use serde_json::Value;
use std::fs;

/// The paper's size of a complex bypass, 7.7 MB, is that of convolutions around modules 5 to 9.
const COMPLEX: [&str; 8] =
    ["model", "squeezenet", "--version", "1.0", "--bypass", "complex", "--bypass-convolutions", "5,6,7,8,9"];

#[test]
fn a_network_is_written_with_its_counts_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.onnx");
    let path = file.to_str().unwrap();
    let small = ["model", "squeezenet", "--version", "1.0", "--input", "64", "--classes", "10", "--base", "16"];
    let rest = ["--incr", "16", "--freq", "2", "--squeeze-ratio", "0.25", "--pct3x3", "0.5", "--bypass", "simple"];
    let make = || systole(small.into_iter().chain(rest).chain(["--seed", "7", "-o", path])).ok();
    assert!(make().contains("squeezenet_v1.0_simple_bypass_random"));
    let first = fs::read(&file).unwrap();
    make();
    assert_eq!(first, fs::read(&file).unwrap());
    let text = systole(["check", path]).ok();
    assert!(text.contains("3x64x64 image, 10 classes") && text.contains("fire3/bypass"), "{text}");
}

#[test]
fn json_has_the_size_of_the_paper() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.onnx");
    let text = systole(COMPLEX.into_iter().chain(["-o", file.to_str().unwrap(), "--json"])).ok();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["summary"]["parameters"], 2_020_520);
    assert_eq!(value["bytes"], 8_082_080);
}

#[test]
fn numbers_out_of_range_write_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.onnx");
    systole(["model", "squeezenet", "--input", "20", "-o", file.to_str().unwrap()])
        .failed(&["the image size is 20; wanted 32 to 512"]);
    assert!(!file.exists());
}

//! `systole check`.

use crate::common::{path, systole};
use serde_json::Value;
use std::fs;

#[test]
fn a_sound_model_is_described() {
    let text = systole(["check", &path("host/demo/digits.onnx")]).ok();
    assert!(text.contains("1x32x32 image, 10 classes"), "{text}");
    assert!(text.contains("40138 parameters, 1.25 M MAC per image"), "{text}");
    assert!(text.contains("the machine can run it"), "{text}");
}

#[test]
fn json_has_the_same_numbers() {
    let text = systole(["check", &path("host/demo/digits.onnx"), "--json"]).ok();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["usable"], true);
    assert_eq!(value["summary"]["macs"], 1_246_208);
    assert_eq!(value["summary"]["layers"][1]["shape"], serde_json::json!([24, 16, 16]));
}

#[test]
fn a_truncated_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("half.onnx");
    let whole = fs::read(path("host/demo/digits.onnx")).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    systole(["check", file.to_str().unwrap()]).failed(&["half.onnx", "truncated or corrupt"]);
}

#[test]
fn a_missing_model_and_a_missing_description_are_named() {
    systole(["check", "no/such.onnx"]).failed(&["cannot read no/such.onnx"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("weights.caffemodel");
    fs::write(&file, b"\x0a\x01n").unwrap();
    systole(["check", file.to_str().unwrap()]).failed(&["--prototxt deploy.prototxt"]);
}

const TWO_FAULTS: &str = r#"
name: "two"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "norm" type: "LRN" bottom: "data" top: "norm" }
layer { name: "drift" type: "Sigmoid" bottom: "norm" top: "drift" }
"#;

#[test]
fn every_problem_is_listed_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (model, prototxt) = (folder.path().join("two.caffemodel"), folder.path().join("two.prototxt"));
    fs::write(&model, b"\x0a\x03two").unwrap();
    fs::write(&prototxt, TWO_FAULTS).unwrap();
    let args = ["check", model.to_str().unwrap(), "--prototxt", prototxt.to_str().unwrap()];
    let ran = systole(args);
    assert!(ran.out.contains("norm (LRN)") && ran.out.contains("drift (Sigmoid)"), "{}", ran.out);
    ran.failed(&["problem(s), listed above"]);
    let value: Value = serde_json::from_str(&systole(args.into_iter().chain(["--json"])).out).unwrap();
    assert_eq!(value["usable"], false);
    assert!(value["problems"].as_array().unwrap().len() >= 2);
}

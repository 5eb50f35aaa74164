//! `systole check`.

use crate::common::{path, script, systole};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

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
layer { name: "drift" type: "TanH" bottom: "norm" top: "drift" }
"#;

#[test]
fn every_problem_is_listed_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (model, prototxt) = (folder.path().join("two.caffemodel"), folder.path().join("two.prototxt"));
    fs::write(&model, b"\x0a\x03two").unwrap();
    fs::write(&prototxt, TWO_FAULTS).unwrap();
    let args = ["check", model.to_str().unwrap(), "--prototxt", prototxt.to_str().unwrap()];
    let ran = systole(args);
    assert!(ran.out.contains("norm (LRN)") && ran.out.contains("drift (TanH)"), "{}", ran.out);
    ran.failed(&["problem(s), listed above"]);
    let value: Value = serde_json::from_str(&systole(args.into_iter().chain(["--json"])).out).unwrap();
    assert_eq!(value["usable"], false);
    assert!(value["problems"].as_array().unwrap().len() >= 2);
    let kinds = value["kinds"].as_array().unwrap();
    assert_eq!(
        (&kinds[0]["operator"], &kinds[0]["count"], &kinds[0]["first"]),
        (&"LRN".into(), &1.into(), &"norm".into())
    );
}

/// A script that takes the place of a Python with onnxruntime.
fn python(folder: &Path, text: &str) -> String {
    let file = folder.join("python");
    script(&file, text);
    file.display().to_string()
}

/// The project's own Python, or a loud note where it lacks onnxruntime.
fn pinned() -> Option<String> {
    let python = path(".tools/venv/bin/python3");
    let found = Command::new(&python).args(["-c", "import numpy, onnxruntime"]).output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    eprintln!("SKIPPED: onnxruntime is absent (make setup)");
    None
}

#[test]
fn scores_equal_onnxruntimes() {
    let digits = path("host/demo/digits.onnx");
    let Some(pinned) = pinned() else { return };
    let text = systole(["check", &digits, "--against-onnxruntime", "--python", &pinned]).ok();
    assert!(text.contains("float scores equal onnxruntime's on 8 random images (largest difference"), "{text}");
    let text = systole(["check", &digits, "--against-onnxruntime", "--python", &pinned, "--json"]).ok();
    let value: Value = serde_json::from_str(&text).unwrap();
    let difference = value["onnxruntime"]["difference"].as_f64().unwrap();
    assert!(difference > 0.0 && difference < 1e-4, "{text}");
}

#[test]
fn scores_equal_onnxruntimes_on_the_users_images() {
    let (digits, images) = (path("host/demo/digits.onnx"), path("host/demo/images"));
    let check = |rest: &[&str]| systole(["check", &digits, "--against-onnxruntime"].iter().chain(rest).copied());
    check(&["--images", &images]).failed(&["digits.onnx", "give --preprocess"]);
    check(&["--preprocess", "grey"]).failed(&["--preprocess is for images", "name them with --images"]);
    let Some(pinned) = pinned() else { return };
    let given = ["--images", &images, "--limit", "5", "--preprocess", "grey", "--python", &pinned];
    let text = check(&given).ok();
    assert!(text.contains("float scores equal onnxruntime's on 5 images (largest difference"), "{text}");
    let text = check(&[&given[..], &["--json"]].concat()).ok();
    let value: Value = serde_json::from_str(&text).unwrap();
    let compared = &value["onnxruntime"];
    assert_eq!((&compared["images"], &compared["random"]), (&5.into(), &false.into()), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let zeros = python(folder.path(), r#"[ $# = 2 ] || head -c 200 /dev/zero > "$5""#);
    let given = ["--images", &images, "--limit", "5", "--preprocess", "grey", "--python", &zeros];
    check(&given).failed(&["host/demo/images/", "do not use this network"]);
}

#[test]
fn other_scores_than_onnxruntimes_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    // As many zeros as there are scores.
    let zeros = python(folder.path(), r#"[ $# = 2 ] || head -c 320 /dev/zero > "$5""#);
    let digits = path("host/demo/digits.onnx");
    systole(["check", &digits, "--against-onnxruntime", "--python", &zeros]).failed(&[
        "digits.onnx",
        "random image 0",
        "do not use this network",
    ]);
}

#[test]
fn a_missing_onnxruntime_says_what_to_do() {
    let digits = path("host/demo/digits.onnx");
    systole(["check", &digits, "--against-onnxruntime", "--python", "/no/such/python"]).failed(&[
        "/no/such/python: No such file",
        "pip install onnxruntime numpy",
        "--python",
    ]);
    let folder = tempfile::tempdir().unwrap();
    let bare = python(folder.path(), "echo \"ModuleNotFoundError: No module named 'onnxruntime'\" >&2; exit 1");
    systole(["check", &digits, "--against-onnxruntime", "--python", &bare]).failed(&["No module named 'onnxruntime'"]);
    let failing = python(folder.path(), "[ $# = 2 ] || { echo 'no kernel' >&2; exit 1; }");
    systole(["check", &digits, "--against-onnxruntime", "--python", &failing])
        .failed(&["onnxruntime does not run", "digits.onnx: no kernel"]);
}

//! `systole quantize` for a board: the forms of weights that its plan has room for.

use crate::common::{entries, path, systole, Ran};
use serde_json::Value;
use std::path::Path;

/// The digits network into `output` for the tiny board, with more options.
fn quantize(output: &Path, options: &[&str]) -> Ran {
    let (model, calibration) = (path("host/demo/digits.onnx"), path("host/demo/calibration"));
    let output = output.display().to_string();
    let fixed = ["--preprocess", "grey", "--limit", "4", "--board", "tiny", "-o", &output];
    systole(["quantize", &model, "--calibrate", &calibration].into_iter().chain(fixed).chain(options.iter().copied()))
}

/// Bits of a weight, convolution by convolution.
fn bits(report: &Value) -> Vec<u64> {
    let layers = report["report"]["layers"].as_array().unwrap();
    layers.iter().filter(|layer| layer["weight_bytes"] != 0).map(|layer| layer["bits"].as_u64().unwrap()).collect()
}

#[test]
fn what_fits_in_bytes_stays_in_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let text = quantize(&folder.path().join("x.net"), &["--fit"]).ok();
    assert!(text.contains("fits tiny: 8 x 8, ") && text.contains(" 120 block RAMs of 18 Kbit"), "{text}");
    assert!(text.contains("weights as bytes") && !text.contains("codebook"), "{text}");
}

#[test]
fn what_does_not_fit_in_bytes_takes_the_codes_that_fit() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.net");
    let limit = ["--max-bram18", "22"];
    let report: Value =
        serde_json::from_str(&quantize(&file, &[&limit[..], &["--fit", "--json"]].concat()).ok()).unwrap();
    let (planned, bits) = (&report["planned"], bits(&report));
    assert!(planned["ram18"][0].as_u64().unwrap() <= 22 && planned["codes"] == true, "{planned}");
    assert!(bits.iter().all(|bits| (3..=6).contains(bits)) && bits.iter().any(|&bits| bits > 3), "{bits:?}");
    let net = file.display().to_string();
    let plan = systole(["plan", &net, "--board", "tiny", "--json"].into_iter().chain(limit)).ok();
    let plan: Value = serde_json::from_str(&plan).unwrap();
    assert_eq!(plan["speed"]["interval_cycles"], planned["interval"], "planned as it will be");
}

/// Where bytes find room beside a narrow array alone, forms are taken that leave more of it; unless somebody asks for a speed.
#[test]
fn a_form_that_loses_less_is_not_taken_at_any_price() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.net");
    let (model, calibration) = (path("host/demo/digits.onnx"), path("host/demo/calibration"));
    let (output, limit) = (file.display().to_string(), ["--board", "pynq-z2", "--max-bram18", "24"]);
    let fixed =
        ["quantize", &model, "--calibrate", &calibration, "--preprocess", "grey", "--limit", "4", "-o", &output];
    let quantize = |options: &[&str]| systole([&fixed[..], options].concat()).ok();
    let fit = |options: &[&str]| -> Value {
        let text = quantize(&[&limit[..], &["--fit", "--json"], options].concat());
        serde_json::from_str::<Value>(&text).unwrap()["planned"].clone()
    };
    let planned = fit(&[]);
    let most = planned["most"]["cycles"].as_u64().unwrap();
    assert!(planned["codes"] == true && planned["interval"].as_u64().unwrap() <= most, "{planned}");
    let text = quantize(&[&limit[..], &["--fit"]].concat());
    assert!(text.contains("times what codes of the fewest bits take: --target-fps asks for another speed"), "{text}");
    let asked = fit(&["--target-fps", "10"]);
    assert!(asked["codes"] == false && asked["most"].is_null(), "{asked}");
    quantize(&[]);
    let plan = systole(["plan", &output, "--json"].into_iter().chain(limit)).ok();
    let plan: Value = serde_json::from_str(&plan).unwrap();
    assert!(plan["speed"]["interval_cycles"].as_u64().unwrap() > most, "bytes fit, but not as fast: {plan}");
}

#[test]
fn a_budget_on_a_board_counts_whole_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.net");
    let report: Value = serde_json::from_str(&quantize(&file, &["--budget", "25000", "--json"]).ok()).unwrap();
    let store = report["planned"]["store"].as_u64().unwrap();
    assert!(store <= 25_000 && store % 2304 == 0, "{store}");
    quantize(&folder.path().join("y.net"), &["--budget", "9000"]).failed(&[
        "budget of 9000 bytes",
        "tiny",
        "whole blocks",
    ]);
    assert_eq!(entries(folder.path()), ["x.net"]);
}

#[test]
fn what_cannot_fit_is_refused_with_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.net");
    quantize(&file, &["--fit", "--max-bram18", "9"])
        .failed(&["no form of the weights fits tiny", "18 Kbit, 9 are there"]);
    quantize(&file, &[]).failed(&["--board tiny: for what?", "--fit", "--budget"]);
    for options in [&["--fit", "--codebook", "4"][..], &["--fit", "--budget", "25000"], &["--fit", "--max-dsp", "many"]]
    {
        let ran = quantize(&file, options);
        assert!(ran.code == 2 && ran.err.contains("--help"), "{options:?}: {} {}", ran.code, ran.err);
    }
    let (model, calibration) = (path("host/demo/digits.onnx"), path("host/demo/calibration"));
    for option in [&["--fit"][..], &["--max-dsp", "20"]] {
        let net = file.display().to_string();
        let fixed = ["quantize", &model, "--calibrate", &calibration, "--preprocess", "grey", "-o", &net];
        let ran = systole(fixed.into_iter().chain(option.iter().copied()));
        assert!(ran.code == 2 && ran.err.contains("--board"), "{option:?}: {}", ran.err);
    }
    assert!(entries(folder.path()).is_empty(), "nothing is left behind");
}

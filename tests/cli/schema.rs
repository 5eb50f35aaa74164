//! `systole schema`, and what every command prints with `--json`, held against it.

use crate::common::{build, digits, entries, image, labels, path, systole, Ran};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

const FILE: &str = "docs/schema.json";

#[test]
fn the_file_is_what_the_program_prints() {
    let printed = systole(["schema"]).ok();
    assert!(fs::read_to_string(path(FILE)).unwrap() == printed, "systole schema -o {FILE}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schema.json");
    assert_eq!(systole(["schema", "-o", file.to_str().unwrap()]).ok(), "");
    assert_eq!(fs::read_to_string(file).unwrap(), printed);
}

/// The project's own Python, or a loud note where it lacks jsonschema.
fn python() -> Option<String> {
    let python = path(".tools/venv/bin/python3");
    let found = Command::new(&python).args(["-c", "import jsonschema"]).output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    eprintln!("SKIPPED: jsonschema is absent (make setup)");
    None
}

/// Keeps what a command printed, as what the schema has under `name`; a command that ends with an error prints JSON all the same.
fn keep(folder: &Path, name: &str, ran: Ran) {
    assert!(!ran.out.is_empty(), "{name}: {}", ran.err);
    let count = entries(folder).len();
    fs::write(folder.join(format!("{name}.{count}")), ran.out).unwrap();
}

/// What is refused, by a plan, by its board and by its file.
fn refusals(folder: &Path) {
    let net = digits().display().to_string();
    let digits_model = path("host/demo/digits.onnx");
    let calibration = path("host/demo/calibration");
    let quantize =
        ["quantize", &digits_model, "--calibrate", &calibration, "--preprocess", "grey", "-o", "/no/such", "--json"];
    for words in [
        &["plan", &net, "--board", "tiny", "--max-bram18", "9", "--json"][..],
        &["plan", &net, "--board", "tiny", "--target-fps", "1e6", "--json"],
        &["plan", &net, "--board", "tinny", "--json"],
        &["explore", &net, "--board", "tiny", "--max-bram18", "9", "--json"],
        &["check", "no.onnx", "--json"],
        &[&quantize[..], &["--limit", "2", "--board", "tiny", "--fit", "--max-bram18", "9"]].concat(),
        &[&quantize[..], &["--limit", "2", "--board", "tiny", "--budget", "9"]].concat(),
        &[
            "fit",
            &digits_model,
            "--calibrate",
            &calibration,
            "--preprocess",
            "grey",
            "--limit",
            "2",
            "--board",
            "tiny",
            "--max-bram18",
            "9",
            "--json",
        ],
    ] {
        let ran = systole(words);
        assert_eq!(ran.code, 1, "{words:?}: {}", ran.err);
        keep(folder, "refusal", ran);
    }
}

/// Models and plans.
fn on_the_desk(folder: &Path, scratch: &Path) {
    let (model, net) = (path("host/demo/digits.onnx"), digits().display().to_string());
    let (calibration, images) = (path("host/demo/calibration"), path("host/demo/images"));
    let file = |name: &str| scratch.join(name).display().to_string();
    let classes: String = entries(Path::new(&images))
        .into_iter()
        .map(|name| format!("{name} {}\n", name.trim_end_matches(".png").rsplit('_').next().unwrap()))
        .collect();
    fs::write(scratch.join("classes"), classes).unwrap();
    let (classes, names) = (file("classes"), labels());
    keep(folder, "check", systole(["check", &model, "--json"]));
    keep(folder, "model", systole(["model", "squeezenet", "-o", &file("s.onnx"), "--json"]));
    let output = file("x.net");
    let quantize = ["quantize", &model, "--calibrate", &calibration, "--preprocess", "grey", "--json", "-o", &output];
    let validated =
        ["--limit", "6", "--validate", &images, "--labels", &classes, "--labels", &names, "--codebook", "5"];
    let fitting = ["--limit", "6", "--board", "tiny", "--fit"];
    for options in [&validated[..], &["--limit", "6", "--budget", "20000"], &fitting, &["--limit", "1"]] {
        keep(folder, "quantize", systole([&quantize[..], options].concat()));
    }
    let fit = ["fit", &model, "--calibrate", &calibration, "--preprocess", "grey", "--limit", "4", "--json"];
    let nets = file("nets");
    let given = ["--images", &images, "--labels", &classes, "--board", "tiny", "kv260", "--output", &nets];
    keep(folder, "fit", systole([&fit[..], &given].concat()));
    for board in ["tiny", "kv260", "ulx3s-85f"] {
        keep(folder, "plan", systole(["plan", &net, "--board", board, "--json"]));
    }
    keep(folder, "plan", systole(["plan", &net, "--board", "pynq-z2", "--max-bram18", "30", "--json"]));
    keep(folder, "explore", systole(["explore", &net, "--board", "tiny", "--max-macs", "8", "--json"]));
    keep(
        folder,
        "eval",
        systole(["eval", &net, "--images", &images, "--labels", &classes, "--model", &model, "--json"]),
    );
    keep(folder, "doctor", systole(["doctor", "--json"]));
}

/// The machine: simulated, compared, driven.
fn at_work(folder: &Path, scratch: &Path) {
    let (build, four) = (build().display().to_string(), image("000_label_4.png"));
    let [mock, sim] = ["mock", "sim"].map(|scheme| format!("{scheme}:{build}"));
    let map = scratch.join("map.npy").display().to_string();
    keep(folder, "simulate", systole(["simulate", &build, "--image", &four, "--json"]));
    let missing = scratch.join("no.png").display().to_string();
    keep(folder, "run", systole(["run", "--device", &mock, "--image", &four, &missing, "--json"]));
    let net = digits().display().to_string();
    let net = systole_net::Net::read(Path::new(&net)).unwrap();
    let layer = &net.layers[0].name;
    let dump = ["dump", "--device", &mock, "--layer", layer, "--image", &four, "-o", &map, "--json"];
    keep(folder, "dump", systole(dump));
    keep(folder, "selftest", systole(["selftest", "--device", &sim, "--json"]));
    keep(folder, "top", systole(["top", "--device", &mock, "--interval", "0.1", "--json"]));
    let verified = systole(["verify", &build, "--image", &four, "--json"]);
    // Without Verilator it is refused.
    let name = if verified.code == 0 { "verify" } else { "refusal" };
    keep(folder, name, verified);
}

#[test]
fn what_every_command_prints_is_as_the_schema_says() {
    let Some(python) = python() else { return };
    let (folder, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    refusals(folder.path());
    on_the_desk(folder.path(), scratch.path());
    at_work(folder.path(), scratch.path());
    let schema: Value = serde_json::from_str(&systole(["schema"]).ok()).unwrap();
    let of_schema = |output: &Value| output["$ref"].as_str().unwrap().rsplit('/').next().unwrap().to_string();
    let wanted: BTreeSet<String> = schema["anyOf"].as_array().unwrap().iter().map(of_schema).collect();
    let kept = entries(folder.path()).into_iter().map(|file| file.split('.').next().unwrap().to_string());
    let missing: Vec<_> = wanted.difference(&kept.collect()).cloned().collect();
    assert!(missing.is_empty() || missing == ["verify"], "not tried: {missing:?}");
    let (script, schema) = (path("tests/cli/valid.py"), path(FILE));
    let run = Command::new(python).args([&script, &schema]).arg(folder.path()).output().unwrap();
    assert!(run.status.success(), "{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
}

//! `systole verify`.

use crate::common::{as_planned, build, copy_of_build, image, systole, Ran};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn verify(folder: &Path, options: &[&str]) -> Ran {
    let (folder, four, nine) = (folder.display().to_string(), image("000_label_4.png"), image("001_label_9.png"));
    systole(["verify", &folder, "--image", &four, &nine].iter().chain(options))
}

#[test]
fn all_engines_agree_in_the_planned_cycles() {
    let value: Value = serde_json::from_str(&verify(&build(), &["--json"]).ok()).unwrap();
    assert_eq!(value["engines"], serde_json::json!(["golden", "simulator", "Verilator"]));
    let cycles = ["interval_cycles", "planned_interval_cycles"].map(|name| value[name].as_u64().unwrap());
    assert!(as_planned(cycles[0], cycles[1]), "{cycles:?}");
    assert_eq!(value["layer_checksums"], 2 * 14);
    assert_eq!(value["changed"], serde_json::json!([]));
}

#[test]
fn all_engines_agree_when_both_streams_pause() {
    let text = verify(&build(), &["--stalls", "7"]).ok();
    assert!(text.starts_with("golden = simulator = Verilator: equal\n"), "{text}");
    assert!(text.contains("pauses of seed 7"), "{text}");
}

#[test]
fn one_wrong_weight_in_the_image_is_found_and_its_layer_named() {
    let folder = tempfile::tempdir().unwrap();
    let copy = copy_of_build(folder.path());
    let image = copy.join("rtl/weights_g00_c00.hex");
    let text = fs::read_to_string(&image).unwrap();
    let last = text.lines().next().unwrap().chars().last().unwrap();
    let other = if last == '0' { "1" } else { "0" };
    let at = text.find('\n').unwrap() - 1;
    fs::write(&image, [&text[..at], other, &text[at + 1..]].concat()).unwrap();
    verify(&copy, &[]).failed(&["cycle", "conv1"]);
}

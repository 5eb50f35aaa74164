//! The real network: SqueezeNet v1.1 from the test data, planned and generated within bounds on time and memory.

use crate::common::{systole, Ran, PROGRAM, ROOT};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data");
/// Seconds of processor time, several times what they need, and KiB of address space that `plan` and `generate` may take.
const LIMITS: &str = "ulimit -t 15; ulimit -v 1048576; exec \"$0\" \"$@\"";

fn limited(args: &[&str]) -> Ran {
    let mut command = Command::new("sh");
    command.args(["-c", LIMITS, PROGRAM]).args(args).current_dir(ROOT).stdin(Stdio::null());
    Ran::new(command.output().unwrap())
}

fn quantize(output: &str) {
    let model = format!("{DATA}/models/v1.1/squeezenet_v1.1.fp16src.rebuilt.caffemodel");
    let (prototxt, labels) = (format!("{DATA}/models/v1.1/deploy.prototxt"), format!("{DATA}/labels/synset_words.txt"));
    systole(["check", &model, "--prototxt", &prototxt]).ok();
    let images = format!("{DATA}/dev/images");
    let options = ["--calibrate", &images, "--limit", "4", "--labels", &labels, "-o", output];
    systole(["quantize", &model, "--prototxt", &prototxt].iter().chain(&options)).ok();
}

#[test]
fn squeezenet_fits_an_artix_200_within_seconds_and_a_gigabyte() {
    if !Path::new(DATA).is_dir() {
        println!("SKIPPED: ../shared/data is absent");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (net, build) = (folder.path().join("sq11.net"), folder.path().join("build"));
    let (net, build) = (net.to_str().unwrap(), build.to_str().unwrap());
    quantize(net);
    let value: Value = serde_json::from_str(&limited(&["plan", net, "--board", "nexys-video", "--json"]).ok()).unwrap();
    let speed = &value["speed"];
    assert_eq!(speed["macs"], 387_747_520);
    assert!((256..=512).contains(&speed["macs_per_cycle"].as_u64().unwrap()), "{speed}");
    assert!(speed["utilisation"].as_f64().unwrap() >= 0.9, "{speed}");
    limited(&["generate", net, "--board", "nexys-video", "-o", build]).ok();
    systole(["plan", net, "--board", "pynq-z2"]).failed(&[
        "does not fit",
        "conv10",
        "512000 bytes",
        "272 are there",
        "what fits: codes of 3 bits",
    ]);
}

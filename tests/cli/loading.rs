//! `--weights FILE` of whatever opens a device: weights of the same design are taken, anything else is refused first.

use crate::common::{build, digits, generate, image, systole, Ran};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

fn run(build: &Path, weights: &Path) -> Ran {
    let device = format!("sim:{}", build.display());
    let (four, weights) = (image("000_label_4.png"), weights.display().to_string());
    systole(["run", "--device", &device, "--image", &four, "--csv", "--top", "1", "--weights", &weights])
}

#[test]
fn weights_that_are_not_for_the_device_are_refused_before_it_is_used() {
    let folder = TempDir::new().unwrap();
    let loaded = folder.path().join("loaded");
    generate(&digits(), &loaded, &["--weights", "loaded"]).ok();
    let file = loaded.join("weights.bin");
    assert!(run(&loaded, &file).ok().contains(",1,4,4,"));

    let bytes = fs::read(&file).unwrap();
    let damaged = folder.path().join("damaged.bin");
    fs::write(&damaged, &bytes[..bytes.len() - 1]).unwrap();
    run(&loaded, &damaged).failed(&["no image of weights", "words make"]);
    fs::write(&damaged, [&[bytes[0]], &bytes[..bytes.len() - 1]].concat()).unwrap();
    run(&loaded, &damaged).failed(&["no image of weights", "does not begin like one"]);
    run(&build(), &file).failed(&["memory for other weights"]);

    let other = folder.path().join("other");
    generate(&digits(), &other, &["--weights", "loaded", "--rows", "4"]).ok();
    run(&loaded, &other.join("weights.bin")).failed(&["the weights are for the design"]);
    run(&loaded, &folder.path().join("absent.bin")).failed(&["read the weights", "absent.bin"]);
}

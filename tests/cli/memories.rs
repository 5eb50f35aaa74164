//! `systole run --check-every`, and the memories in `systole selftest`.

use crate::common::{build, entries, path, systole};
use crate::flipping::{Served, MEMORY};
use serde_json::Value;
use std::path::Path;

/// Runs all images of the demonstration on a served device.
fn run(device: &Served, options: &[&str]) -> crate::common::Ran {
    let (build, images) = (build().display().to_string(), path("host/demo/images"));
    let args = ["run", "--device", &device.address, "--build", &build, "--take-over", "--image", &images, "--top", "1"];
    systole(args.iter().chain(options))
}

#[test]
fn a_bit_that_turns_over_ends_the_run_with_the_images_in_doubt() {
    let names: Vec<String> = entries(Path::new(&path("host/demo/images")));
    let device = Served::flipping_after(3);
    // The answers are those of the model behind the mock: nothing shows without a check.
    let ran = run(&device, &["--csv", "--check-every", "2"]);
    let lines: Vec<&str> = ran.out.lines().skip(1).collect();
    assert_eq!(lines.len(), 4, "{}", ran.out);
    assert!(lines.iter().zip(&names).all(|(line, name)| line.contains(name.as_str())), "{}", ran.out);
    let doubtful = [names[2].as_str(), &names[3]];
    let read_back = format!("{MEMORY} is read back with CRC");
    let told = [read_back.as_str(), "images 2 to 3 are in doubt; load the bitstream", "answers in doubt: "];
    let err = ran.failed(&[&told[..], &doubtful].concat());
    assert!(!err.contains(&names[1]) && !err.contains(&names[4]), "{err}");

    // It stays damaged; the check at the end finds it, too, and answers as JSON name the images.
    let ran = run(&device, &["--json", "--check-every", "1000"]);
    let answers: Value = serde_json::from_str(&ran.out).unwrap();
    let count = |field: &str| answers[field].as_array().unwrap().len();
    assert_eq!((count("images"), count("doubtful")), (names.len(), names.len()));
    ran.failed(&["images 0 to 19 are in doubt", "20 images (--json lists them)"]);

    let build = build().display().to_string();
    let ran = systole(["selftest", "--device", &device.address, "--build", &build, "--take-over", "--json"]);
    let outcome: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((outcome["passed"].as_bool(), outcome["damaged_memories"].as_str()), (Some(false), Some(MEMORY)));
    ran.failed(&["failed the self-test"]);
}

#[test]
fn a_whole_machine_passes_every_check() {
    let (images, four) = (path("host/demo/images"), path("host/demo/images/000_label_4.png"));
    for (scheme, image, every) in [("mock", &images, "7"), ("registers", &four, "1"), ("sim", &images, "20")] {
        let device = format!("{scheme}:{}", build().display());
        let args = ["run", "--device", &device, "--image", image, "--json", "--check-every", every];
        let answers: Value = serde_json::from_str(&systole(args).ok()).unwrap();
        assert!(answers["doubtful"].is_null(), "{scheme}");
    }
    let device = format!("mock:{}", build().display());
    assert_eq!(systole(["run", "--device", &device, "--image", &four, "--check-every", "0"]).code, 2);
}

#[test]
fn an_image_that_cannot_be_read_does_not_hide_a_damaged_memory() {
    let device = Served::flipping_after(1);
    let (build, four) = (build().display().to_string(), path("host/demo/images/000_label_4.png"));
    let readme = path("README.md");
    let args = ["run", "--device", &device.address, "--build", &build, "--image", &readme, &four, "--check-every", "5"];
    let ran = systole(args);
    assert!(ran.out.contains("README.md\n no answer") && ran.out.contains("000_label_4.png"), "{}", ran.out);
    let err = ran.failed(&["image 0 is in doubt", "000_label_4.png"]);
    assert!(!err.contains("README.md"), "{err}");
}

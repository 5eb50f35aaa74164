//! `systole run` and `systole simulate` where some images are broken: what was submitted is answered.

use crate::common::{build, image, systole, Ran, PROGRAM, ROOT};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Three whole pictures with a cut one at `place`, by their names.
fn pictures(folder: &Path, place: usize) -> Vec<String> {
    let mut names = ["000_label_4.png", "001_label_9.png", "002_label_4.png"].map(image).to_vec();
    let cut = folder.join("cut.png");
    fs::write(&cut, &fs::read(&names[0]).unwrap()[..60]).unwrap();
    names.insert(place, cut.display().to_string());
    names
}

fn on(command: &[&str], pictures: &[String], options: &[&str]) -> Ran {
    let pictures = pictures.iter().map(String::as_str);
    systole(command.iter().copied().chain(["--top", "1", "--image"]).chain(pictures).chain(options.iter().copied()))
}

/// Everything that runs images of the digits.
fn commands() -> Vec<Vec<String>> {
    let build = build().display().to_string();
    let run = |scheme: &str| ["run".into(), "--device".into(), format!("{scheme}:{build}")].to_vec();
    vec![run("sim"), run("mock"), vec!["simulate".into(), build]]
}

#[test]
fn a_broken_picture_is_a_line_among_the_answers() {
    let folder = tempfile::tempdir().unwrap();
    for place in [0, 2, 3] {
        let pictures = pictures(folder.path(), place);
        for command in commands() {
            let command: Vec<&str> = command.iter().map(String::as_str).collect();
            let ran = on(&command, &pictures, &[]);
            let shown: Vec<&str> = ran.out.lines().filter(|line| line.ends_with(".png")).collect();
            assert_eq!(shown, pictures, "{command:?}: {}", ran.out);
            let after: Vec<&str> = ran.out.lines().skip_while(|line| !line.ends_with("cut.png")).collect();
            assert!(after[1].starts_with(" no answer: ") && after[1].contains("not a readable image"), "{}", ran.out);
            ran.failed(&["1 of 4 images have no answer", "cut.png", "not a readable image"]);

            let ran = on(&command, &pictures, &["--json"]);
            let value: Value = serde_json::from_str(&ran.out).unwrap();
            let images = value["images"].as_array().unwrap();
            let broken: Vec<bool> = images.iter().map(|image| image["error"].is_string()).collect();
            assert_eq!(broken, (0..4).map(|at| at == place).collect::<Vec<_>>());
            assert!(images.iter().all(|image| image["error"].is_string() || image["sums"].is_array()));
            ran.failed(&["1 of 4"]);
        }
    }
}

#[test]
fn comma_separated_values_have_it_as_rank_0() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = pictures(folder.path(), 3);
    for command in &commands()[..2] {
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let ran = on(&command, &pictures, &["--csv"]);
        let ranks: Vec<&str> = ran.out.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
        assert_eq!(ranks, ["1", "1", "1", "0"], "{}", ran.out);
        assert_eq!(ran.code, 1);
    }
}

#[test]
fn frames_before_one_that_is_cut_are_answered() {
    let device = format!("sim:{}", build().display());
    // More than the driver's window.
    let frames = vec![77; 32 * 32 * 3 * 6 + 50];
    for (option, head) in [(Some("--csv"), 1), (None, 0)] {
        let arguments = ["run", "--device", &device, "--frames", "--top", "1"];
        let mut child = Command::new(PROGRAM)
            .args(arguments.into_iter().chain(option))
            .current_dir(ROOT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&frames).unwrap();
        let ran = Ran::new(child.wait_with_output().unwrap());
        let lines = ran.out.lines().skip(head).filter(|line| line.starts_with("frame ")).count();
        assert_eq!(lines, 7, "{}", ran.out);
        ran.failed(&["1 of 7 images have no answer", "frame 6", "50 of 3072 bytes"]);
    }
}

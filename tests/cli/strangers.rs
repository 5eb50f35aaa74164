//! Files of strangers: pipes and devices, forged build folders, board files whose strings are code.

use crate::common::{copy_of_build, digits, image, systole, ROOT};
use serde_json::{json, Value};
use std::fs;
use std::path::Path;
use std::process::Command;

fn pipe(path: &Path) {
    let _ = fs::remove_file(path);
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn a_pipe_in_place_of_a_file_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("net.onnx");
    pipe(&model);
    let wanted = ["a regular file is wanted"];
    systole(["check", &model.display().to_string()]).failed(&wanted);
    systole(["plan", &model.display().to_string(), "--board", "tiny"]).failed(&wanted);
    let board = folder.path().join("board.toml");
    std::os::unix::fs::symlink("/dev/zero", &board).unwrap();
    systole(["plan", &digits().display().to_string(), "--board", &board.display().to_string()]).failed(&wanted);
    for name in ["systole.json", "plan.json", "network.net"] {
        let build = copy_of_build(folder.path());
        pipe(&build.join(name));
        simulated(&build).failed(&wanted);
        fs::remove_dir_all(&build).unwrap();
    }
}

fn simulated(build: &Path) -> crate::common::Ran {
    systole(["simulate", &build.display().to_string(), "--image", &image("000_label_4.png")])
}

#[test]
fn a_forged_manifest_is_refused_by_field() {
    let folder = tempfile::tempdir().unwrap();
    let build = copy_of_build(folder.path());
    let file = build.join("systole.json");
    let good: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let forgeries = [
        ("verilog", json!(["../../../etc/passwd"])),
        ("verilog", json!(["other.v"])),
        ("images", json!(["/dev/zero"])),
        ("files", json!({"../secret": "0"})),
        ("files", json!({"/dev/zero": "0"})),
        ("top", json!("x; touch pwned")),
        ("top", json!("--version")),
        ("top", json!("")),
        ("network", json!("\u{1b}[2J")),
    ];
    for (field, value) in forgeries {
        let mut forged = good.clone();
        forged[field] = value.clone();
        fs::write(&file, forged.to_string()).unwrap();
        simulated(&build).failed(&[field, "generate again"]);
    }
    fs::write(&file, good.to_string()).unwrap();
    simulated(&build).ok();
}

#[test]
fn strings_of_a_board_file_are_not_code() {
    let folder = tempfile::tempdir().unwrap();
    let board = folder.path().join("board.toml");
    let nexys = fs::read_to_string(format!("{ROOT}/constraints/nexys-video.toml")).unwrap();
    let output = folder.path().join("build");
    let generate = |text: String| {
        fs::write(&board, text).unwrap();
        let (net, board) = (digits().display().to_string(), board.display().to_string());
        systole([
            "generate",
            &net,
            "--board",
            &board,
            "--rows",
            "4",
            "--cols",
            "4",
            "-o",
            &output.display().to_string(),
        ])
    };
    let named = |name: &str| nexys.replacen("\"nexys-video\"", &format!("\"{name}\""), 1);
    generate(named("x} ; exec touch pwned ; set y {z")).failed(&["name is", "letters, digits"]);
    generate(nexys.replacen("in_bytes = 8", "in_bytes = 0", 1)).failed(&["in_bytes is 0", "1 to 8"]);
    assert!(!output.exists(), "nothing is left behind");
    generate(nexys.replacen("\"Digilent Nexys Video\"", "\"Arty A7: 100T\"", 1)).ok();
    let core = fs::read_to_string(output.join("systole.core")).unwrap();
    assert!(core.contains("description: \"Arty A7: 100T\""), "{core}");
}

#[test]
fn a_clock_beyond_sense_is_refused() {
    let net = digits().display().to_string();
    systole(["plan", &net, "--board", "tiny", "--clock", "1e300"]).failed(&["clock_mhz"]);
}

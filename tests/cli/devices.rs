//! `systole selftest`, `systole serve`, and what `systole run` prints for programs and takes from cameras.

use crate::common::{build, image, path, systole, Ran, PROGRAM, ROOT};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

fn address(scheme: &str) -> String {
    format!("{scheme}:{}", build().display())
}

#[test]
fn every_engine_passes_the_self_test() {
    for scheme in ["sim", "mock", "verilator"] {
        let text = systole(["selftest", "--device", &address(scheme)]).ok();
        assert!(text.contains("passed: identity, registers,") && text.contains("layer checksums"), "{text}");
    }
    let text = systole(["selftest", "--device", &address("sim"), "--json"]).ok();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((value["passed"].as_bool(), value["first_layer"].is_null()), (Some(true), true));
    assert!(value["layers"].as_u64().unwrap() > 3);
}

#[test]
fn results_are_printed_line_by_line_for_programs() {
    let (four, nine) = (image("000_label_4.png"), image("001_label_9.png"));
    let text = systole(["run", "--device", &address("mock"), "--image", &four, &nine, "--top", "2", "--csv"]).ok();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (5, "image,rank,class,label,score,probability"));
    assert!(lines[1].contains("000_label_4.png,1,4,4,") && lines[3].contains("001_label_9.png,1,9,9,"), "{text}");
}

#[test]
fn counters_are_shown_while_a_device_works() {
    let four = image("000_label_4.png");
    let ran = systole(["run", "--device", &address("mock"), "--image", &four, "--watch"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("1 images,") && ran.err.contains("busy"), "{}", ran.err);
}

/// Runs the command with bytes on its standard input.
fn fed(args: &[&str], bytes: &[u8]) -> Ran {
    let mut child = Command::new(PROGRAM)
        .args(args)
        .current_dir(ROOT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    Ran::new(child.wait_with_output().unwrap())
}

#[test]
fn frames_come_from_a_pipe() {
    let names = ["000_label_4.png", "001_label_9.png", "004_label_6.png"];
    let frame = |name: &str| ::image::open(path(&format!("host/demo/images/{name}"))).unwrap().to_rgb8().into_raw();
    let bytes: Vec<u8> = names.iter().flat_map(|name| frame(name)).collect();
    let device = address("mock");
    let args = ["run", "--device", &device, "--frames", "--csv", "--top", "1"];
    let text = fed(&args, &bytes).ok();
    let best: Vec<&str> = text.lines().skip(1).map(|line| line.split(',').nth(2).unwrap()).collect();
    assert_eq!(best, ["4", "9", "6"]);
    let cut = fed(&args, &bytes[..bytes.len() - 1]);
    assert_eq!(cut.code, 1);
    assert!(cut.err.contains("frame 2") && cut.err.contains("ended after"), "{}", cut.err);
}

/// A server that ends with the test.
pub struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn serve(options: &[&str]) -> (Server, String) {
    let device = address("mock");
    let args = ["serve", "--device", &device, "--listen", "127.0.0.1:0"];
    let mut child =
        Command::new(PROGRAM).args(args).args(options).current_dir(ROOT).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let at = line.trim().rsplit_once(" at ").unwrap_or_else(|| panic!("{line}")).1;
    (Server(child), format!("tcp:{at}"))
}

#[test]
fn a_served_device_is_driven_across_a_network() {
    let folder = tempfile::tempdir().unwrap();
    let (right, wrong) = (folder.path().join("right"), folder.path().join("wrong"));
    std::fs::write(&right, "sesame\n").unwrap();
    std::fs::write(&wrong, "open\n").unwrap();
    let (_server, device) = serve(&["--require-token", right.to_str().unwrap()]);
    let (build, four) = (build().display().to_string(), image("000_label_4.png"));
    let run = |token: &str| {
        systole([
            "run",
            "--device",
            &device,
            "--build",
            &build,
            "--image",
            &four,
            "--csv",
            "--top",
            "1",
            "--token-file",
            token,
        ])
    };
    let text = run(right.to_str().unwrap()).ok();
    assert!(text.contains(",1,4,4,"), "{text}");
    std::thread::sleep(std::time::Duration::from_millis(300));
    run(wrong.to_str().unwrap()).failed(&["wants a token"]);
    let token = right.to_str().unwrap();
    systole(["run", "--device", &device, "--image", &four, "--token-file", token]).failed(&["--build"]);
    let open = systole(["serve", "--device", &address("mock"), "--listen", "0.0.0.0:0"]);
    open.failed(&["can be reached from other machines", "token"]);
}

//! `systole top`: counters of a device while another program drives it, and of one that nobody drives.

use crate::common::{build, image, systole};
use crate::devices::serve;
use rustix::fs::OFlags;
use rustix::pty::{grantpt, openpt, ptsname, unlockpt, OpenptFlags};
use rustix::termios::{tcgetattr, LocalModes};
use serde_json::Value;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// No answer takes longer, a busy computer allowed for.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn a_device_at_rest_is_shown_once_where_nobody_looks() {
    let device = format!("mock:{}", build().display());
    let text = systole(["top", "--device", &device, "--interval", "0.1"]).ok();
    assert!(text.contains("images in the machine") && text.contains("not enabled"), "{text}");
    systole(["top", "--device", "uart:/dev/null@9600"]).failed(&["--build"]);
    assert_eq!(systole(["top", "--device", &device, "--interval", "0"]).code, 2);
}

#[test]
fn a_served_device_is_watched_beside_the_program_that_drives_it() {
    let (_server, device) = serve(&[]);
    let (folder, four) = (build().display().to_string(), image("000_label_4.png"));
    let args = ["run", "--device", &device, "--build", &folder, "--frames", "--csv", "--top", "1"];
    let mut driving =
        Command::new(crate::common::PROGRAM).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let frame = ::image::open(&four).unwrap().to_rgb8().into_raw();
    let mut camera = driving.stdin.take().unwrap();
    camera.write_all(&frame).unwrap();
    let watch =
        |options: &[&str]| systole(["top", "--device", &device, "--json", "--interval", "0.1"].iter().chain(options));
    let begun = Instant::now();
    let seen: Value = loop {
        let seen: Value = serde_json::from_str(&watch(&["--build", &folder]).ok()).unwrap();
        if seen["images_done"].as_u64().unwrap() > 0 {
            break seen;
        }
        assert!(begun.elapsed() < PATIENCE, "{seen}");
        camera.write_all(&frame).unwrap();
    };
    assert_eq!((seen["enabled"].as_bool(), seen["errors"].as_array().unwrap().len()), (Some(true), 0), "{seen}");
    assert!(seen["in_beats"].as_u64().unwrap() > 0 && seen["images_in_flight"].is_u64(), "{seen}");
    let seen: Value = serde_json::from_str(&watch(&[]).ok()).unwrap();
    assert!(seen["images_in_flight"].is_null() && seen["device"] == device, "{seen}");
    drop(camera);
    let told = String::from_utf8(driving.wait_with_output().unwrap().stdout).unwrap();
    assert!(told.lines().count() > 1 && told.lines().skip(1).all(|line| line.contains(",4,4,")), "{told}");
}

#[test]
fn on_a_terminal_it_goes_on_until_q() {
    let mut shown = Shown::new();
    shown.terminal.write_all(b"q").unwrap();
    assert!(shown.end().success());
}

#[test]
fn the_terminal_is_as_before_when_it_is_told_to_end() {
    let mut shown = Shown::new();
    assert!(!shown.is_cooked());
    let id = shown.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(shown.end().code(), Some(130));
    assert!(shown.is_cooked());
}

/// `systole top` on a pseudo-terminal, after it was drawn a few times.
struct Shown {
    process: Child,
    terminal: File,
    /// The terminal's other end, open as long as it is looked at.
    far: File,
}

impl Shown {
    fn new() -> Self {
        let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&near).unwrap();
        unlockpt(&near).unwrap();
        let path = ptsname(&near, Vec::new()).unwrap().into_string().unwrap();
        let far =
            || File::options().read(true).write(true).custom_flags(OFlags::NOCTTY.bits() as i32).open(&path).unwrap();
        let process = Command::new(crate::common::PROGRAM)
            .args(["top", "--device", &format!("mock:{}", build().display()), "--interval", "0.1"])
            .stdin(far())
            .stdout(far())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut shown = Shown { process, terminal: File::from(near), far: far() };
        let (mut seen, mut bytes) = (String::new(), [0; 4096]);
        while seen.matches("q ends").count() < 3 {
            let count = shown.terminal.read(&mut bytes).unwrap();
            seen += &String::from_utf8_lossy(&bytes[..count]);
        }
        assert!(seen.contains("images in the machine"), "{seen}");
        shown
    }

    /// Whether lines are edited, as in a shell.
    fn is_cooked(&self) -> bool {
        tcgetattr(&self.far).unwrap().local_modes.contains(LocalModes::ICANON)
    }

    fn end(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            match self.process.try_wait().unwrap() {
                Some(status) => return status,
                None => assert!(begun.elapsed() < PATIENCE, "it does not end"),
            }
            std::thread::sleep(PATIENCE / 1000);
        }
    }
}

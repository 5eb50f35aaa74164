//! One device and many threads, in C and in Python: no wrong answer, no wait without end, no crash.

use crate::common::{build, path, Ran};
use crate::{compiled, library, package, run};
use std::process::Command;

/// Threads at once, and images of each in an ordinary run.
const THREADS: usize = 8;
const FEW: usize = 40;
/// As many that there are 10,000 in all.
const MANY: usize = 1250;

fn in_c(scheme: &str, images: usize) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let program = compiled("tests/capi/threads.c", folder.path());
    run(Command::new(&program)
        .args([format!("{scheme}:{}", build().display()), THREADS.to_string(), images.to_string()])
        .env("LD_LIBRARY_PATH", library().parent().unwrap()))
}

fn in_python(scheme: &str, images: usize) -> String {
    let folder = tempfile::tempdir().unwrap();
    run(Command::new("timeout")
        .args(["300", &path(".tools/venv/bin/python3"), &path("tests/capi/threads.py")])
        .arg(folder.path())
        .args([format!("{scheme}:{}", build().display()), THREADS.to_string(), images.to_string()])
        .env("PYTHONPATH", package())
        .env("PYTHONDONTWRITEBYTECODE", "1"))
    .ok()
}

fn right(images: usize) -> String {
    format!("{0} of {0} right", THREADS * images)
}

#[test]
fn threads_in_c_share_a_device_and_misuse_is_an_error() {
    for scheme in ["mock", "sim"] {
        let text = in_c(scheme, FEW).ok();
        assert_eq!(text, format!("{}\nended\n", right(FEW)), "{scheme}");
    }
}

#[test]
fn threads_in_python_share_a_device_and_a_forked_process_is_told() {
    let text = in_python("sim", FEW);
    let lines: Vec<&str> = text.lines().collect();
    let closed = "'the device is closed'";
    let wanted = [
        &right(FEW),
        "waited for by another thread: True",
        "negative: image -1 was never submitted",
        "too large: image 18446744073709551616 was never submitted",
        &format!("closed meanwhile: [{closed}, {closed}, {closed}]"),
        "used after close: the device is closed",
        "child: the device was opened by the process that this one was forked from; open it here; its own: True 0",
        "parent: True",
        "opened by a path that is not UTF-8: True",
        "opened by a path that is not UTF-8: True",
    ];
    assert_eq!(&lines[..wanted.len()], wanted, "{text}");
    assert!(lines[10].starts_with("a path object: True cannot read /no/such"), "{text}");
    assert!(lines[11].starts_with("a zero in it: ") && lines[11].contains("zero character"), "{text}");
}

#[test]
#[ignore = "takes minutes; `make soak` runs it"]
fn ten_thousand_images_through_eight_threads() {
    for scheme in ["mock", "sim"] {
        assert_eq!(in_c(scheme, MANY).ok(), format!("{}\nended\n", right(MANY)), "{scheme}");
        let text = in_python(scheme, MANY);
        assert!(text.starts_with(&right(MANY)), "{text}");
        println!("{scheme}: {} in C, as many in Python", right(MANY));
    }
}

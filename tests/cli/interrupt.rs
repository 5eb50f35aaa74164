//! An interrupted command leaves nothing half written.

use crate::common::{entries, PROGRAM, ROOT};
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

/// 128 + SIGINT, as shells report it.
const INTERRUPTED: i32 = 130;

#[test]
fn an_interrupt_removes_scratch_files() {
    let folder = tempfile::tempdir().unwrap();
    let (scratch, output) = (folder.path().join("tmp"), folder.path().join("demo"));
    std::fs::create_dir(&scratch).unwrap();
    let mut command = Command::new(PROGRAM);
    command.args(["demo", "--engine", "registers", "-o", output.to_str().unwrap()]);
    command.current_dir(ROOT).env("TMPDIR", &scratch).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("planned and generated")));
    assert_eq!(entries(&scratch).len(), 1, "the unpacked assets");
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(child.wait().unwrap().code(), Some(INTERRUPTED));
    let mut error = String::new();
    child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
    assert!(error.contains("interrupted"), "{error}");
    assert!(entries(&scratch).is_empty(), "{:?}", entries(&scratch));
    assert_eq!(entries(folder.path()), ["demo", "tmp"]);
}

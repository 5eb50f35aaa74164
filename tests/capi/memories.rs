//! The check of the memories in C and in Python, on a device one of whose memories is damaged while it works.

use crate::common::build;
use crate::flipping::{Served, MEMORY};
use crate::{compiled, library, python, run};
use std::fs;
use std::process::Command;

/// The image with which a bit turns over.
const FLIPS: usize = 3;

#[test]
fn c_is_told_which_memory_and_which_images() {
    let folder = tempfile::tempdir().unwrap();
    let program = compiled("tests/capi/memories.c", folder.path());
    let device = Served::flipping_after(FLIPS);
    let text = run(Command::new(&program)
        .arg(&device.address)
        .arg(build())
        .env("LD_LIBRARY_PATH", library().parent().unwrap()))
    .ok();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], ["known", "0 ''"], "{text}");
    assert!(lines[2].starts_with("3 'tcp:") && lines[2].contains("images 2 to 3 are in doubt"), "{text}");
    assert_eq!(lines[3..], [&format!("{MEMORY} 1 2 4 0"), "3 2", "1"], "{text}");
}

const SCRIPT: &str = "
import sys
import numpy as np
import systole
with systole.Device(sys.argv[1], build=sys.argv[2]) as device:
    print(device.preprocessing['preprocess']['name'], device.preprocessing['resize'])
    device.check_memories()
    images, scores = [np.zeros(device.shape, np.uint8)] * 9, []
    try:
        for score in device.stream(images, check_every=2):
            scores.append(score)
    except systole.MemoryDamaged as error:
        print(len(scores), error.memory, error.doubtful, error.repaired, error.crc_found != error.crc_wanted)
        print(isinstance(error, systole.SystoleError), error)
    try:
        device.stream(images, check_every=0)
    except systole.SystoleError as error:
        print('refused', error)
    try:
        device.selftest()
    except systole.SystoleError as error:
        print('self-test', error)
";

#[test]
fn python_raises_which_memory_and_which_images() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("memories.py");
    fs::write(&script, SCRIPT).unwrap();
    let device = Served::flipping_after(FLIPS);
    let text = run(python().arg(&script).arg(&device.address).arg(build())).ok();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], ["grey None", &format!("4 {MEMORY} range(2, 4) False True")], "{text}");
    assert!(lines[2].starts_with("True tcp:") && lines[2].contains("images 2 to 3 are in doubt"), "{text}");
    assert!(lines[3].starts_with("refused check_every is 0; give a whole number of images"), "{text}");
    assert!(lines[4].starts_with("self-test tcp:") && lines[4].contains(&format!("{MEMORY} is read back")), "{text}");
}

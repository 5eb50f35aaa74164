//! Scores of a model file that cuts them, in C and in Python.

use crate::common::with_score_ends;
use crate::{compiled, frames, library, python, run, IMAGES};
use std::fs;
use std::process::Command;

/// Below the best score of every image.
const ENDS: [f64; 2] = [3.5, 9.0];

const SCRIPT: &str = "
import sys
import numpy as np
import systole
with systole.Device(sys.argv[1]) as device:
    image = np.fromfile(sys.argv[2], np.uint8)[: np.prod(device.shape)].reshape(device.shape)
    sums = device.wait(device.submit(image))
    scores = device.infer(image)
    print(scores.min(), scores.max(), np.array_equal(scores, np.clip(sums * device.scale, 3.5, 9.0)))
    print(np.array_equal(scores, next(iter(device.stream([image])))), (sums * device.scale).max() > 9.0)
    for wrong in (sums[:-1], 'none'):
        try:
            device.scores(wrong)
        except systole.SystoleError as error:
            print('refused', error)
";

#[test]
fn c_and_python_cut_scores_where_the_file_does() {
    let folder = tempfile::tempdir().unwrap();
    let (_, build) = with_score_ends(folder.path(), ENDS);
    let (address, frames) = (format!("mock:{}", build.display()), frames(folder.path()));
    let text = run(python().args(["-c", SCRIPT]).arg(&address).arg(&frames)).ok();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], ["3.5 9.0 True", "True True"], "{text}");
    assert_eq!(
        lines[2..],
        ["refused room for 9 sums; there are 10", "refused sums is 'none'; give what wait gave"],
        "{text}"
    );

    let program = compiled("host/c/classify.c", folder.path());
    let text = run(Command::new(&program)
        .arg(&address)
        .env("LD_LIBRARY_PATH", library().parent().unwrap())
        .stdin(fs::File::open(&frames).unwrap()))
    .ok();
    assert_eq!(text.lines().count(), IMAGES.len());
    assert!(text.lines().all(|line| line.ends_with(" 9.0000")), "{text}");
}

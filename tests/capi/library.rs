//! The Python library from a model to answers, in every form that pictures have; interrupts.

use crate::common::{self, build, digits, path};
use crate::{package, python, run};
use std::fs;
use std::path::Path;

const DONE: &str = "all as it should be\n";

#[test]
fn python_goes_from_a_model_to_answers_as_the_command_does() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = python();
    command.arg(path("tests/capi/library.py")).args([path(""), digits().display().to_string()]).arg(folder.path());
    assert_eq!(run(&mut command).ok(), DONE);
}

#[test]
fn an_interrupt_ends_what_python_waits_for() {
    let mut command = python();
    command.arg(path("tests/capi/interrupted.py")).arg(path("")).arg(build());
    assert_eq!(run(&mut command).ok(), DONE);
}

/// Runs a notebook in a folder that has the checkout's, and whose `build` is its own; with a build folder of a board's.
fn notebook(name: &str, folder: &Path, replaced: &[String]) -> String {
    for shared in ["host", "constraints"] {
        std::os::unix::fs::symlink(path(shared), folder.join(shared)).unwrap();
    }
    fs::create_dir(folder.join("build")).unwrap();
    let mut command = python();
    command.arg(path("tests/capi/notebook.py")).arg(path(&format!("host/python/notebooks/{name}.ipynb")));
    let search = std::env::join_paths([package(), Path::new(&path("tests/capi/stand_in"))]).unwrap();
    let ran = common::Ran::new(command.args(replaced).env("PYTHONPATH", search).current_dir(folder).output().unwrap());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    ran.out
}

#[test]
fn every_notebook_runs() {
    for (name, cells) in [("first_steps", 6), ("squeezenet_to_a_board", 5), ("where_accuracy_goes", 4)] {
        let folder = tempfile::tempdir().unwrap();
        let text = notebook(name, folder.path(), &[]);
        assert!(text.ends_with(&format!("{cells} cells\n")), "{name}: {text}");
    }
}

#[test]
fn the_notebook_of_a_pynq_board_runs_on_a_stand_in() {
    let folder = tempfile::tempdir().unwrap();
    // The deadlines are a board's, and the simulation has to keep them.
    let build = folder.path().join("slow");
    common::generate(&digits(), &build, &["--clock", "1"]).ok();
    let results = build.join("vivado/results");
    fs::create_dir_all(&results).unwrap();
    fs::write(results.join("systole.bit"), format!("sim:{}", build.display())).unwrap();
    fs::write(results.join("systole.hwh"), "").unwrap();
    let text = notebook("pynq", folder.path(), &[format!("build/pynq-z2={}", build.display())]);
    assert!(text.ends_with("5 cells\n"), "{text}");
}

//! `systole generate`.

use crate::common::{build, digits, entries, generate, tree, ROOT};
use std::fs;
use std::path::Path;

#[test]
fn the_build_folder_holds_everything_and_lists_it() {
    let build = build();
    assert_eq!(
        entries(&build),
        ["constraints", "network.net", "plan.json", "registers.h", "rtl", "systole.core", "systole.json"]
    );
    assert_eq!(fs::read(build.join("network.net")).unwrap(), fs::read(digits()).unwrap());
    let list = fs::read_to_string(build.join("rtl/systole_top.f")).unwrap();
    assert!(list.lines().all(|name| build.join("rtl").join(name).is_file()), "{list}");
    assert_eq!(list.lines().last(), Some("systole_top.v"));
    assert!(entries(&build.join("rtl")).iter().any(|name| name.ends_with(".hex")));
    let clock = fs::read_to_string(build.join("constraints/clock.xdc")).unwrap();
    assert!(clock.contains("create_clock -name clk_i -period 10.000"), "{clock}");
}

#[test]
fn the_same_plan_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let again = folder.path().join("again");
    generate(&digits(), &again, &[]).ok();
    let relative = |root: &Path| -> Vec<_> {
        tree(root).into_iter().map(|(path, bytes)| (path.strip_prefix(root).unwrap().to_path_buf(), bytes)).collect()
    };
    assert_eq!(relative(&again), relative(&build()));
}

#[test]
fn nothing_made_names_this_machine() {
    for (path, bytes) in tree(&build()) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(ROOT) && !text.contains("/tmp"), "{}", path.display());
    }
}

#[test]
fn an_earlier_build_is_replaced_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("b");
    generate(&digits(), &output, &["--rows", "4", "--cols", "4"]).ok();
    let small = fs::read(output.join("plan.json")).unwrap();
    generate(&digits(), &output, &[]).ok();
    assert_ne!(fs::read(output.join("plan.json")).unwrap(), small);
    assert_eq!(fs::read(output.join("plan.json")).unwrap(), fs::read(build().join("plan.json")).unwrap());
    assert_eq!(entries(folder.path()), ["b"], "nothing is left beside it");
}

#[test]
fn a_folder_with_other_things_is_left_alone_unless_forced() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("notes");
    fs::create_dir(&output).unwrap();
    generate(&digits(), &output, &[]).ok();
    fs::write(output.join("rtl/mine.txt"), "keep me").unwrap();
    generate(&digits(), &output, &[]).failed(&["no build wrote", "rtl/mine.txt", "--force"]);
    fs::remove_file(output.join("systole.json")).unwrap();
    generate(&digits(), &output, &[]).failed(&["not empty and not an earlier build", "--force"]);
    assert_eq!(fs::read(output.join("rtl/mine.txt")).unwrap(), b"keep me");
    generate(&digits(), &output, &["--force"]).ok();
    assert!(!output.join("rtl/mine.txt").exists());
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "a file").unwrap();
    generate(&digits(), &file, &[]).failed(&["is not a folder"]);
    generate(&digits(), &file.join("b"), &["--force"]).failed(&["cannot create the folder"]);
    generate(&digits(), Path::new("/proc/b"), &[]).failed(&["cannot create a folder in /proc"]);
    assert_eq!(fs::read(&file).unwrap(), b"a file");
}

#[test]
fn a_plan_that_does_not_fit_touches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("b");
    generate(&digits(), &output, &["--max-bram18", "4"]).failed(&["does not fit"]);
    assert!(entries(folder.path()).is_empty());
}

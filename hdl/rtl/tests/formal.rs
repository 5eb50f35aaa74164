//! What the control modules are to do is proved: the quick proofs of `tools/formal`, with their covers and seeded faults; and the page that
//! lists all of them is of the proofs that there are.

use std::path::Path;
use std::process::Command;

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn formal(arguments: &[&str]) -> (bool, String) {
    let done = Command::new("python3")
        .current_dir(Path::new(WORKSPACE))
        .arg("tools/formal")
        .args(arguments)
        .output()
        .expect("python3 starts");
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    (done.status.success(), said)
}

#[test]
fn the_quick_proofs_hold() {
    let (passed, said) = formal(&["--quick"]);
    println!("{said}");
    assert!(passed, "tools/formal --quick");
}

#[test]
fn the_page_lists_the_proofs_that_there_are() {
    let (passed, said) = formal(&["--check-page"]);
    assert!(passed, "{said}");
}

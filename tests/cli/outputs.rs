//! Outputs that would replace what the command reads, or another output.

use crate::common::{build, image, systole};
use std::fs;

#[test]
fn what_the_command_line_names_for_something_else_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (net, folder_of_build) = (file("n.net"), file("build"));
    fs::copy(build().join("network.net"), &net).unwrap();
    let before = fs::read(&net).unwrap();
    systole(["plan", &net, "--board", "tiny", "--html", &net]).failed(&["n.net: the command line names it twice"]);
    assert_eq!(fs::read(&net).unwrap(), before);
    let same = file("explored");
    let both = format!("--html={same}");
    systole(["explore", &net, "--board", "tiny", "--csv", &same, &both])
        .failed(&["names it twice", "a name of its own"]);
    assert!(!fs::read_to_string(&same).unwrap().contains("<html"));

    systole(["generate", &net, "--board", "tiny", "-o", &folder_of_build]).ok();
    let part = file("build/network.net");
    let four = image("000_label_4.png");
    let waves = ["simulate", &folder_of_build, "--image", &four, "--to", "100", "--vcd"];
    systole(waves.iter().chain(&[part.as_str()])).failed(&["consists of it", "another name"]);
    assert_eq!(fs::read(&part).unwrap(), before);
    let beside = file("build/waves.vcd");
    for _ in 0..2 {
        systole(waves.iter().chain(&[beside.as_str()])).ok();
    }
}

//! The machine in four states, in Icarus: no register reads x in the state that a reset leaves.

use crate::plan;
use std::fs;
use std::process::Command;
use systole_machine::registers::{window_bytes, CHECK, CONTROL, MEMORY_CRC, MEMORY_INDEX};
use systole_machine::Plan;
use systole_rtl::top::compose;

const BENCH: &str = include_str!("four_state.v");

/// What the bench says of a machine.
fn said(plan: &Plan) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let design = compose(plan).expect("a machine").design;
    for file in design.files() {
        fs::write(folder.path().join(&file.name), file.bytes()).expect("a file");
    }
    fs::write(folder.path().join("four_state.v"), BENCH).expect("the bench");
    let verilog: Vec<String> = design.verilog.iter().map(|file| file.name.clone()).collect();
    let parameters = [
        ("IN_W", 8 * plan.geometry.in_bytes as u64),
        ("WINDOW", window_bytes().into()),
        ("CONTROL", CONTROL.offset.into()),
        ("MEMORY_INDEX", MEMORY_INDEX.offset.into()),
        ("MEMORY_CRC", MEMORY_CRC.offset.into()),
        ("CHECK", CHECK.mask().into()),
        ("MEMORIES", plan.memories().len() as u64),
        ("PATIENCE", plan.check_cycles()),
    ];
    let parameters = parameters.map(|(name, value)| format!("-Pfour_state.{name}={value}"));
    run(Command::new("iverilog")
        .args(["-g2005", "-o", "machine", "-s", "four_state", "four_state.v"])
        .args(parameters)
        .args(verilog)
        .current_dir(folder.path()));
    run(Command::new("vvp").args(["-n", "machine"]).current_dir(folder.path())).lines().map(String::from).collect()
}

fn run(command: &mut Command) -> String {
    let ran = command.output().expect("Icarus, as `make setup` installs it");
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{text}{}", String::from_utf8_lossy(&ran.stderr));
    text
}

#[test]
fn no_register_reads_x_after_reset_and_the_memories_are_read_back() {
    let initialised = plan(3, 4, 4);
    let said = said(&initialised);
    let wrong: Vec<&String> = said.iter().filter(|line| line.starts_with('x')).collect();
    assert!(wrong.is_empty(), "addresses that read x: {wrong:?}");
    let wanted: Vec<String> = initialised.memories().iter().map(|memory| format!("crc {}", memory.crc)).collect();
    let found: Vec<&String> = said.iter().filter(|line| line.starts_with("crc")).collect();
    assert_eq!(found, wanted.iter().collect::<Vec<_>>());
    assert!(said.iter().any(|line| line == "done"), "{said:?}");
}

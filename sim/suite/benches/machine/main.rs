//! Measures the machine against its goals, and writes the table of docs/results.md.
//!
//! `cargo bench -p systole-suite --bench machine -- [GROUP ...]`; without groups, all of them, which takes hours. Every row is
//! written to `measured.json` as soon as it is measured, in the place of the row of the same name; a group that was measured to its
//! end loses the rows that it did not bring. The page's table is printed from that file.

mod cycles;
mod memory;
mod networks;
mod silicon;
mod simulator;
mod synthesis;
mod table;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use table::{Measured, Row};

type Failure = Box<dyn Error + Send + Sync>;
/// Where a group's rows go, one by one.
type Report<'a> = &'a mut dyn FnMut(Row) -> Result<(), Failure>;
/// A group of rows and what measures it.
type Group = (&'static str, fn(Report) -> Result<(), Failure>);

const GROUPS: [Group; 5] = [
    ("memory", memory::rows),
    ("synthesis", synthesis::rows),
    ("cycles", cycles::rows),
    ("simulator", simulator::rows),
    ("silicon", silicon::rows),
];

fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn main() -> Result<ExitCode, Failure> {
    // `cargo bench` adds an argument of its own.
    let asked: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let names = GROUPS.map(|(group, _)| group);
    if let Some(unknown) = asked.iter().find(|name| !names.contains(&name.as_str())) {
        eprintln!("no group {unknown:?}; there are {}", names.join(", "));
        return Ok(ExitCode::from(2));
    }
    if !networks::data().exists() {
        println!("SKIPPED: ../shared/data is absent");
        return Ok(ExitCode::SUCCESS);
    }
    for (group, measure) in GROUPS {
        if asked.is_empty() || asked.iter().any(|name| name == group) {
            let mut names = Vec::new();
            measure(&mut |row| {
                println!("{}", row.text());
                names.push(row.what.clone());
                Measured::add(row)
            })?;
            Measured::complete(group, &names)?;
        }
    }
    print!("{}", Measured::read()?.table());
    println!("{}", Measured::json()?);
    Ok(ExitCode::SUCCESS)
}

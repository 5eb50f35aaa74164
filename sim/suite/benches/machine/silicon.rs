//! Clock of the array alone, of the array with its neighbours and of whole machines, placed and routed by nextpnr on a real LFE5U-85F of speed grade 6, with pins.

use crate::table::{rounded, Goal, Row};
use crate::{Failure, Report};
use std::path::Path;
use std::process::Command;

const BOARD: &str = "ulx3s-85f";
const ROWS: &str = "8";
/// Columns; MHz that a plain array reached there on the same part, by nextpnr.
const ARRAYS: [(&str, f64); 2] = [("8", 108.0), ("16", 96.0)];
/// What is asked, as a multiple of the plain array.
const TIMES: f64 = 1.5;
/// The clock in MHz that nextpnr is asked for.
const AIM: &str = "150";
const SEEDS: [&str; 3] = ["1", "2", "3"];

/// The array without its neighbours and with them, and the whole machine, of the digits network.
pub fn rows(report: Report) -> Result<(), Failure> {
    run("sh", &["tools/setup.sh", "tools/requirements-ecp5.txt"])?;
    for (cols, plain) in ARRAYS {
        let said = run("tools/array_speed.py", &[&[ROWS, cols], &SEEDS[..]].concat())?;
        report(row(cols, "the array alone with pins", plain, &said)?)?;
    }
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name).to_str().map(str::to_string).ok_or("a folder's name is no text");
    let digits = path("digits")?;
    systole(&["demo", "--board", BOARD, "--engine", "sim", "--output", &digits])?;
    let net = Path::new(&digits).join("network.net").to_string_lossy().into_owned();
    for (cols, plain) in ARRAYS {
        let build = path(cols)?;
        let shape = ["--rows", ROWS, "--cols", cols, "--clock", AIM, "--output", &build];
        systole(&[&["generate", &net, "--board", BOARD], &shape[..]].concat())?;
        let said = run("tools/array_speed.py", &[&[&*build], &SEEDS[..]].concat())?;
        report(row(
            cols,
            "the array with its neighbours (memory, feed, weights, requantiser) and pins",
            plain,
            &said,
        )?)?;
        let said = run("tools/machine_speed.py", &[&[&*build], &SEEDS[..]].concat())?;
        report(row(cols, "the digits network's whole machine", plain, &said)?)?;
    }
    Ok(())
}

/// The median of what the seeds reached, beside what they all did.
fn row(cols: &str, what: &str, plain: f64, said: &str) -> Result<Row, Failure> {
    let reached = |line: &str| Some(line.split_once(" MHz")?.0.rsplit(' ').next()?.parse::<f64>().ok());
    let mut clocks: Vec<f64> = said.lines().filter_map(reached).flatten().collect();
    if clocks.len() != SEEDS.len() {
        return Err(format!("no clock of {} seeds in {said:?}", SEEDS.len()).into());
    }
    let seeds: Vec<String> = clocks.iter().map(|clock| format!("{clock:.1}")).collect();
    clocks.sort_unstable_by(f64::total_cmp);
    Ok(Row {
        what: format!("LFE5U-85F, speed grade 6, {ROWS} x {cols}: {what}"),
        elsewhere: format!("{plain} MHz (a plain array)"),
        goal: Goal::AtLeast(plain * TIMES),
        figure: rounded(clocks[SEEDS.len() / 2], 1),
        unit: "MHz".into(),
        detail: format!("the median of nextpnr's seeds {}, which reached {}", SEEDS.join(", "), seeds.join(", ")),
        group: "silicon".into(),
    })
}

/// The project's command, built if it is not.
fn systole(args: &[&str]) -> Result<String, Failure> {
    run("cargo", &[&["run", "--release", "--quiet", "-p", "systole", "--"], args].concat())
}

/// What a program printed.
fn run(program: &str, args: &[&str]) -> Result<String, Failure> {
    let done = Command::new(program).args(args).current_dir(crate::workspace()).output()?;
    match done.status.success() {
        true => Ok(String::from_utf8_lossy(&done.stdout).into_owned()),
        false => Err(format!("{program} {}: {}", args.join(" "), String::from_utf8_lossy(&done.stderr)).into()),
    }
}

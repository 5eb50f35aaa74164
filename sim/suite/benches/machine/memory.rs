//! What v1.1 needs on chip beside its weights, and all its block RAM, by the plan; Yosys counts the same blocks.

use crate::networks::Subject;
use crate::table::{rounded, Goal, Row};
use crate::{Failure, Report};
use systole_machine::{Board, Plan};
use systole_plan::{plan, Constraints};

const NEXYS_VIDEO: &str = include_str!("../../../../constraints/nexys-video.toml");
/// Rows of arrays of 16 columns.
const ROWS: [usize; 4] = [28, 16, 14, 8];
const COLS: usize = 16;
/// Block RAMs of 36 Kbit that are too many, and of 18 Kbit in one.
const TOO_MANY: usize = 300;
const HALVES: usize = 2;
/// Rows of the array that keeps to both goals.
const SMALL_ROWS: usize = 18;
/// Bytes of activations that leave room for the program below the goal.
const ACTIVATIONS: usize = 96_000;
/// Tables that belong to the trained network as its weights do: biases and multipliers.
const PARAMETERS: [&str; 3] = ["param", "residual", "offset"];
const KB: f64 = 1000.0;
const PERCENT: f64 = 100.0;
const BITS: usize = 8;

/// Activations with program, and block RAM, of several shapes.
pub fn rows(report: Report) -> Result<(), Failure> {
    let subject = Subject::squeezenet("1.1", 0)?;
    let board = Board::parse(NEXYS_VIDEO)?;
    let shapes = ROWS.map(|rows| Constraints { rows: Some(rows), cols: Some(COLS), ..Constraints::default() });
    let frugal = Constraints { max_bram18: Some(HALVES * TOO_MANY - 1), ..Constraints::default() };
    let (rows, cols) = (Some(SMALL_ROWS), Some(COLS));
    let small = Constraints { rows, cols, max_activations: Some(ACTIVATIONS), ..frugal.clone() };
    for constraints in shapes.into_iter().chain([frugal, small]) {
        let plan = plan(&subject.net, &board, &constraints)?;
        report(bytes(&plan, &constraints))?;
        report(blocks(&plan, &constraints))?;
    }
    Ok(())
}

/// What the row is about.
fn subject(plan: &Plan, constraints: &Constraints) -> String {
    let g = &plan.geometry;
    let why = match (constraints.max_bram18, constraints.max_activations) {
        (Some(_), Some(_)) => " (--max-bram, --max-activations)",
        (Some(_), None) => " (--max-bram)",
        _ => "",
    };
    format!("v1.1 int8, {} x {}{why}", g.rows, g.cols)
}

fn bytes(plan: &Plan, constraints: &Constraints) -> Row {
    let g = &plan.geometry;
    let activations = g.rows * g.act_depth;
    let (mut program, mut parameters) = (0, 0);
    for table in plan.tables() {
        let bytes = (table.words.len() * table.width).div_ceil(BITS);
        *(if PARAMETERS.contains(&table.name) { &mut parameters } else { &mut program }) += bytes;
    }
    let (cycles, busy) = (plan.timing().interval, PERCENT * plan.timing().utilisation);
    Row {
        what: format!("{}: activations and program", subject(plan, constraints)),
        elsewhere: "436 KB layer by layer".into(),
        goal: Goal::Below(110.0),
        figure: rounded((activations + program) as f64 / KB, 1),
        unit: "KB".into(),
        detail: format!(
            "{activations} bytes of banks, {program} of program, without {parameters} of biases and multipliers; {cycles} cycles an image, {busy:.1} %"
        ),
        group: "memory".into(),
    }
}

/// Tables that lie in LUTs to save block RAM.
fn in_luts(plan: &Plan) -> String {
    match plan.lut_tables.as_slice() {
        [] => String::new(),
        tables => {
            let tables: Vec<String> = tables.iter().map(ToString::to_string).collect();
            format!(", {} in LUTs", tables.join(", "))
        }
    }
}

fn blocks(plan: &Plan, constraints: &Constraints) -> Row {
    let total = plan.cost().total();
    Row {
        what: format!("{}: all block RAM", subject(plan, constraints)),
        elsewhere: String::new(),
        goal: Goal::Below(TOO_MANY as f64),
        figure: total.bram36 as f64 + total.bram18 as f64 / HALVES as f64,
        unit: "RAMB36".into(),
        detail: format!("{} RAMB36 and {} RAMB18{}", total.bram36, total.bram18, in_luts(plan)),
        group: "memory".into(),
    }
}

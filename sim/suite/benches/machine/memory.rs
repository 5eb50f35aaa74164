//! What v1.1 needs on chip beside its weights, and all its block RAM, by the plan; Yosys counts the same blocks.

use crate::networks::Subject;
use crate::table::{rounded, Goal, Row};
use crate::{Failure, Report};
use systole_plan::{plan, Board, Plan, Wishes};

const NEXYS_VIDEO: &str = include_str!("../../../../constraints/nexys-video.toml");
/// Rows of arrays of 16 columns.
const ROWS: [usize; 4] = [28, 16, 14, 8];
const COLS: usize = 16;
const KB: f64 = 1000.0;
const BITS: usize = 8;

/// Activations with program, and block RAM, of several shapes.
pub fn rows(report: Report) -> Result<(), Failure> {
    let subject = Subject::squeezenet("1.1", 0)?;
    let board = Board::parse(NEXYS_VIDEO)?;
    for rows in ROWS {
        let wishes = Wishes { rows: Some(rows), cols: Some(COLS), ..Wishes::default() };
        let plan = plan(&subject.net, &board, &wishes)?;
        report(bytes(&plan))?;
        report(blocks(&plan))?;
    }
    Ok(())
}

fn bytes(plan: &Plan) -> Row {
    let g = &plan.geometry;
    let activations = g.rows * g.act_depth;
    let tables: usize = plan.tables().iter().map(|t| (t.words.len() * t.width).div_ceil(BITS)).sum();
    Row {
        what: format!("v1.1 int8, {} x {}: activations and program", g.rows, g.cols),
        elsewhere: "436 KB layer by layer".into(),
        goal: Goal::Below(110.0),
        figure: rounded((activations + tables) as f64 / KB, 1),
        unit: "KB".into(),
        detail: format!("{activations} bytes of banks, {tables} of tables; {} cycles an image", plan.timing.interval),
        group: "memory".into(),
    }
}

fn blocks(plan: &Plan) -> Row {
    let (g, total) = (&plan.geometry, plan.cost.total());
    Row {
        what: format!("v1.1 int8, {} x {}: all block RAM", g.rows, g.cols),
        elsewhere: String::new(),
        goal: Goal::Below(300.0),
        figure: total.bram36 as f64 + total.bram18 as f64 / 2.0,
        unit: "RAMB36".into(),
        detail: format!("{} RAMB36 and {} RAMB18", total.bram36, total.bram18),
        group: "memory".into(),
    }
}

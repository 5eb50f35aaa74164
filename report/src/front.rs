//! A Pareto front for people and programs: table, CSV, picture.

mod knee;
mod picture;

use crate::csv::record;
use crate::plan::Speed;
use crate::table::{grouped, percent, Table};
pub use picture::picture;
use serde::Serialize;
use systole_machine::Plan;

/// One plan of a front.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    pub board: String,
    pub rows: usize,
    pub cols: usize,
    /// Cycles of an image, images back to back.
    pub cycles: u64,
    pub utilisation: f64,
    pub clock_mhz: f64,
    pub images_per_second: f64,
    /// What the board's link carries at most; none of boards without one.
    pub link_images_per_second: Option<f64>,
    pub dsp: usize,
    /// Block RAMs of 18 Kbit.
    pub bram18: usize,
    pub uram: usize,
    /// Estimate.
    pub lut: usize,
}

impl Point {
    pub fn of(plan: &Plan) -> Point {
        let (cycles, total) = (plan.timing().interval, plan.cost().total());
        Point {
            board: plan.board.name.clone(),
            rows: plan.geometry.rows,
            cols: plan.geometry.cols,
            cycles,
            utilisation: plan.timing().utilisation,
            clock_mhz: plan.board.clock_mhz,
            images_per_second: plan.board.clock_mhz * 1e6 / cycles as f64,
            link_images_per_second: Speed::of(plan).link.map(|link| link.images_per_second),
            dsp: total.dsp,
            bram18: total.ram18(),
            uram: total.uram,
            lut: total.lut,
        }
    }
}

/// Columns of the table for people.
const HEADING: [&str; 10] =
    ["board", "array", "cycles", "busy", "images/s", "link", "DSP", "RAM 18 Kbit", "UltraRAM", "LUT (estimate)"];

/// What it says of a plan.
fn cells(p: &Point) -> [String; 10] {
    [
        p.board.clone(),
        format!("{} x {}", p.rows, p.cols),
        grouped(p.cycles),
        percent(p.utilisation),
        format!("{:.1} at {} MHz", p.images_per_second, p.clock_mhz),
        p.link_images_per_second.map_or_else(String::new, |rate| format!("{rate:.1}")),
        p.dsp.to_string(),
        p.bram18.to_string(),
        p.uram.to_string(),
        grouped(p.lut as u64),
    ]
}

/// The table for people.
pub fn text(network: &str, points: &[Point]) -> String {
    let mut table = Table::new(1, &HEADING);
    points.iter().for_each(|point| table.row(cells(point)));
    format!("{network}: plans that no other of the same board beats in cycles, DSP and block RAM\n{}", table.text())
}

/// The table for programs that have no JSON.
pub fn csv(points: &[Point]) -> String {
    let line = |p: &Point| {
        let counts = [p.rows, p.cols, p.dsp, p.bram18, p.uram, p.lut].map(|count| count.to_string());
        let [rows, cols, dsp, bram18, uram, lut] = counts.each_ref().map(String::as_str);
        let numbers = [p.utilisation, p.clock_mhz, p.images_per_second].map(|number| number.to_string());
        let [utilisation, clock, speed] = numbers.each_ref().map(String::as_str);
        let link = p.link_images_per_second.map_or_else(String::new, |rate| rate.to_string());
        record([&p.board, rows, cols, &p.cycles.to_string(), utilisation, clock, speed, &link, dsp, bram18, uram, lut])
    };
    record(COLUMNS) + &points.iter().map(line).collect::<String>()
}

/// What [`csv`] prints, column by column.
const COLUMNS: [&str; 12] = [
    "board",
    "rows",
    "cols",
    "cycles",
    "utilisation",
    "clock_mhz",
    "images_per_second",
    "link_images_per_second",
    "dsp",
    "bram18",
    "uram",
    "lut_estimate",
];

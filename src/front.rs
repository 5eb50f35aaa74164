//! A Pareto front for people and programs: table, CSV, picture.

use crate::csv_record::record;
use crate::html::{document, escape, svg, wide, WIDTH};
use crate::table::{grouped, percent, Table};
use serde::Serialize;
use std::collections::BTreeMap;
use systole_machine::Plan;
use systole_plan::explore::Figures;

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
    pub dsp: usize,
    /// Block RAMs of 18 Kbit.
    pub bram18: usize,
    /// Estimate.
    pub lut: usize,
}

impl Point {
    pub fn of(plan: &Plan) -> Point {
        let Figures { cycles, dsp, bram18 } = Figures::of(plan);
        Point {
            board: plan.board.name.clone(),
            rows: plan.geometry.rows,
            cols: plan.geometry.cols,
            cycles,
            utilisation: plan.timing().utilisation,
            clock_mhz: plan.board.clock_mhz,
            images_per_second: plan.board.clock_mhz * 1e6 / cycles as f64,
            dsp,
            bram18,
            lut: plan.cost().total().lut,
        }
    }
}

/// The table for people.
pub fn page(network: &str, points: &[Point]) -> String {
    let heading = ["board", "array", "cycles", "busy", "images/s", "DSP", "RAM 18 Kbit", "LUT (estimate)"];
    let mut table = Table::new(1, &heading);
    for p in points {
        table.row([
            p.board.clone(),
            format!("{} x {}", p.rows, p.cols),
            grouped(p.cycles),
            percent(p.utilisation),
            format!("{:.1} at {} MHz", p.images_per_second, p.clock_mhz),
            p.dsp.to_string(),
            p.bram18.to_string(),
            grouped(p.lut as u64),
        ]);
    }
    format!("{network}: plans that no other of the same board beats in cycles, DSP and block RAM\n{}", table.text())
}

/// The table for programs that have no JSON.
pub fn csv(points: &[Point]) -> String {
    let line = |p: &Point| {
        let counts = [p.rows, p.cols, p.dsp, p.bram18, p.lut].map(|count| count.to_string());
        let [rows, cols, dsp, bram18, lut] = counts.each_ref().map(String::as_str);
        let numbers = [p.utilisation, p.clock_mhz, p.images_per_second].map(|number| number.to_string());
        let [utilisation, clock, speed] = numbers.each_ref().map(String::as_str);
        record([&p.board, rows, cols, &p.cycles.to_string(), utilisation, clock, speed, dsp, bram18, lut])
    };
    record(COLUMNS) + &points.iter().map(line).collect::<String>()
}

/// What [`csv`] prints, column by column.
const COLUMNS: [&str; 10] = [
    "board",
    "rows",
    "cols",
    "cycles",
    "utilisation",
    "clock_mhz",
    "images_per_second",
    "dsp",
    "bram18",
    "lut_estimate",
];

/// Pixels of the drawing and of its margins.
const HEIGHT: f64 = 480.0;
const LEFT: f64 = 80.0;
const BELOW: f64 = 50.0;
const ABOVE: f64 = 20.0;
/// One colour a board, far apart also for the colour-blind (Okabe and Ito 2008).
const COLOURS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#888888"];
/// Radius of a mark per root of its share of the largest block RAM use.
const MARK: f64 = 11.0;

/// A page with the front: DSP to the right, images per second upwards (both logarithmic), block RAM as the mark's area.
pub fn picture(network: &str, points: &[Point]) -> String {
    let body = format!(
        "<p>Each mark is a plan that no other of its board beats in cycles, DSP and block RAM; its area is the block RAM it takes.</p>\n{}{}",
        drawing(points),
        wide(&format!("<pre>{}</pre>", escape(&page(network, points))))
    );
    document(&format!("{network}: what the boards offer"), &body)
}

/// A logarithmic scale onto pixels.
struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    fn over(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Scale {
        let (low, high) = (values.clone().fold(f64::MAX, f64::min), values.fold(f64::MIN_POSITIVE, f64::max));
        // A little room around the outermost marks, also where all are the same.
        Scale { low: (low / 1.25).ln(), high: (high * 1.25).ln(), from, to }
    }

    fn at(&self, value: f64) -> f64 {
        self.from + (value.ln() - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// 1, 2 and 5 times powers of ten within the scale.
    fn ticks(&self) -> Vec<f64> {
        let powers = (self.low / 10f64.ln()).floor() as i32..=(self.high / 10f64.ln()).ceil() as i32;
        let all = powers.flat_map(|p| [1.0, 2.0, 5.0].map(|m| m * 10f64.powi(p)));
        all.filter(|tick| (self.low..=self.high).contains(&tick.ln())).collect()
    }
}

fn drawing(points: &[Point]) -> String {
    let across = Scale::over(points.iter().map(|p| p.dsp as f64), LEFT, WIDTH - ABOVE);
    let up = Scale::over(points.iter().map(|p| p.images_per_second), HEIGHT - BELOW, ABOVE);
    let largest = points.iter().map(|p| p.bram18).max().unwrap_or(1).max(1) as f64;
    let mut boards: BTreeMap<&str, Vec<&Point>> = BTreeMap::new();
    for point in points {
        boards.entry(&point.board).or_default().push(point);
    }
    let mut body = axes(&across, &up);
    for (at, (board, points)) in boards.iter().enumerate() {
        let colour = COLOURS[at % COLOURS.len()];
        for p in points {
            let (x, y) = (across.at(p.dsp as f64), up.at(p.images_per_second));
            let radius = MARK * (p.bram18 as f64 / largest).sqrt();
            body += &format!(
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" fill=\"{colour}\" fill-opacity=\"0.6\">\
                 <title>{} {} x {}: {:.1} images/s, {} DSP, {} block RAMs</title></circle>\n",
                escape(board),
                p.rows,
                p.cols,
                p.images_per_second,
                p.dsp,
                p.bram18
            );
        }
        let y = ABOVE + 16.0 * (at + 1) as f64;
        body += &format!("<circle cx=\"{}\" cy=\"{}\" r=\"5\" fill=\"{colour}\"/>", LEFT + 14.0, y - 4.0);
        body += &format!("<text x=\"{}\" y=\"{y}\">{}</text>\n", LEFT + 26.0, escape(board));
    }
    svg(HEIGHT, &body)
}

fn axes(across: &Scale, up: &Scale) -> String {
    let (bottom, right) = (HEIGHT - BELOW, WIDTH - ABOVE);
    let mut text = String::new();
    for tick in across.ticks() {
        let x = across.at(tick);
        text += &format!("<line x1=\"{x:.1}\" y1=\"{ABOVE}\" x2=\"{x:.1}\" y2=\"{bottom}\"/>");
        text += &format!("<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{tick}</text>\n", bottom + 18.0);
    }
    for tick in up.ticks() {
        let y = up.at(tick);
        text += &format!("<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\"/>");
        text += &format!("<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{tick}</text>\n", LEFT - 6.0, y + 4.0);
    }
    let middle = (LEFT + right) / 2.0;
    text += &format!("<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">DSP blocks</text>", HEIGHT - 8.0);
    text + &format!(
        "<text transform=\"translate(18 {}) rotate(-90)\" text-anchor=\"middle\">images per second</text>\n",
        HEIGHT / 2.0
    )
}

//! Rows of measurements and their goals; the file that keeps them and the table of the page of results made from it.

use crate::Failure;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::PathBuf;

/// What a figure has to reach.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    AtLeast(f64),
    Below(f64),
    /// There is none: the figure is published.
    Known,
}

/// One measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub what: String,
    /// The best published elsewhere, in words; empty where nothing comparable is.
    pub elsewhere: String,
    pub goal: Goal,
    pub figure: f64,
    /// Unit of figure and goal.
    pub unit: String,
    /// Shape of the array, counts behind the figure.
    pub detail: String,
    /// The group that measures it.
    pub group: String,
}

impl Row {
    fn goal_text(&self) -> String {
        match self.goal {
            Goal::AtLeast(goal) => format!("at least {goal} {}", self.unit),
            Goal::Below(goal) => format!("under {goal} {}", self.unit),
            Goal::Known => String::new(),
        }
    }

    fn verdict(&self) -> &'static str {
        match self.goal {
            Goal::AtLeast(goal) if self.figure >= goal => ", met",
            Goal::Below(goal) if self.figure < goal => ", met",
            Goal::Known => "",
            _ => ", missed",
        }
    }

    /// A line for the terminal.
    pub fn text(&self) -> String {
        let Row { what, figure, unit, detail, .. } = self;
        format!("{what}: {figure} {unit} ({detail}); goal: {}{}", self.goal_text(), self.verdict())
    }

    /// A line of the page's table.
    fn markdown(&self) -> String {
        let Row { what, elsewhere, figure, unit, detail, group, .. } = self;
        let (goal, verdict) = (self.goal_text(), self.verdict());
        let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
        format!("| {what} | {elsewhere} | {goal} | **{figure} {unit}**{verdict}{detail} | {group} |\n")
    }
}

/// All rows, group by group.
#[derive(Default, Serialize, Deserialize)]
pub struct Measured {
    pub rows: Vec<Row>,
}

const HEADING: &str = "| what | best elsewhere | goal | measured | group |\n|---|---|---|---|---|\n";
/// The page with the table, relative to the root of the workspace.
pub const PAGE: &str = "docs/results.md";
const BEGIN: &str = "<!-- measured: begin -->\n";
const END: &str = "<!-- measured: end -->\n";

impl Measured {
    /// What was measured before.
    pub fn read() -> Result<Measured, Failure> {
        match Measured::file().exists() {
            true => Ok(serde_json::from_str(&Measured::json()?)?),
            false => Ok(Measured::default()),
        }
    }

    /// The file as it is.
    pub fn json() -> Result<String, Failure> {
        Ok(fs::read_to_string(Measured::file())?)
    }

    /// Puts the row in the place of the one of its name, in the file and in the page's table.
    pub fn add(row: Row) -> Result<(), Failure> {
        let mut measured = Measured::read()?;
        match measured.rows.iter_mut().find(|old| old.what == row.what) {
            Some(old) => *old = row,
            None => measured.rows.push(row),
        }
        measured.write()
    }

    /// A group was measured to its end: its rows are these, in this order, where the first of them stood.
    pub fn complete(group: &str, names: &[String]) -> Result<(), Failure> {
        let mut measured = Measured::read()?;
        let place = measured.rows.iter().position(|row| row.group == group).unwrap_or(measured.rows.len());
        let (mut rows, others): (Vec<Row>, Vec<Row>) = measured.rows.into_iter().partition(|row| row.group == group);
        rows.retain(|row| names.contains(&row.what));
        rows.sort_by_key(|row| names.iter().position(|name| *name == row.what));
        measured.rows = others;
        measured.rows.splice(place..place, rows);
        measured.write()
    }

    fn write(&self) -> Result<(), Failure> {
        fs::write(Measured::file(), serde_json::to_string_pretty(self)? + "\n")?;
        let page = crate::workspace().join(PAGE);
        let text = fs::read_to_string(&page)?;
        let within = self.within(&text).ok_or("the page of results has no place for the table")?;
        Ok(fs::write(&page, within)?)
    }

    /// The page with its table made anew.
    pub fn within(&self, page: &str) -> Option<String> {
        let (before, rest) = page.split_once(BEGIN)?;
        let (_, after) = rest.split_once(END)?;
        Some(format!("{before}{BEGIN}{}{END}{after}", self.table()))
    }

    /// The rows as a table of Markdown.
    pub fn table(&self) -> String {
        HEADING.to_string() + &self.rows.iter().map(Row::markdown).collect::<String>()
    }

    fn file() -> PathBuf {
        crate::workspace().join("sim/suite/benches/machine/measured.json")
    }
}

/// To so many digits behind the point.
pub fn rounded(value: f64, digits: i32) -> f64 {
    let unit = 10f64.powi(digits);
    (value * unit).round() / unit
}

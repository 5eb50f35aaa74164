//! Boards and forms at a terminal.

use super::{Accuracy, BoardFit, Fitted, Form, Placed};
use crate::preprocessing::sentence;
use crate::table::{grouped, percent, Table};

/// The table of the boards that hold the network: heading and rows.
pub(super) fn board_rows(fitted: &Fitted) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let placed = |board: &BoardFit| Some(row(board, board.placed.as_ref()?));
    filled(&BOARDS, fitted.boards.iter().filter_map(placed).collect())
}

/// The table of the forms that are taken: heading and rows.
pub(super) fn form_rows(fitted: &Fitted) -> (Vec<&'static str>, Vec<Vec<String>>) {
    filled(&FORMS, fitted.forms.iter().map(form).collect())
}

/// Without the columns in which no row has anything.
fn filled(heading: &[&'static str], rows: Vec<Vec<String>>) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let kept: Vec<bool> = (0..heading.len()).map(|at| rows.iter().any(|row| !row[at].is_empty())).collect();
    let heading = heading.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(name, _)| *name).collect();
    let row = |row: Vec<String>| row.into_iter().zip(&kept).filter(|(_, kept)| **kept).map(|(cell, _)| cell).collect();
    (heading, rows.into_iter().map(row).collect())
}

const BOARDS: [&str; 12] = [
    "board",
    "weights",
    "bytes",
    "array",
    "cycles",
    "images/s",
    "by the link",
    "block RAM",
    "UltraRAM",
    "DSP",
    "LUT (estimate)",
    "clock",
];

/// The tables, what boards lack, and what would help the largest of those.
pub fn text(fitted: &Fitted) -> String {
    let held = fitted.boards.iter().filter(|board| board.fits).count();
    format!(
        "{} on {} of {} boards, each with the weights that lose least of those at most {} times as slow as the fewest bits\n{}{}\n{}{}{}",
        fitted.network,
        held,
        fitted.boards.len(),
        fitted.slower,
        sentence(fitted.preprocessing.as_ref()),
        boards(fitted),
        forms(fitted),
        lacking(fitted),
        next_smaller(fitted),
    )
}

fn boards(fitted: &Fitted) -> String {
    let (heading, rows) = board_rows(fitted);
    let mut table = Table::new(2, &heading);
    rows.into_iter().for_each(|row| table.row(row));
    let written = fitted.boards.iter().filter_map(|board| board.placed.as_ref()?.output.as_ref());
    table.text() + &written.map(|file| format!("wrote {}\n", file.display())).collect::<String>()
}

/// Images per second, of a thousand or more in whole ones.
fn rate(images_per_second: f64) -> String {
    match images_per_second >= 1000.0 {
        true => grouped(images_per_second.round() as u64),
        false => format!("{images_per_second:.1}"),
    }
}

/// The cells of a board.
fn row(board: &BoardFit, placed: &Placed) -> Vec<String> {
    let share = |name| placed.share(name).map_or(String::new(), percent);
    vec![
        board.board.clone(),
        placed.words.clone(),
        grouped(placed.stored as u64),
        format!("{} x {}", placed.rows, placed.cols),
        grouped(placed.interval_cycles),
        rate(placed.images_per_second),
        placed.link.as_ref().map_or(String::new(), |link| rate(link.images_per_second)),
        share("block RAM"),
        share("UltraRAM"),
        share("DSP"),
        share("LUT"),
        format!("{} MHz ({})", placed.clock_mhz, placed.clock_source),
    ]
}

const FORMS: [&str; 8] =
    ["weights", "bytes", "measured on", "images", "same best class", "score error", "top-1", "top-1 in float"];

fn forms(fitted: &Fitted) -> String {
    let (heading, rows) = form_rows(fitted);
    let mut table = Table::new(1, &heading);
    rows.into_iter().for_each(|row| table.row(row));
    table.text()
}

/// The cells of a form.
fn form(form: &Form) -> Vec<String> {
    let Accuracy { images, measured_on, same_best_class, score_error, top1, float_top1 } = &form.accuracy;
    let share = |count: usize| percent(count as f64 / (*images).max(1) as f64);
    let labelled = |count: &Option<usize>| count.map_or(String::new(), share);
    vec![
        form.words.clone(),
        grouped(form.stored as u64),
        measured_on.clone(),
        grouped(*images as u64),
        share(*same_best_class),
        percent(*score_error),
        labelled(top1),
        labelled(float_top1),
    ]
}

fn lacking(fitted: &Fitted) -> String {
    let line = |board: &BoardFit| Some(format!("{} holds no form of it: {}\n", board.board, board.lacks.as_ref()?));
    fitted.boards.iter().rev().filter_map(line).collect()
}

fn next_smaller(fitted: &Fitted) -> String {
    let Some(next) = &fitted.next_smaller else { return String::new() };
    if next.changes.is_empty() {
        return format!("tried for {} without success: all of the device, fewer classes, smaller images\n", next.board);
    }
    let lines = next.changes.iter().map(|change| format!("  {}\n", change.sentence));
    format!("would fit {}, each planned:\n{}", next.board, lines.collect::<String>())
}

//! The demonstration's report: text, and a page with the images in it.

use crate::classify::Answers;
use crate::commands::demo::Shown;
use crate::demo_data::ORIGIN;
use crate::html::{document, escape};
use crate::picture::sections;
use crate::sheet::Sheet;
use crate::table::{grouped, percent, Table};
use base64::prelude::{Engine, BASE64_STANDARD};

/// The page for people at a terminal.
pub fn text(shown: &[Shown], answers: &Answers) -> String {
    let mut table = Table::new(1, &["image", "shows", "answered", "probability", "sums"]);
    for s in shown {
        let exact = if s.exact { "= golden" } else { "DIFFER" };
        let cells = [s.name.into(), s.label.to_string(), s.answered.to_string(), percent(s.probability), exact.into()];
        table.row(cells);
    }
    table.text() + &summary(shown, answers)
}

fn summary(shown: &[Shown], answers: &Answers) -> String {
    let right = shown.iter().filter(|s| s.label == s.answered).count();
    let exact = shown.iter().filter(|s| s.exact).count();
    let cycles = answers.speed.interval_cycles;
    let interval = cycles.map_or(String::new(), |i| format!("; {} cycles per image", grouped(i.round() as u64)));
    let scheme = answers.device.split(':').next().unwrap_or_default();
    format!(
        "{right} of {} images right; {exact} of {} equal to the golden model in every sum; run by {scheme}{interval}\n",
        shown.len(),
        shown.len()
    )
}

/// The page for a browser. Same answers, same bytes.
pub fn html(shown: &[Shown], answers: &Answers, sheet: &Sheet) -> String {
    let rows: String = shown.iter().map(row).collect();
    let body = format!(
        "<p>{}</p>\n<p>{}</p>\n<div class=\"wide\"><table>\n<tr><th>image</th><th>shows</th><th>answered</th><th>probability</th><th>sums</th></tr>\n{rows}</table></div>\n{}",
        escape(ORIGIN),
        escape(&summary(shown, answers)),
        sections(sheet)
    );
    document("Systole: handwritten digits on the simulated hardware", &body)
}

fn row(s: &Shown) -> String {
    let exact = if s.exact { "= golden" } else { "differ" };
    format!(
        "<tr><td><img alt=\"{}\" width=\"48\" height=\"48\" src=\"data:image/png;base64,{}\"></td><td>{}</td><td>{}</td><td>{}</td><td>{exact}</td></tr>\n",
        escape(s.name),
        BASE64_STANDARD.encode(s.png),
        s.label,
        s.answered,
        percent(s.probability)
    )
}

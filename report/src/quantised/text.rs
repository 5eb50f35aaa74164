//! The report at a terminal.

use super::{Planned, Quantised, Validated};
use crate::alternatives::Alternatives;
use crate::preprocessing::sentence;
use crate::table::{grouped, percent, Table};
use systole_model::{LayerReport, Report};

const HEADING: [&str; 12] = [
    "layer",
    "output",
    "weights",
    "form",
    "book",
    "zeros",
    "stored",
    "weight scales",
    "scale",
    "SQNR dB",
    "saturated",
    "acc bits",
];

/// The whole report.
pub fn text(quantised: &Quantised) -> String {
    let report = quantised.report;
    let mut table = Table::new(1, &HEADING);
    report.layers.iter().for_each(|layer| table.row(cells(layer)));
    let notes: String = report.notes.iter().map(|note| format!("note: {note}\n")).collect();
    format!(
        "{}\n{}{}{notes}{}{}{}{}wrote {}: next, systole plan\n",
        heading(quantised.network, report),
        sentence(quantised.preprocessing),
        table.text(),
        agreement(report, quantised.validation.as_ref()),
        report.doubts.iter().map(|doubt| format!("warning: {doubt}\n")).collect::<String>(),
        quantised.alternatives.as_ref().map_or(String::new(), Alternatives::text),
        quantised.planned.as_ref().map_or(String::new(), fits),
        quantised.output.display(),
    )
}

/// What the network takes of its board.
fn fits(planned: &Planned) -> String {
    let Planned { board, rows, cols, interval, most, codes, store, ram18: [taken, there] } = planned;
    let kept = if *codes { "codes" } else { "bytes" };
    let (store, interval) = (grouped(*store as u64), grouped(*interval));
    let most = most.map_or(String::new(), |most| {
        format!(
            "least loss of the forms that take at most {} cycles, {} times what codes of the fewest bits take: --target-fps asks for another speed\n",
            grouped(most.cycles),
            most.slower
        )
    });
    format!(
        "fits {board}: {rows} x {cols}, {interval} cycles per image, {taken} of {there} block RAMs of 18 Kbit, {store} bytes of RAM for weights as {kept}\n{most}"
    )
}

/// Sizes and the agreement on the images that measure, in a line.
pub fn heading(network: &str, report: &Report) -> String {
    let bytes: usize = report.layers.iter().map(|l| l.weight_bytes).sum();
    let stored: usize = report.layers.iter().map(|l| l.stored).sum();
    format!(
        "{network}: {} bytes of weights, {} as stored; against floating point, measured on {}: score error {}, same best class on {}",
        grouped(bytes as u64),
        grouped(stored as u64),
        measured(report),
        percent(report.score_error),
        report.same_best_class,
    )
}

/// What the figures were measured on, in words.
pub fn measured(report: &Report) -> String {
    let (images, calibrated) = (grouped(report.images as u64), grouped(report.calibrated as u64));
    match report.held_back {
        true => format!("{images} image(s) that did not calibrate ({calibrated} did)"),
        false => format!("{images} image(s) that calibrated"),
    }
}

const AGREEMENT: [&str; 8] =
    ["images", "", "same best class", "score error", "top-1", "top-1 in float", "top-5", "top-5 in float"];

/// Names of the columns that [`lines`] fills: those of the labels' only where images were labelled.
pub fn columns(lines: &[Vec<String>]) -> &'static [&'static str] {
    &AGREEMENT[..lines.iter().map(Vec::len).max().unwrap_or(0)]
}

/// Agreement with floating point on the images that were held back (or calibrated, where none were) and, where there are any,
/// on those of the validation.
pub fn lines(report: &Report, validation: Option<&Validated>) -> Vec<Vec<String>> {
    let share = |count: usize, of: usize| percent(count as f64 / of.max(1) as f64);
    let given = vec![
        (if report.held_back { "held back" } else { "calibration" }).into(),
        grouped(report.images as u64),
        share(report.same_best_class, report.images),
        percent(report.score_error),
    ];
    let validated = validation.and_then(|v| Some((v, v.figures.float.as_ref()?)));
    let validated = validated.map(|(v, float)| {
        let figures = &v.figures;
        let of = |count| share(count, figures.evaluated);
        let name =
            if v.calibrated > 0 { format!("validation ({} calibrated)", v.calibrated) } else { "validation".into() };
        let mut line = vec![name, grouped(figures.evaluated as u64), of(float.same), percent(float.score_error)];
        line.extend([figures.top1, float.top1, figures.top5, float.top5].map(of));
        line
    });
    std::iter::once(given).chain(validated).collect()
}

fn agreement(report: &Report, validation: Option<&Validated>) -> String {
    let lines = lines(report, validation);
    let mut table = Table::new(1, columns(&lines));
    lines.into_iter().for_each(|line| table.row(line));
    table.text()
}

fn cells(layer: &LayerReport) -> Vec<String> {
    let [channels, height, width] = layer.output;
    let when = |shown: bool, text: String| if shown { text } else { String::new() };
    let weighted = layer.weight_bytes > 0;
    vec![
        layer.name.clone(),
        format!("{channels}x{height}x{width}"),
        when(weighted, grouped(layer.weight_bytes as u64)),
        layer.form.map_or(String::new(), |form| form.to_string()),
        layer.codebook.map_or(String::new(), |number| number.to_string()),
        when(weighted, percent(layer.zeros as f64 / layer.weight_bytes.max(1) as f64)),
        when(weighted, grouped(layer.stored as u64)),
        layer.weight_scale.map_or(String::new(), |(least, most)| format!("{least:.2e} to {most:.2e}")),
        format!("{:.3e}", layer.output_scale),
        format!("{:.1}", layer.sqnr_db),
        percent(layer.saturated),
        when(layer.acc_bits > 0, layer.acc_bits.to_string()),
    ]
}

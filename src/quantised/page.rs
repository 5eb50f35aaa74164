//! The report as a page for a browser. Same report, same bytes.

use super::text::{columns, heading, lines, measured};
use super::Quantised;
use crate::html::{document, drawing, escape, svg, wide, Line, WIDTH};
use crate::preprocessing::sentence;
use crate::table::{grouped, percent};
use systole_model::{Choice, Distribution, LayerReport, Report, Sensitivity, WeightFormat};
use systole_net::limits::MAX_WEIGHT;

/// Pixels of a layer's row of histograms: the words left of them, between two of them, the bars, the figures below.
const WORDS: f64 = 210.0;
const GAP: f64 = 30.0;
const HIGH: f64 = 48.0;
const BELOW: f64 = 14.0;
const ROW: f64 = HIGH + BELOW + 10.0;
const CHART: f64 = (WIDTH - WORDS - GAP) / 2.0;
/// Bits to bytes.
const BYTE: f64 = 8.0;

/// The whole page.
pub fn page(quantised: &Quantised) -> String {
    let report = quantised.report;
    let mut sections = vec![
        ("Agreement with floating point", agreement(quantised)),
        ("Signal to noise after each layer", noise(report)),
        ("Ranges", ranges(report)),
        ("Weights as stored", sizes(report)),
    ];
    if !quantised.choices.is_empty() {
        sections.push(("What each form of weights costs", choices(report, quantised.choices)));
    }
    let body: String = sections.iter().map(|(name, text)| format!("<h2>{name}</h2>\n{text}")).collect();
    let summary = format!(
        "<p>{}.</p>\n<p>{}</p>\n<p>SHA-256 of the integers: {}.</p>\n",
        escape(&heading(quantised.network, report)),
        escape(sentence(quantised.preprocessing).trim_end()),
        quantised.hash
    );
    document(&format!("{} in integers", quantised.network), &(summary + &body))
}

fn agreement(quantised: &Quantised) -> String {
    let row = |tag: &str, cells: &[String]| {
        let cells: String = cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escape(cell))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let tried = quantised.alternatives.as_ref();
    let tried = tried.map_or(String::new(), |tried| wide(&format!("<pre>{}</pre>", escape(&tried.text()))));
    let lines = lines(quantised.report, quantised.validation.as_ref());
    let names: Vec<String> = columns(&lines).iter().map(|name| name.to_string()).collect();
    let rows: String = lines.iter().map(|line| row("td", line)).collect();
    let notes =
        quantised.report.notes.iter().map(|note| format!("<p>Note: {}</p>\n", escape(note))).collect::<String>();
    let doubts =
        quantised.report.doubts.iter().map(|doubt| format!("<p>Warning: {}</p>\n", escape(&doubt.to_string())));
    let table = wide(&format!("<table>\n{}{rows}</table>", row("th", &names)));
    format!("{table}{tried}{notes}{}", doubts.collect::<String>())
}

fn noise(report: &Report) -> String {
    let finite = || report.layers.iter().map(|l| l.sqnr_db).filter(|db| db.is_finite());
    let most = finite().fold(1.0, f64::max);
    let line = |layer: &LayerReport| Line {
        name: layer.name.clone(),
        bars: vec![("good", 0.0, (layer.sqnr_db / most).clamp(0.0, 1.0))],
        figure: format!("{:.1} dB", layer.sqnr_db),
    };
    let caption = format!(
        "<p>Power of a layer's results over that of their error, the errors of all layers before included, on {}.</p>\n",
        measured(report)
    );
    caption + &drawing(&report.layers.iter().map(line).collect::<Vec<_>>())
}

fn sizes(report: &Report) -> String {
    let convs = || report.layers.iter().filter(|l| l.weight_bytes > 0);
    let most = convs().map(|l| l.store.bytes()).max().unwrap_or(1) as f64;
    let line = |layer: &LayerReport| {
        let parts = [("good", layer.store.indices), ("lost", layer.store.pattern), ("place", layer.store.codebook)];
        let mut from = 0.0;
        let bar = |(class, bits): (&'static str, usize)| {
            let length = bits as f64 / BYTE / most;
            from += length;
            (class, from - length, length)
        };
        Line {
            name: layer.name.clone(),
            bars: parts.map(bar).to_vec(),
            figure: format!("{} of {}", grouped(layer.store.bytes() as u64), grouped(layer.weight_bytes as u64)),
        }
    };
    let caption = "<p>Bytes: blue the weights or their indices, yellow the pattern of zeros, green the codebook.</p>\n";
    caption.to_string() + &drawing(&convs().map(line).collect::<Vec<_>>())
}

/// A row per layer and form that was measured: the chosen ones are blue.
fn choices(report: &Report, layers: &[Sensitivity]) -> String {
    let chosen = |layer: &str| report.layers.iter().find(|l| l.name == layer).and_then(|l| l.form);
    let all = || layers.iter().flat_map(|layer| layer.choices.iter().map(move |choice| (&layer.layer, choice)));
    let lost = |choice: &Choice| choice.error.max(0.0).sqrt();
    let most = all().map(|(_, choice)| lost(choice)).fold(f64::MIN_POSITIVE, f64::max);
    let line = |(layer, choice): (&String, &Choice)| {
        let class = if chosen(layer) == Some(choice.form) { "good" } else { "lost" };
        Line {
            name: format!("{layer} {}", choice.form),
            bars: vec![(class, 0.0, lost(choice) / most)],
            figure: format!("{:.5}, {} bytes", choice.error, grouped(choice.bytes as u64)),
        }
    };
    let caption = "<p>Divergence of the class probabilities (in nats; bars show its root) when this layer alone has this form, on the images that calibrated; blue is what was chosen.</p>\n";
    caption.to_string() + &drawing(&all().map(line).collect::<Vec<_>>())
}

fn ranges(report: &Report) -> String {
    let height = ROW * report.layers.len() as f64;
    let rows: String = report.layers.iter().enumerate().map(|(at, layer)| range(at as f64 * ROW, layer)).collect();
    format!(
        "<p>Left: a layer's results in floating point over the range of its integers (grey); yellow lies outside and is cut. Zeros \
         are left out. Right: the integer weights, -{MAX_WEIGHT} to {MAX_WEIGHT}. Heights are logarithms of counts.</p>\n{}",
        svg(height, &rows)
    )
}

fn range(top: f64, layer: &LayerReport) -> String {
    let seen = &layer.results;
    let (right, base) = (WORDS + CHART + GAP, top + HIGH + BELOW - 2.0);
    let total = seen.zeros + seen.counts.iter().sum::<u64>();
    let zeros = percent(seen.zeros as f64 / total.max(1) as f64);
    let ends = inside(seen).map(|at| WORDS + at * CHART);
    let mut text = words(0.0, top + 14.0, &layer.name)
        + &words(0.0, top + 30.0, &format!("{} cut, {zeros} zero", percent(layer.saturated)))
        + &frame(ends[0], top, ends[1] - ends[0])
        + &bars(WORDS, top, &seen.counts, |bin| if is_inside(seen, bin) { "good" } else { "lost" })
        + &words(ends[0], base, &seen.range.0.to_string())
        + &words(ends[1], base, &seen.range.1.to_string());
    if let Some(form) = layer.form {
        let unit = if matches!(form, WeightFormat::Uniform { .. }) { " bits" } else { "" };
        text += &words(0.0, top + 46.0, &format!("weights: {form}{unit}"));
        text += &frame(right, top, CHART);
        text += &bars(right, top, &layer.weight_counts, |_| "place");
        let least = format!("-{MAX_WEIGHT}");
        text += &(words(right, base, &least) + &words(right + CHART / 2.0, base, "0"));
    }
    text + "\n"
}

/// Where the range begins and ends, as shares of all bins.
fn inside(seen: &Distribution) -> [f64; 2] {
    let share = |value: f64| (value - seen.from) / (seen.step * seen.counts.len() as f64);
    [share(f64::from(seen.range.0) - 0.5), share(f64::from(seen.range.1) + 0.5)]
}

fn is_inside(seen: &Distribution, bin: usize) -> bool {
    let [first, last] = inside(seen);
    let middle = (bin as f64 + 0.5) / seen.counts.len() as f64;
    (first..last).contains(&middle)
}

fn bars(left: f64, top: f64, counts: &[u64], class: impl Fn(usize) -> &'static str) -> String {
    let height = |count: u64| ((count + 1) as f64).ln();
    let most = counts.iter().map(|&c| height(c)).fold(f64::MIN_POSITIVE, f64::max);
    let width = CHART / counts.len() as f64;
    let bar = |(bin, &count): (usize, &u64)| {
        let (x, high) = (left + bin as f64 * width, HIGH * height(count) / most);
        let y = top + HIGH - high;
        format!("<rect class=\"{}\" x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{high:.2}\"/>", class(bin))
    };
    counts.iter().enumerate().filter(|(_, &count)| count > 0).map(bar).collect()
}

fn frame(x: f64, y: f64, width: f64) -> String {
    format!("<rect class=\"frame\" x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{HIGH}\"/>")
}

fn words(x: f64, y: f64, text: &str) -> String {
    format!("<text x=\"{x:.2}\" y=\"{y:.2}\">{}</text>", escape(text))
}

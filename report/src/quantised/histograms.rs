//! Per layer what its results and its integer weights are spread over, drawn in SVG.

use crate::html::{rect, svg, words, WIDTH};
use crate::table::percent;
use maud::{html, Markup};
use systole_model::{Distribution, LayerReport, Report, WeightFormat};
use systole_net::limits::MAX_WEIGHT;

/// Pixels of a layer's row of histograms: the words left of them, between two of them, the bars, the figures below.
const WORDS: f64 = 210.0;
const GAP: f64 = 30.0;
const HIGH: f64 = 48.0;
const BELOW: f64 = 14.0;
const ROW: f64 = HIGH + BELOW + 10.0;
const CHART: f64 = (WIDTH - WORDS - GAP) / 2.0;
/// A row per layer.
pub fn histograms(report: &Report) -> Markup {
    let rows = html! { @for (at, layer) in report.layers.iter().enumerate() { (row(at as f64 * ROW, layer)) } };
    html! {
        p {
            "Left: a layer's results in floating point over the range of its integers (grey); yellow lies outside and is cut. \
             Zeros are left out. Right: the integer weights, -" (MAX_WEIGHT) " to " (MAX_WEIGHT) ". Heights are logarithms of \
             counts."
        } "\n"
        (svg(ROW * report.layers.len() as f64, &rows))
    }
}

fn row(top: f64, layer: &LayerReport) -> Markup {
    let seen = &layer.results;
    let base = top + HIGH + BELOW - 2.0;
    let total = seen.zeros + seen.counts.iter().sum::<u64>();
    let zeros = percent(seen.zeros as f64 / total.max(1) as f64);
    let ends = inside(seen).map(|at| WORDS + at * CHART);
    let class = |bin| if is_inside(seen, bin) { "good" } else { "lost" };
    html! {
        (words(0.0, top + 14.0, &layer.name))
        (words(0.0, top + 30.0, &format!("{} cut, {zeros} zero", percent(layer.saturated))))
        (frame(ends[0], top, ends[1] - ends[0]))
        (bars(WORDS, top, &seen.counts, class))
        (words(ends[0], base, &seen.range.0.to_string()))
        (words(ends[1], base, &seen.range.1.to_string()))
        @if let Some(form) = layer.form { (weights(top, base, form, &layer.weight_counts)) }
        "\n"
    }
}

fn weights(top: f64, base: f64, form: WeightFormat, counts: &[u64]) -> Markup {
    let right = WORDS + CHART + GAP;
    let unit = if matches!(form, WeightFormat::Uniform { .. }) { " bits" } else { "" };
    html! {
        (words(0.0, top + 46.0, &format!("weights: {form}{unit}")))
        (frame(right, top, CHART))
        (bars(right, top, counts, |_| "place"))
        (words(right, base, &format!("-{MAX_WEIGHT}")))
        (words(right + CHART / 2.0, base, "0"))
    }
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

fn bars(left: f64, top: f64, counts: &[u64], class: impl Fn(usize) -> &'static str) -> Markup {
    let height = |count: u64| ((count + 1) as f64).ln();
    let most = counts.iter().map(|&c| height(c)).fold(f64::MIN_POSITIVE, f64::max);
    let width = CHART / counts.len() as f64;
    let bar = |(bin, &count): (usize, &u64)| {
        let (x, high) = (left + bin as f64 * width, HIGH * height(count) / most);
        rect(class(bin), [x, top + HIGH - high], [width, high])
    };
    html! { @for filled in counts.iter().enumerate().filter(|(_, &count)| count > 0) { (bar(filled)) } }
}

fn frame(x: f64, y: f64, width: f64) -> Markup {
    rect("frame", [x, y], [width, HIGH])
}

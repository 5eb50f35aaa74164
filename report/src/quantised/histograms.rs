//! Per layer what its results and its integer weights are spread over, drawn in SVG.

use crate::histogram::{histogram, weights, Bars, Spread};
use crate::svg::legend;
use crate::table::percent;
use maud::{html, Markup};
use systole_model::{Distribution, LayerReport, Report, WeightFormat};
use systole_net::limits::MAX_WEIGHT;

/// A row per layer.
pub fn histograms(report: &Report) -> Markup {
    html! {
        p {
            "Left: a layer's results in floating point, and in grey the range of its integers; what lies outside is cut. Zeros are \
             left out. Right: the integer weights, -" (MAX_WEIGHT) " to " (MAX_WEIGHT) "."
        } "\n"
        (legend(&[
            ("good", "results within the range"),
            ("lost", "results that are cut"),
            ("place", "weights"),
            ("frame", "range of the integers"),
        ]))
        @for layer in &report.layers { (row(layer)) }
    }
}

fn row(layer: &LayerReport) -> Markup {
    let seen = &layer.results;
    let total = seen.zeros + seen.counts.iter().sum::<u64>();
    let zeros = percent(seen.zeros as f64 / total.max(1) as f64);
    let form = layer.form.map_or(String::new(), |form| {
        let unit = if matches!(form, WeightFormat::Uniform { .. }) { " bits" } else { "" };
        format!("; weights: {form}{unit}")
    });
    html! {
        h3 { (layer.name) } "\n"
        p class="quiet" { (percent(layer.saturated)) " cut, " (zeros) " zero" (form) } "\n"
        div class="pair" {
            (results(&layer.name, seen))
            @if layer.form.is_some() { (weights(&layer.name, &layer.weight_counts)) }
        } "\n"
    }
}

fn results(layer: &str, seen: &Distribution) -> Markup {
    let [first, last] = inside(seen);
    let spread = Spread {
        title: &format!("Results of {layer}"),
        unit: "value in counts of the integers",
        from: seen.from,
        step: seen.step,
        counts: &seen.counts,
    };
    let class = |bin: usize| {
        let middle = (bin as f64 + 0.5) / seen.counts.len() as f64;
        if (first..last).contains(&middle) {
            "good"
        } else {
            "lost"
        }
    };
    let ends = [f64::from(seen.range.0), f64::from(seen.range.1)];
    histogram(&spread, &Bars { class: &class, frame: Some([first, last]), marks: &ends })
}

/// Where the range begins and ends, as shares of all bins.
fn inside(seen: &Distribution) -> [f64; 2] {
    let share = |value: f64| (value - seen.from) / (seen.step * seen.counts.len() as f64);
    [share(f64::from(seen.range.0) - 0.5), share(f64::from(seen.range.1) + 0.5)]
}

//! The report as a page for a browser. Same report, same bytes.

use super::histograms::histograms;
use super::text::{columns, heading, lines, measured};
use super::Quantised;
use crate::html::{document, drawing, sections, wide, Line};
use crate::preprocessing::sentence;
use crate::table::grouped;
use maud::{html, Markup};
use systole_model::{Choice, LayerReport, Report, Sensitivity};

/// Bits to bytes.
const BYTE: f64 = 8.0;

/// The whole page.
pub fn page(quantised: &Quantised) -> String {
    let report = quantised.report;
    let mut list = vec![
        ("Agreement with floating point", agreement(quantised)),
        ("Signal to noise after each layer", noise(report)),
        ("Ranges", histograms(report)),
        ("Weights as stored", sizes(report)),
    ];
    if !quantised.choices.is_empty() {
        list.push(("What each form of weights costs", choices(report, quantised.choices)));
    }
    let body = html! {
        p { (heading(quantised.network, report)) "." } "\n"
        p { (sentence(quantised.preprocessing).trim_end()) } "\n"
        p { "SHA-256 of the integers: " (quantised.hash) "." } "\n"
        (sections(&list))
    };
    document(&format!("{} in integers", quantised.network), &body)
}

fn agreement(quantised: &Quantised) -> Markup {
    let report = quantised.report;
    let lines = lines(report, quantised.validation.as_ref());
    let table = html! {
        table { "\n"
            tr { @for name in columns(&lines) { th { (name) } } } "\n"
            @for line in &lines { tr { @for cell in line { td { (cell) } } } "\n" }
        }
    };
    html! {
        (wide(&table))
        @if let Some(tried) = &quantised.alternatives { (wide(&html! { pre { (tried.text()) } })) }
        @for note in &report.notes { p { "Note: " (note) } "\n" }
        @for doubt in &report.doubts { p { "Warning: " (doubt.to_string()) } "\n" }
    }
}

fn noise(report: &Report) -> Markup {
    let finite = || report.layers.iter().map(|l| l.sqnr_db).filter(|db| db.is_finite());
    let most = finite().fold(1.0, f64::max);
    let line = |layer: &LayerReport| Line {
        name: layer.name.clone(),
        bars: vec![("good", 0.0, (layer.sqnr_db / most).clamp(0.0, 1.0))],
        figure: format!("{:.1} dB", layer.sqnr_db),
    };
    html! {
        p {
            "Power of a layer's results over that of their error, the errors of all layers before included, on "
            (measured(report)) "."
        } "\n"
        (drawing(&report.layers.iter().map(line).collect::<Vec<_>>()))
    }
}

fn sizes(report: &Report) -> Markup {
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
    html! {
        p { "Bytes: blue the weights or their indices, yellow the pattern of zeros, green the codebook." } "\n"
        (drawing(&convs().map(line).collect::<Vec<_>>()))
    }
}

/// A row per layer and form that was measured: the chosen ones are blue.
fn choices(report: &Report, layers: &[Sensitivity]) -> Markup {
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
    html! {
        p {
            "Divergence of the class probabilities (in nats; bars show its root) when this layer alone has this form, on the \
             images that calibrated; blue is what was chosen."
        } "\n"
        (drawing(&all().map(line).collect::<Vec<_>>()))
    }
}

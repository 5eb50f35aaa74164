//! The report as a page for a browser. Same report, same bytes.

use super::histograms::histograms;
use super::text::{columns, heading, lines, measured};
use super::Quantised;
use crate::bars::{bars, Axis, Line};
use crate::html::{document, sections, wide};
use crate::preprocessing::sentence;
use crate::table::{grouped, percent};
use maud::{html, Markup};
use systole_model::{Choice, LayerReport, Report, Sensitivity};

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
        (wide("Agreement with floating point", &table))
        @if let Some(tried) = &quantised.alternatives { (wide("Other preprocessings", &html! { pre { (tried.text()) } })) }
        @for note in &report.notes { p { "Note: " (note) } "\n" }
        @for doubt in &report.doubts { p { "Warning: " (doubt.to_string()) } "\n" }
    }
}

/// A bar for each layer.
pub(crate) fn noise(report: &Report) -> Markup {
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
        (bars("Signal to noise after each layer", &report.layers.iter().map(line).collect::<Vec<_>>(), &Axis { unit: "dB", most }, &[]))
    }
}

fn sizes(report: &Report) -> Markup {
    let convs = || report.layers.iter().filter(|l| l.weight_bytes > 0);
    let most = convs().map(|l| l.stored).max().unwrap_or(1) as f64;
    let line = |layer: &LayerReport| {
        let length = layer.stored as f64 / most;
        let zeros = layer.zeros as f64 / layer.weight_bytes as f64;
        let book = layer.codebook.map_or("no codebook".into(), |number| format!("codebook {number}"));
        let stored = [layer.stored, layer.weight_bytes].map(|bytes| grouped(bytes as u64));
        Line {
            name: layer.name.clone(),
            bars: vec![("good", 0.0, length)],
            figure: format!("{} of {}, {} bits, {book}, {} zeros", stored[0], stored[1], layer.bits, percent(zeros)),
        }
    };
    html! {
        p { "Bytes as stored, of the bytes that the weights are; a store leaves zeros out where that is smaller." } "\n"
        (bars("Bytes of weights as stored", &convs().map(line).collect::<Vec<_>>(), &Axis { unit: "bytes", most }, &[]))
    }
}

/// The colours of forms.
const CHOSEN: [(&str, &str); 2] = [("good", "chosen"), ("lost", "not chosen")];

/// A row per layer and form that was measured.
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
             images that calibrated."
        } "\n"
        (bars("What each form of weights costs", &all().map(line).collect::<Vec<_>>(), &Axis { unit: "root of nats", most }, &CHOSEN))
    }
}

//! A plan as a page for a browser: where things lie and where the time goes, drawn in SVG. Same plan, same bytes.

use super::sheet::{LayerTime, Memory, Region, Resource, Share, Sheet};
use super::timeline;
use crate::bars::{bars, Axis, Line, PERCENT};
use crate::html::{self, document};
use crate::preprocessing::sentence;
use crate::table::{grouped, percent};
use maud::{html, Markup};
use systole_machine::losses::Stretch;
use systole_machine::Plan;

/// The whole page; `stretches` are what the array of the plan does over an interval.
pub fn page(sheet: &Sheet, plan: &Plan, stretches: &[Stretch]) -> String {
    let over_time = html::sections(&[("The array over time", timeline::section(plan, stretches))]);
    document(&format!("{} on {}", sheet.network, sheet.board), &html! { (sections(sheet)) (over_time) })
}

/// What a page says of a plan.
pub fn sections(sheet: &Sheet) -> Markup {
    let sections = [
        ("Resources", resources(&sheet.resources)),
        ("Utilisation breakdown", losses(&sheet.cycles, sheet.speed.interval_cycles)),
        ("The array's time per layer", layers(&sheet.layers, sheet.speed.interval_cycles)),
        ("Activation memory", memory(&sheet.activations)),
        ("Weight memory", memory(&sheet.weights)),
    ];
    html! { (summary(sheet)) (choices(sheet)) (html::sections(&sections)) }
}

/// Resources, and where the cycles go.
pub(crate) fn overview(sheet: &Sheet) -> Markup {
    let interval = sheet.speed.interval_cycles;
    html! {
        (summary(sheet)) (choices(sheet)) (resources(&sheet.resources))
        h3 { "Utilisation breakdown" } (losses(&sheet.cycles, interval))
        h3 { "The array's time per layer" } (layers(&sheet.layers, interval))
        h3 { "Activation memory" } (memory(&sheet.activations))
        h3 { "Weight memory" } (memory(&sheet.weights))
    }
}

fn summary(sheet: &Sheet) -> Markup {
    let speed = &sheet.speed;
    let text = format!(
        "{}{}: an array of {} x {}, {} MAC per cycle ({}) at {} MHz. {} cycles per image, {} busy: {}; \
         the latency of an image is {} cycles, {:.2} ms.",
        sheet.device,
        if sheet.ram_assumed { ", which lacks block RAM" } else { "" },
        sheet.rows,
        sheet.cols,
        speed.macs_per_cycle,
        sheet.multiplier,
        sheet.clock_mhz,
        grouped(speed.interval_cycles),
        percent(speed.utilisation),
        speed.rates(),
        grouped(speed.latency_cycles),
        speed.latency_ms,
    );
    html! { p { (text) } "\n" p { (sentence(sheet.preprocessing.as_ref()).trim_end()) } "\n" }
}

/// What was chosen, a line each.
fn choices(sheet: &Sheet) -> Markup {
    let sentences = sheet.choices.sentences(sheet.speed.interval_cycles);
    html! {
        @if !sentences.is_empty() {
            ul { "\n" @for choice in &sentences { li { (choice) } "\n" } } "\n"
        }
    }
}

fn resources(list: &[Resource]) -> Markup {
    let line = |r: &Resource| Line {
        name: r.name.to_string(),
        bars: vec![("good", 0.0, r.used as f64 / r.available.max(1) as f64)],
        figure: format!("{} of {}", grouped(r.used as u64), grouped(r.available as u64)),
    };
    let lines: Vec<Line> = list.iter().map(line).collect();
    bars("Resources used of those available", &lines, &PERCENT, &[])
}

/// The colours of cycles.
const WORK: [(&str, &str); 2] = [("good", "multiply-accumulates"), ("lost", "lost")];

fn cycles_of(interval: u64) -> Axis<'static> {
    Axis { unit: "cycles of an image", most: interval as f64 }
}

fn losses(shares: &[Share], interval: u64) -> Markup {
    let mut from = 0.0;
    let line = |(at, share): (usize, &Share)| {
        let (length, class) = (share.cycles / interval as f64, if at == 0 { "good" } else { "lost" });
        from += length;
        Line {
            name: share.what.clone(),
            bars: vec![(class, from - length, length)],
            figure: format!("{}, {}", grouped(share.cycles.round() as u64), percent(length)),
        }
    };
    let lines: Vec<Line> = shares.iter().enumerate().map(line).collect();
    bars("Where the cycles of an image go", &lines, &cycles_of(interval), &WORK)
}

/// One after another.
fn layers(list: &[LayerTime], interval: u64) -> Markup {
    let mut from = 0.0;
    let line = |layer: &LayerTime| {
        let length = layer.cycles / interval as f64;
        from += length;
        let good = length * layer.utilisation;
        Line {
            name: layer.name.clone(),
            bars: vec![("lost", from - length, length), ("good", from - length, good)],
            figure: format!("{}, {} busy", grouped(layer.cycles.round() as u64), percent(layer.utilisation)),
        }
    };
    let lines: Vec<Line> = list.iter().map(line).collect();
    bars("Cycles of each layer, one after another", &lines, &cycles_of(interval), &WORK)
}

fn memory(memory: &Memory) -> Markup {
    let words = memory.words.max(1) as f64;
    let line = |region: &Region| Line {
        name: region.name.clone(),
        bars: vec![("place", region.base as f64 / words, region.words as f64 / words)],
        figure: format!("{} + {}", grouped(region.base as u64), grouped(region.words as u64)),
    };
    let lines: Vec<Line> = memory.regions.iter().map(line).collect();
    let caption = format!(
        "{} banks of {} words, {} bytes. Figures: first address + words.",
        memory.banks,
        grouped(memory.words as u64),
        grouped(memory.bytes() as u64)
    );
    let axis = Axis { unit: "words of a bank", most: words };
    html! { p { (caption) } "\n" (bars("What lies where in a bank", &lines, &axis, &[])) }
}

//! A plan as a page for a browser: where things lie and where the time goes, drawn in SVG. Same plan, same bytes.

use crate::html::{document, drawing, escape, Line};
use crate::preprocessing::sentence;
use crate::sheet::{LayerTime, Memory, Resource, Share, Sheet};
use crate::table::{grouped, percent};

/// The whole page; `timeline` is what [`crate::timeline::section`] drew.
pub fn page(sheet: &Sheet, timeline: &str) -> String {
    let body = format!("{}<h2>The array over time</h2>\n{timeline}", sections(sheet));
    document(&format!("{} on {}", sheet.network, sheet.board), &body)
}

/// What a page says of a plan.
pub fn sections(sheet: &Sheet) -> String {
    let sections = [
        ("Resources", resources(&sheet.resources)),
        ("Utilisation breakdown", losses(&sheet.cycles, sheet.speed.interval_cycles)),
        ("The array's time per layer", layers(&sheet.layers, sheet.speed.interval_cycles)),
        ("Activation memory", memory(&sheet.activations)),
        ("Weight memory", memory(&sheet.weights)),
    ];
    let body: String = sections.iter().map(|(name, text)| format!("<h2>{name}</h2>\n{text}")).collect();
    summary(sheet) + &choices(sheet) + &body
}

fn summary(sheet: &Sheet) -> String {
    let speed = &sheet.speed;
    format!(
        "<p>{}{}: an array of {} x {}, {} MAC per cycle ({}) at {} MHz. {} cycles per image, {} busy, {:.1} images/s; \
         the latency of an image is {} cycles, {:.2} ms.</p>\n<p>{}</p>\n",
        escape(&sheet.device),
        if sheet.ram_assumed { ", which lacks block RAM" } else { "" },
        sheet.rows,
        sheet.cols,
        speed.macs_per_cycle,
        sheet.multiplier,
        sheet.clock_mhz,
        grouped(speed.interval_cycles),
        percent(speed.utilisation),
        speed.images_per_second,
        grouped(speed.latency_cycles),
        speed.latency_ms,
        escape(sentence(sheet.preprocessing.as_ref()).trim_end()),
    )
}

/// What was chosen, a line each.
fn choices(sheet: &Sheet) -> String {
    let sentences = sheet.choices.sentences(sheet.speed.interval_cycles);
    if sentences.is_empty() {
        return String::new();
    }
    let items: String = sentences.iter().map(|choice| format!("<li>{}</li>\n", escape(choice))).collect();
    format!("<ul>\n{items}</ul>\n")
}

fn resources(list: &[Resource]) -> String {
    let line = |r: &Resource| Line {
        name: r.name.to_string(),
        bars: vec![("good", 0.0, r.used as f64 / r.available.max(1) as f64)],
        figure: format!("{} of {}", grouped(r.used as u64), grouped(r.available as u64)),
    };
    drawing(&list.iter().map(line).collect::<Vec<_>>())
}

fn losses(shares: &[Share], interval: u64) -> String {
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
    drawing(&shares.iter().enumerate().map(line).collect::<Vec<_>>())
}

/// One after another: blue is multiply-accumulates, yellow what was lost.
fn layers(list: &[LayerTime], interval: u64) -> String {
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
    drawing(&list.iter().map(line).collect::<Vec<_>>())
}

fn memory(memory: &Memory) -> String {
    let words = memory.words.max(1) as f64;
    let line = |region: &crate::sheet::Region| Line {
        name: region.name.clone(),
        bars: vec![("place", region.base as f64 / words, region.words as f64 / words)],
        figure: format!("{} + {}", grouped(region.base as u64), grouped(region.words as u64)),
    };
    let lines: Vec<Line> = memory.regions.iter().map(line).collect();
    let caption = format!(
        "<p>{} banks of {} words, {} bytes. Figures: first address + words.</p>\n",
        memory.banks,
        grouped(memory.words as u64),
        grouped(memory.bytes() as u64)
    );
    caption + &drawing(&lines)
}

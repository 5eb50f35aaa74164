//! A plan as a page for a browser: where things lie and where the time goes, drawn in SVG. Same plan, same bytes.

use crate::sheet::{LayerTime, Memory, Resource, Share, Sheet};
use crate::table::{grouped, percent};

/// Pixels of a drawing.
const WIDTH: f64 = 960.0;
const NAMES: f64 = 200.0;
const ROW: f64 = 20.0;
const BAR: f64 = 14.0;
/// Room for figures right of the bars.
const FIGURES: f64 = 150.0;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:62em;margin:2em auto;padding:0 1em;color:#1a1a1a;background:#fff}\
h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em}svg{width:100%;height:auto}text{font:12px system-ui,sans-serif;fill:#1a1a1a}\
.frame{fill:#eef1f4}.good{fill:#2b6cb0}.lost{fill:#e0a458}.place{fill:#5a8f69}td,th{padding:.1em .8em;text-align:right}td:first-child,th:first-child{text-align:left}";

/// The whole page; `timeline` is what [`crate::timeline::section`] drew.
pub fn page(sheet: &Sheet, timeline: &str) -> String {
    let body = format!("{}<h2>The array over time</h2>\n{timeline}", sections(sheet));
    document(&format!("{} on {}", sheet.network, sheet.board), &body)
}

/// What a page says of a plan.
pub fn sections(sheet: &Sheet) -> String {
    let sections = [
        ("Resources", resources(&sheet.resources)),
        ("Where the cycles go", losses(&sheet.cycles, sheet.speed.interval_cycles)),
        ("The array's time per layer", layers(&sheet.layers, sheet.speed.interval_cycles)),
        ("Activation memory", memory(&sheet.activations)),
        ("Weight memory", memory(&sheet.weights)),
    ];
    let body: String = sections.iter().map(|(name, text)| format!("<h2>{name}</h2>\n{text}")).collect();
    summary(sheet) + &body
}

/// A page around a body, with the style of all pages.
pub fn document(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style></head>\n\
         <body>\n<h1>{title}</h1>\n{body}</body>\n</html>\n"
    )
}

/// Text that HTML takes literally.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn summary(sheet: &Sheet) -> String {
    let speed = &sheet.speed;
    format!(
        "<p>{}{}: an array of {} x {}, {} MAC per cycle ({}) at {} MHz. {} cycles per image, {} busy, {:.1} images/s; \
         one image alone takes {} cycles, {:.2} ms.</p>\n",
        escape(&sheet.part),
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
    )
}

/// One line of a drawing: a name, coloured bars on a scale of 0..=1, a figure.
struct Line {
    name: String,
    /// Class, from, length.
    bars: Vec<(&'static str, f64, f64)>,
    figure: String,
}

fn drawing(lines: &[Line]) -> String {
    let height = ROW * lines.len() as f64;
    let rows: String = lines.iter().enumerate().map(|(at, line)| row(at as f64 * ROW, line)).collect();
    format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n{rows}</svg>\n")
}

fn row(top: f64, line: &Line) -> String {
    let scale = WIDTH - NAMES - FIGURES;
    let rect = |class: &str, from: f64, length: f64| {
        let (x, width, y) = (NAMES + from * scale, length * scale, top + (ROW - BAR) / 2.0);
        format!("<rect class=\"{class}\" x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{BAR}\"/>")
    };
    let bars: String = line.bars.iter().map(|&(class, from, length)| rect(class, from, length)).collect();
    let base = top + ROW - (ROW - BAR) / 2.0 - 2.0;
    let (name, figure, right) = (escape(&line.name), escape(&line.figure), WIDTH - FIGURES + 8.0);
    format!(
        "<text x=\"0\" y=\"{base:.2}\">{name}</text>{}{bars}<text x=\"{right}\" y=\"{base:.2}\">{figure}</text>\n",
        rect("frame", 0.0, 1.0)
    )
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

#[cfg(test)]
mod tests {
    use super::{document, escape};

    #[test]
    fn names_cannot_break_the_page() {
        assert_eq!(escape("a<b>&\"c\""), "a&lt;b&gt;&amp;&quot;c&quot;");
        assert!(document("<x>", "").contains("<title>&lt;x&gt;</title>"));
    }
}

//! What all pages for a browser share: document and style, bars with names and figures.

/// Pixels of a drawing.
pub const WIDTH: f64 = 960.0;
const NAMES: f64 = 200.0;
const ROW: f64 = 20.0;
const BAR: f64 = 14.0;
/// Room for figures right of the bars.
const FIGURES: f64 = 150.0;

/// Colours are named once, for light and for dark; what is wider than a phone scrolls by itself.
const STYLE: &str = ":root{color-scheme:light dark;--text:#1a1a1a;--page:#fff;--frame:#eef1f4;--line:#d4d8e0;--good:#2b6cb0;--lost:#e0a458;--place:#5a8f69}\
@media(prefers-color-scheme:dark){:root{--text:#e6e6e6;--page:#16191d;--frame:#272c33;--line:#3a414b;--good:#5b9bd9;--lost:#d99a4e;--place:#75ab84}}\
body{font:15px/1.5 system-ui,sans-serif;max-width:62em;margin:2em auto;padding:0 1em;color:var(--text);background:var(--page);overflow-wrap:anywhere}\
h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em}.wide{overflow-x:auto}.wide>svg{width:100%;min-width:44em;height:auto}\
text{font:12px system-ui,sans-serif;fill:var(--text)}line{stroke:var(--line)}\
.frame{fill:var(--frame)}.good{fill:var(--good)}.lost{fill:var(--lost)}.place{fill:var(--place)}\
td,th{padding:.1em .8em;text-align:right}td{white-space:nowrap}td:first-child,th:first-child{text-align:left}";

/// A page around a body, with the style of all pages.
pub fn document(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title><style>{STYLE}</style></head>\n\
         <body>\n<h1>{title}</h1>\n{body}</body>\n</html>\n"
    )
}

/// What may be wider than the window.
pub fn wide(content: &str) -> String {
    format!("<div class=\"wide\">{content}</div>\n")
}

/// A drawing of [`WIDTH`] by `height` pixels.
pub fn svg(height: f64, body: &str) -> String {
    wide(&format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n{body}</svg>"))
}

/// Text that HTML takes literally.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// One line of a drawing: a name, coloured bars on a scale of 0..=1, a figure.
pub struct Line {
    pub name: String,
    /// Class, from, length.
    pub bars: Vec<(&'static str, f64, f64)>,
    pub figure: String,
}

/// Lines below one another.
pub fn drawing(lines: &[Line]) -> String {
    let height = ROW * lines.len() as f64;
    let rows: String = lines.iter().enumerate().map(|(at, line)| row(at as f64 * ROW, line)).collect();
    svg(height, &rows)
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

#[cfg(test)]
mod tests {
    use super::{document, escape};

    #[test]
    fn names_cannot_break_the_page() {
        assert_eq!(escape("a<b>&\"c\""), "a&lt;b&gt;&amp;&quot;c&quot;");
        assert!(document("<x>", "").contains("<title>&lt;x&gt;</title>"));
    }
}

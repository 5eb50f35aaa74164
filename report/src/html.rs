//! What all pages for a browser share: document and style, bars with names and figures. Text in them is escaped by `maud`.

use maud::{html, Markup, PreEscaped, DOCTYPE};

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
td,th{padding:.1em .8em;text-align:right}th{overflow-wrap:normal}td{white-space:nowrap}@media(max-width:30em){td,th{padding:.1em .35em}}td:first-child,th:first-child{text-align:left}";

/// A page around a body, with the style of all pages.
pub fn document(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE) "\n"
        html lang="en" { "\n"
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            } "\n"
            body { "\n" h1 { (title) } "\n" (body) } "\n"
        } "\n"
    };
    page.into_string()
}

/// Sections under their headings.
pub fn sections(list: &[(&str, Markup)]) -> Markup {
    html! { @for (heading, body) in list { h2 { (heading) } "\n" (body) } }
}

/// What may be wider than the window.
pub fn wide(content: &Markup) -> Markup {
    html! { div class="wide" { (content) } "\n" }
}

/// A drawing of [`WIDTH`] by `height` pixels.
pub fn svg(height: f64, body: &Markup) -> Markup {
    let size = format!("0 0 {WIDTH} {height}");
    wide(&html! { svg viewBox=(size) role="img" { "\n" (body) } })
}

/// One line of a drawing: a name, coloured bars on a scale of 0..=1, a figure.
pub struct Line {
    pub name: String,
    /// Class, from, length.
    pub bars: Vec<(&'static str, f64, f64)>,
    pub figure: String,
}

/// Lines below one another.
pub fn drawing(lines: &[Line]) -> Markup {
    let rows = html! { @for (at, line) in lines.iter().enumerate() { (row(at as f64 * ROW, line)) } };
    svg(ROW * lines.len() as f64, &rows)
}

/// A rectangle of a class of the style; pixels.
pub fn rect(class: &str, [x, y]: [f64; 2], [width, height]: [f64; 2]) -> Markup {
    html! { rect class=(class) x=(pixels(x)) y=(pixels(y)) width=(pixels(width)) height=(pixels(height)) {} }
}

/// Words in a drawing, their foot at `y`; pixels.
pub fn words(x: f64, y: f64, text: &str) -> Markup {
    html! { text x=(pixels(x)) y=(pixels(y)) { (text) } }
}

/// Pixels as drawings have them, to a hundredth.
fn pixels(length: f64) -> String {
    format!("{length:.2}")
}

fn row(top: f64, line: &Line) -> Markup {
    let scale = WIDTH - NAMES - FIGURES;
    let bar = |class: &str, from: f64, length: f64| {
        rect(class, [NAMES + from * scale, top + (ROW - BAR) / 2.0], [length * scale, BAR])
    };
    let base = top + ROW - (ROW - BAR) / 2.0 - 2.0;
    html! {
        (words(0.0, base, &line.name))
        (bar("frame", 0.0, 1.0))
        @for &(class, from, length) in &line.bars { (bar(class, from, length)) }
        (words(WIDTH - FIGURES + 8.0, base, &line.figure)) "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::{document, words};
    use maud::html;

    #[test]
    fn names_cannot_break_the_page() {
        assert!(words(0.0, 0.0, "a<b>&\"c\"").into_string().ends_with(">a&lt;b&gt;&amp;&quot;c&quot;</text>"));
        assert!(document("<x>", &html! {}).contains("<title>&lt;x&gt;</title>"));
    }
}

//! Drawings in SVG: each says what it shows, takes its colours from the style of the page, and scrolls where it is wider than that.

use crate::html::wide;
use maud::{html, Markup};

/// Pixels of a drawing.
pub const WIDTH: f64 = 960.0;

/// What a drawing shows: in short, and for who cannot see it.
pub struct About<'a> {
    pub title: &'a str,
    pub says: &'a str,
}

/// A drawing of [`WIDTH`] by `height` pixels, in a box that scrolls.
pub fn svg(about: &About, height: f64, body: &Markup) -> Markup {
    wide(about.title, &picture(about, [WIDTH, height], body))
}

/// A drawing alone.
pub fn picture(about: &About, [width, height]: [f64; 2], body: &Markup) -> Markup {
    let size = format!("0 0 {width} {height}");
    html! { svg viewBox=(size) role="img" aria-label=(about.title) { desc { (about.says) } "\n" (body) } }
}

/// Colours by class, and what they stand for.
pub fn legend(entries: &[(&str, &str)]) -> Markup {
    html! {
        ul class="legend" {
            @for (class, text) in entries {
                li {
                    svg viewBox="0 0 12 12" role="img" aria-label={ "colour of " (text) } {
                        rect class=(class) width="12" height="12" {}
                    }
                    (text)
                }
            }
        } "\n"
    }
}

/// A rectangle of a class of the style; pixels.
pub fn rect(class: &str, [x, y]: [f64; 2], [width, height]: [f64; 2]) -> Markup {
    html! { rect class=(class) x=(pixels(x)) y=(pixels(y)) width=(pixels(width)) height=(pixels(height)) {} }
}

/// Words in a drawing, their foot at `y`; pixels.
pub fn words(x: f64, y: f64, text: &str) -> Markup {
    html! { text x=(pixels(x)) y=(pixels(y)) { (text) } }
}

/// [`words`] around `x`, or ending there.
pub fn anchored(at: &str, x: f64, y: f64, text: &str) -> Markup {
    html! { text x=(pixels(x)) y=(pixels(y)) text-anchor=(at) { (text) } }
}

/// A line of a class.
pub fn line(class: &str, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) -> Markup {
    html! { line class=(class) x1=(pixels(x1)) y1=(pixels(y1)) x2=(pixels(x2)) y2=(pixels(y2)) {} }
}

/// A line of a class through points.
pub fn path(class: &str, points: &[[f64; 2]]) -> Markup {
    let steps = points.iter().enumerate().map(|(at, [x, y])| {
        let letter = if at == 0 { 'M' } else { 'L' };
        format!("{letter}{} {}", pixels(*x), pixels(*y))
    });
    html! { path class=(class) d=(steps.collect::<Vec<_>>().join("")) {} }
}

/// Pixels as drawings have them, to a hundredth.
pub fn pixels(length: f64) -> String {
    format!("{length:.2}")
}

#[cfg(test)]
mod tests {
    use super::{svg, words, About};
    use maud::html;

    #[test]
    fn names_cannot_break_the_drawing() {
        assert!(words(0.0, 0.0, "a<b>&\"c\"").into_string().ends_with(">a&lt;b&gt;&amp;&quot;c&quot;</text>"));
    }

    #[test]
    fn a_drawing_says_what_it_shows() {
        let drawing = svg(&About { title: "t", says: "s" }, 10.0, &html! {}).into_string();
        assert!(drawing.contains("role=\"img\" aria-label=\"t\"><desc>s</desc>"), "{drawing}");
    }
}

//! The demonstration's report: text, and a page with the images in it.

use crate::html::document;
use crate::picture::data;
use crate::plan::{sections, Sheet};
use crate::table::{grouped, percent, Table};
use maud::{html, Markup};

/// What was demonstrated.
pub struct Demo<'a> {
    /// Where the images come from, in words.
    pub origin: &'a str,
    pub shown: &'a [Shown],
    /// Scheme of the engine that ran them.
    pub scheme: &'a str,
    /// Cycles from one result to the next, where there were several.
    pub interval_cycles: Option<f64>,
}

/// One image of the demonstration: what it shows, what was answered, and whether golden answers the same.
pub struct Shown {
    pub name: &'static str,
    pub png: &'static [u8],
    pub label: usize,
    /// The most probable classes and their probabilities, best first.
    pub top: Vec<(usize, f64)>,
    /// Whether every class sum is golden's.
    pub exact: bool,
}

impl Shown {
    /// The best class; none that there is where nothing was answered.
    fn answered(&self) -> (usize, f64) {
        self.top.first().copied().unwrap_or((usize::MAX, 0.0))
    }

    fn is_right(&self) -> bool {
        self.label == self.answered().0
    }
}

impl Demo<'_> {
    /// The page for people at a terminal.
    pub fn text(&self) -> String {
        let mut table = Table::new(1, &["image", "shows", "answered", "probability", "sums"]);
        for s in self.shown {
            let exact = if s.exact { "= golden" } else { "DIFFER" };
            let (answered, probability) = s.answered();
            table.row([s.name.into(), s.label.to_string(), answered.to_string(), percent(probability), exact.into()]);
        }
        table.text() + &self.summary()
    }

    fn summary(&self) -> String {
        let right = self.shown.iter().filter(|s| s.is_right()).count();
        let exact = self.shown.iter().filter(|s| s.exact).count();
        let cycles = self.interval_cycles;
        let interval = cycles.map_or(String::new(), |i| format!("; {} cycles per image", grouped(i.round() as u64)));
        let (all, scheme) = (self.shown.len(), self.scheme);
        format!(
            "{right} of {all} images right; {exact} of {all} equal to the golden model in every sum; run by {scheme}{interval}\n"
        )
    }

    /// The page for a browser. Same answers, same bytes.
    pub fn html(&self, sheet: &Sheet) -> String {
        let body = html! {
            p { (self.origin) } "\n"
            p { (self.summary()) } "\n"
            div class="map" { "\n" @for shown in self.shown { (figure(shown)) } } "\n"
            (sections(sheet))
        };
        document("Systole: handwritten digits on the simulated hardware", &body)
    }
}

/// An image over what was answered, and the most probable classes as bars.
fn figure(s: &Shown) -> Markup {
    let answered = s.answered().0;
    html! {
        figure {
            img alt=(s.name) width="96" height="96" src=(data(s.png));
            figcaption {
                "shows " (s.label) br;
                @if s.is_right() { "answered " (answered) } @else { strong class="failed" { "answered " (answered) } } br;
                @if s.exact { "sums = golden" } @else { strong class="failed" { "sums differ" } }
            }
            div class="votes" {
                @for (class, probability) in &s.top {
                    (class)
                    div class="bar" role="img" aria-label=(percent(*probability)) title=(percent(*probability)) {
                        i style={ "width:" (format!("{:.1}", probability * 100.0)) "%" } {}
                    }
                }
            }
        } "\n"
    }
}

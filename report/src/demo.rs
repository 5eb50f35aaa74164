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
    pub answered: usize,
    pub probability: f64,
    /// Whether every class sum is golden's.
    pub exact: bool,
}

impl Demo<'_> {
    /// The page for people at a terminal.
    pub fn text(&self) -> String {
        let mut table = Table::new(1, &["image", "shows", "answered", "probability", "sums"]);
        for s in self.shown {
            let exact = if s.exact { "= golden" } else { "DIFFER" };
            let (label, answered) = (s.label.to_string(), s.answered.to_string());
            table.row([s.name.into(), label, answered, percent(s.probability), exact.into()]);
        }
        table.text() + &self.summary()
    }

    fn summary(&self) -> String {
        let right = self.shown.iter().filter(|s| s.label == s.answered).count();
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

/// An image over what was answered.
fn figure(s: &Shown) -> Markup {
    html! {
        figure {
            img alt=(s.name) width="96" height="96" src=(data(s.png));
            figcaption {
                "shows " (s.label) br;
                @if s.label == s.answered { "answered " (s.answered) } @else { strong class="failed" { "answered " (s.answered) } }
                br; (percent(s.probability)) br;
                @if s.exact { "sums = golden" } @else { strong class="failed" { "sums differ" } }
            }
        } "\n"
    }
}

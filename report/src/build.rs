//! One page of a build: the network, its plan, the time, the memory, the weights, and how it answers.

mod chip;
mod graph;
mod judged;
mod layer;
mod maps;
mod memory;
mod roofline;
mod sizes;

use crate::html::{contents, document, sections};
use crate::plan::{overview, timeline, Sheet};
use crate::quantised::signal_to_noise;
use crate::ReportError;
pub use judged::{Judged, Named, Photograph};
pub use maps::Maps;
use maud::{html, Markup};
use systole_machine::losses::Stretch;
use systole_machine::{Held, Plan};
use systole_model::Report;
use systole_net::Net;

/// What is known of a build.
pub struct Build<'a> {
    pub sheet: &'a Sheet,
    pub plan: &'a Plan,
    pub net: &'a Net,
    /// What the array does over an interval, and what the line buffers hold meanwhile.
    pub stretches: &'a [Stretch],
    pub held: &'a [Held],
    /// The report of its quantisation, where that was kept.
    pub quantised: Option<&'a Report>,
    /// How it answers labelled images.
    pub judged: Option<&'a Judged>,
    /// What its layers make of an image.
    pub maps: Option<&'a Maps<'a>>,
}

impl Build<'_> {
    /// The page. Same build, same bytes.
    ///
    /// # Errors
    /// [`ReportError::Picture`].
    pub fn page(&self) -> Result<String, ReportError> {
        let mut list = vec![
            ("Network", self.network()),
            ("Roofline", roofline::section(self.sheet, self.plan)),
            ("Cycles", overview(self.sheet)),
            ("Timeline", timeline(self.plan, self.stretches)),
            ("Memory over time", memory::section(self.plan, self.held)),
            ("RAM of the chip", chip::section(self.sheet, self.plan)),
            ("Sizes", sizes::section(self.net)),
        ];
        if let Some(report) = self.quantised {
            list.push(("Signal to noise after each layer", signal_to_noise(report)));
        }
        if let Some(judged) = self.judged {
            list.push(("Answers", judged.answers()));
            list.push(("Confusion", judged.confusion()));
            list.push(("Worst photographs", judged.worst()?));
        }
        if let Some(maps) = self.maps {
            list.push(("Feature maps", maps.section()?));
        }
        let body = html! {
            p { (self.heading()) } "\n"
            (contents(&list)) (sections(&list))
        };
        Ok(document(&format!("{} on {}", self.sheet.network, self.sheet.board), &body))
    }

    fn heading(&self) -> String {
        let Sheet { device, clock_mhz, rows, cols, speed, .. } = self.sheet;
        format!(
            "{} layers and {} classes on a {device}: an array of {rows} x {cols} at {clock_mhz} MHz; {}.",
            self.net.layers.len(),
            self.net.classes(),
            speed.rates()
        )
    }

    fn network(&self) -> Markup {
        html! {
            p { "Choose a layer, by click or Enter, to see what it takes. A dashed line is a map that is added." } "\n"
            div class="network" {
                (graph::graph(self.net))
                div class="chosen" {
                    p class="none quiet" { "No layer is chosen." } "\n"
                    @for layer in 0..self.net.layers.len() { (layer::panel(layer, self)) }
                }
            } "\n"
        }
    }
}

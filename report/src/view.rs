//! The page to which pictures are given, and the part of it that a picture's answer is.

use crate::bars::{bars, Axis, Line};
use crate::build::{Maps, Named};
use crate::html::{document, script};
use crate::plan::timeline;
use crate::preprocessing::sentence;
use crate::table::{grouped, percent};
use crate::ReportError;
use maud::{html, Markup};
use systole_machine::losses::Stretch;
use systole_machine::{Passage, Plan};
use systole_net::{Image, Net, Tensor};

const SCRIPT: &str = include_str!("assets/view.js");

/// The page before a picture is given.
pub struct View<'a> {
    pub plan: &'a Plan,
    pub device: &'a str,
    /// What the array does over an interval, images back to back.
    pub stretches: &'a [Stretch],
}

impl View<'_> {
    pub fn page(&self) -> String {
        let body = html! {
            p { "Pictures given here are answered by " b { (self.device) } "; they stay on this machine." } "\n"
            p class="quiet" { (sentence(self.plan.preprocessing.as_ref()).trim_end()) } "\n"
            form id="give" {
                label for="file" { "Drop a picture here, or choose one: " }
                input id="file" type="file" accept="image/png,image/jpeg,image/bmp,.ppm,.pgm,.pbm,.pnm";
            } "\n"
            p id="state" role="status" {} "\n"
            div id="answer" {} "\n"
            h2 { "Images back to back" } "\n"
            (timeline(self.plan, self.stretches))
            (script(SCRIPT))
        };
        document(&format!("{} on {}", self.plan.network, self.plan.board.title), &body)
    }
}

/// What a device made of a picture.
pub struct Seen<'a> {
    pub net: &'a Net,
    pub plan: &'a Plan,
    pub device: &'a str,
    pub image: &'a Image,
    /// The best first.
    pub top: &'a [Named],
    /// From the image's submission to its result.
    pub cycles: u64,
    /// The output of every layer of the network.
    pub layers: &'a [Tensor],
    pub passage: &'a [Passage],
    /// Whether the device's sums, and its checksum of every layer, are those of these outputs.
    pub same: bool,
}

impl Seen<'_> {
    /// The part of the page. Same answer, same bytes.
    ///
    /// # Errors
    /// [`ReportError::Picture`].
    pub fn part(&self) -> Result<String, ReportError> {
        let maps = Maps { net: self.net, name: "as the network sees it", image: self.image, layers: self.layers };
        let time = self.cycles as f64 / (self.plan.board.clock_mhz * 1e3);
        let part = html! {
            h2 { "Answer" } "\n"
            (self.answers())
            p {
                (self.device) ": " (grouped(self.cycles)) " cycles from the picture to its result, "
                (format!("{time:.2}")) " ms at " (self.plan.board.clock_mhz) " MHz. "
                @if self.same { "Its sums and its checksum of every layer are those of the maps below." }
                @else { strong { "Its sums or checksums are not those of the maps below." } }
            } "\n"
            h2 { "This picture in time" } "\n"
            (self.time())
            h2 { "Feature maps" } "\n"
            (maps.section()?)
        };
        Ok(part.into_string())
    }

    fn answers(&self) -> Markup {
        let line = |class: &Named| Line {
            name: if class.name.is_empty() { format!("class {}", class.class) } else { class.name.clone() },
            bars: vec![("good", 0.0, class.probability)],
            figure: percent(class.probability),
        };
        let lines: Vec<Line> = self.top.iter().map(line).collect();
        bars("The most probable classes", &lines, &Axis { unit: "per cent", most: 100.0 }, &[])
    }

    /// From when to when each layer is at work on a single image.
    fn time(&self) -> Markup {
        let latency = self.plan.timing().latency.max(1);
        let name = |layer: usize| self.net.layers.get(layer).map_or(String::new(), |layer| layer.name.clone());
        let line = |passage: &Passage| {
            let [start, length] =
                [passage.start, passage.end - passage.start].map(|cycles| cycles as f64 / latency as f64);
            Line {
                name: name(passage.layer),
                bars: vec![("good", start, length)],
                figure: format!("cycles {} to {}", grouped(passage.start), grouped(passage.end)),
            }
        };
        let lines: Vec<Line> = self.passage.iter().map(line).collect();
        let axis = Axis { unit: "cycles since its first beat", most: latency as f64 };
        html! {
            p class="quiet" { "A picture alone, by the plan: from the first to the last cycle of each layer." } "\n"
            (bars("When each layer is at work", &lines, &axis, &[]))
        }
    }
}

//! What the planner chose that the figures of a plan alone do not show, in words.

use crate::table::{grouped, percent};
use serde::Serialize;
use systole_machine::{Plan, Saving};

/// The choices of a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choices {
    /// Maps that poolings take as they are computed, and words of the result FIFO; none without such.
    pub direct: Option<Direct>,
    /// Tables in LUTs that would lie in block RAM if there were enough of it.
    pub lut_tables: Vec<String>,
    /// Cycles of an interval given up for block RAM.
    pub saving: Saving,
    /// Pixels of each class sum, and those of them that are constants.
    pub sum_pixels: usize,
    pub border_pixels: usize,
    /// What the plan might have taken of the device; none where nobody says so.
    pub headroom: Option<Headroom>,
}

/// DSP blocks and LUTs that a plan takes at most, each of how many: what is left is room to route.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Headroom {
    pub dsp: [usize; 2],
    pub lut: [usize; 2],
}

/// Maps without a line buffer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Direct {
    pub maps: Vec<String>,
    pub words: usize,
}

impl Choices {
    pub fn new(plan: &Plan) -> Self {
        let maps = plan.line_buffers.iter().filter(|buffer| buffer.slots == 0).map(|buffer| buffer.name.clone());
        let direct = Direct { maps: maps.collect(), words: plan.geometry.pool_words };
        Choices {
            direct: (!direct.maps.is_empty()).then_some(direct),
            lut_tables: plan.lut_tables.iter().map(ToString::to_string).collect(),
            saving: plan.saving,
            sum_pixels: plan.sum_pixels,
            border_pixels: plan.border_pixels,
            headroom: None,
        }
    }

    /// A sentence for each choice that was made; `interval` is the plan's cycles of an image.
    pub fn sentences(&self, interval: u64) -> Vec<String> {
        let Saving { cycles, bram18 } = self.saving;
        let share = percent(cycles as f64 / interval.max(1) as f64);
        let saving = (bram18 > 0).then(|| {
            format!(
                "{} cycles an image ({share}) given up for {bram18} block RAMs of 18 Kbit less, by smaller line buffers and a smaller result FIFO",
                grouped(cycles)
            )
        });
        let tables = (!self.lut_tables.is_empty())
            .then(|| format!("in LUTs, because block RAM is short: {}", self.lut_tables.join(", ")));
        let border = (self.border_pixels > 0).then(|| {
            format!(
                "{} of the {} pixels of a class sum have padding alone under them: constants, with which the sum begins",
                self.border_pixels, self.sum_pixels
            )
        });
        let headroom = self.headroom.as_ref().map(Headroom::sentence);
        self.direct.iter().map(Direct::sentence).chain(tables).chain(saving).chain(border).chain(headroom).collect()
    }
}

impl Direct {
    fn sentence(&self) -> String {
        format!(
            "never stored, because poolings take them as they are computed, by way of {} words: {}",
            self.words,
            self.maps.join(", ")
        )
    }
}

impl Headroom {
    fn sentence(&self) -> String {
        let of = |[most, all]: [usize; 2], what: &str| {
            let share = percent(most as f64 / all.max(1) as f64);
            format!("{} of {} {what} ({share})", grouped(most as u64), grouped(all as u64))
        };
        format!(
            "headroom: a plan takes at most {} and {}; --max-dsp and --max-lut say otherwise",
            of(self.dsp, "DSP"),
            of(self.lut, "LUTs by the estimate")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_has_its_sentence() {
        let choices = Choices {
            direct: Some(Direct { maps: vec!["conv1".into(), "fire3".into()], words: 256 }),
            lut_tables: vec!["tap".into(), "param".into()],
            saving: Saving { cycles: 1200, bram18: 6 },
            sum_pixels: 225,
            border_pixels: 56,
            headroom: Some(Headroom { dsp: [198, 220], lut: [37_240, 53_200] }),
        };
        let text = choices.sentences(100_000).join("\n");
        for part in [
            "256 words: conv1, fire3",
            "short: tap, param",
            "1,200 cycles an image (1.2 %)",
            "6 block RAMs",
            "56 of the 225",
            "198 of 220 DSP (90.0 %) and 37,240 of 53,200 LUTs",
        ] {
            assert!(text.contains(part), "{part:?} not in {text}");
        }
        let plain = Choices {
            direct: None,
            lut_tables: vec![],
            saving: Saving::default(),
            border_pixels: 0,
            headroom: None,
            ..choices
        };
        assert!(plain.sentences(100_000).is_empty());
    }
}

//! What the planner chose that the figures of a plan alone do not show, in words.

use crate::table::{grouped, percent};
use serde::Serialize;
use systole_machine::{Plan, Saving};

/// The choices of a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choices {
    /// Rows of a pooling's window that an operation takes, and rows of the largest window; none without poolings.
    pub pooled_rows: Option<[usize; 2]>,
    /// Tables in LUTs that would lie in block RAM if there were enough of it.
    pub lut_tables: Vec<String>,
    /// Cycles of an interval given up for block RAM.
    pub saving: Saving,
    /// Pixels of each class sum, and those of them that are constants.
    pub sum_pixels: usize,
    pub border_pixels: usize,
}

impl Choices {
    pub fn new(plan: &Plan) -> Self {
        let pooled_rows = [plan.geometry.pool_rows, plan.geometry.pool_kernel];
        Choices {
            pooled_rows: (!plan.pools.is_empty()).then_some(pooled_rows),
            lut_tables: plan.lut_tables.clone(),
            saving: plan.saving,
            sum_pixels: plan.sum_pixels,
            border_pixels: plan.border_pixels,
        }
    }

    /// A sentence for each choice that was made; `interval` is the plan's cycles of an image.
    pub fn sentences(&self, interval: u64) -> Vec<String> {
        let Saving { cycles, bram18 } = self.saving;
        let share = percent(cycles as f64 / interval.max(1) as f64);
        let saving = (bram18 > 0).then(|| {
            format!(
                "{} cycles an image ({share}) given up for {bram18} block RAMs of 18 Kbit less, by smaller line buffers and poolings of fewer rows at a time",
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
        self.pooled_rows.map(pooling).into_iter().chain(tables).chain(saving).chain(border).collect()
    }
}

fn pooling([taken, rows]: [usize; 2]) -> String {
    match taken < rows {
        true => {
            format!("poolings take {taken} of a window's {rows} rows at a time, so that the line buffers in front hold fewer")
        }
        false => format!("poolings take all {rows} rows of a window at a time"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_has_its_sentence() {
        let choices = Choices {
            pooled_rows: Some([1, 3]),
            lut_tables: vec!["tap".into(), "param".into()],
            saving: Saving { cycles: 1200, bram18: 6 },
            sum_pixels: 225,
            border_pixels: 56,
        };
        let text = choices.sentences(100_000).join("\n");
        for part in [
            "1 of a window's 3 rows",
            "short: tap, param",
            "1,200 cycles an image (1.2 %)",
            "6 block RAMs",
            "56 of the 225",
        ] {
            assert!(text.contains(part), "{part:?} not in {text}");
        }
        let plain =
            Choices { pooled_rows: None, lut_tables: vec![], saving: Saving::default(), border_pixels: 0, ..choices };
        assert!(plain.sentences(100_000).is_empty());
    }
}

//! Which boards hold a model, in which form of its weights, how fast and how accurate: for people and programs.

mod page;
mod text;

use crate::plan::{LinkSpeed, Resource, Sheet};
pub use page::page;
use serde::Serialize;
use std::path::PathBuf;
use systole_net::Preprocessing;
pub use text::text;

/// What `fit` prints, draws and gives out as JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fitted {
    pub network: String,
    pub preprocessing: Option<Preprocessing>,
    /// Cycles that a form which loses less may take, as a multiple of those of the fewest bits.
    pub slower: u64,
    /// The forms that some board takes, least loss first.
    pub forms: Vec<Form>,
    /// From the smallest board to the largest.
    pub boards: Vec<BoardFit>,
    /// What would let a board hold the network that holds no form of it: the largest of those.
    pub next_smaller: Option<NextSmaller>,
}

/// A form of the weights, and what it loses.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Form {
    /// As `quantize` takes it: `8`, `codebook:6`; and in words.
    pub form: String,
    pub words: String,
    /// Weights, and the bytes that they take packed.
    pub weights: usize,
    pub stored: usize,
    pub accuracy: Accuracy,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Accuracy {
    /// Images, and which they are.
    pub images: usize,
    pub measured_on: String,
    /// Of these those with the best class of floating point, and the root mean square of the scores' errors relative to them.
    pub same_best_class: usize,
    pub score_error: f64,
    /// Where images have labels: whose best class is right, and in floating point.
    pub top1: Option<usize>,
    pub float_top1: Option<usize>,
}

/// A board, and what it holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BoardFit {
    pub board: String,
    pub title: String,
    pub device: String,
    pub fits: bool,
    pub placed: Option<Placed>,
    /// What the smallest form lacks where none fits.
    pub lacks: Option<String>,
}

/// A network's plan on a board.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Placed {
    pub form: String,
    pub words: String,
    /// What keeps the weights there.
    pub store: String,
    pub stored: usize,
    pub rows: usize,
    pub cols: usize,
    pub interval_cycles: u64,
    pub utilisation: f64,
    pub clock_mhz: f64,
    pub clock_source: String,
    pub images_per_second: f64,
    pub link: Option<LinkSpeed>,
    pub resources: Vec<Resource>,
    /// The network file, where one was written.
    pub output: Option<PathBuf>,
}

impl Placed {
    /// Of a plan, in a form of so many bytes.
    pub fn of(sheet: &Sheet, form: &Form) -> Placed {
        Placed {
            form: form.form.clone(),
            words: form.words.clone(),
            store: sheet.weight_memory.store().text().into(),
            stored: form.stored,
            rows: sheet.rows,
            cols: sheet.cols,
            interval_cycles: sheet.speed.interval_cycles,
            utilisation: sheet.speed.utilisation,
            clock_mhz: sheet.clock_mhz,
            clock_source: sheet.clock_source.into(),
            images_per_second: sheet.speed.images_per_second,
            link: sheet.speed.link.clone(),
            resources: sheet.resources.clone(),
            output: None,
        }
    }

    /// How much of a resource is used, in a word; empty where the plan takes none.
    fn share(&self, name: &str) -> Option<f64> {
        let found = self.resources.iter().find(|resource| resource.name.starts_with(name));
        found.map(|resource| resource.used as f64 / resource.available.max(1) as f64)
    }
}

/// Changes that were planned and fit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NextSmaller {
    pub board: String,
    pub changes: Vec<Change>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    pub change: String,
    pub form: String,
    pub rows: usize,
    pub cols: usize,
    pub interval_cycles: u64,
    /// All of it in words.
    pub sentence: String,
}

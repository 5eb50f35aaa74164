//! What quantisation did, for people and programs: the terminal's table, the page, and the figures on other images.

mod histograms;
mod page;
mod text;

use crate::alternatives::Alternatives;
use crate::figures::Figures;
pub(crate) use page::noise as signal_to_noise;
pub use page::page;
use serde::Serialize;
use std::path::Path;
use systole_model::{Report, Sensitivity};
use systole_net::Preprocessing;
pub use text::text;

/// What is printed as JSON.
#[derive(Serialize)]
pub struct Quantised<'a> {
    pub output: &'a Path,
    pub network: &'a str,
    /// SHA-256 of the network's integers.
    pub hash: String,
    pub preprocessing: Option<&'a Preprocessing>,
    pub report: &'a Report,
    /// What was measured for a budget: each layer in each form.
    pub choices: &'a [Sensitivity],
    /// Its plan, where it had to fit a board.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned: Option<Planned>,
    /// With labels: what other preprocessings would give.
    pub alternatives: Option<Alternatives>,
    /// On images of their own; `None` unless some were given.
    pub validation: Option<Validated>,
}

/// What a network takes of a board that it was made to fit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Planned {
    pub board: String,
    pub rows: usize,
    pub cols: usize,
    /// Cycles of an image, and how many it may take where nobody asks for a speed.
    pub interval: u64,
    pub most: Option<MostCycles>,
    /// Whether weights are codes there, and the bytes of the RAM that they take, whole blocks.
    pub codes: bool,
    pub store: usize,
    /// Block RAMs of 18 Kbit, and how many there are.
    pub ram18: [usize; 2],
}

/// Cycles of an image at most: so many times what codes of the fewest bits take.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MostCycles {
    pub cycles: u64,
    pub slower: u64,
}

/// Labelled images that the network was tried on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Validated {
    pub figures: Figures,
    /// Those of them that calibrated, too: their figures flatter.
    pub calibrated: usize,
}

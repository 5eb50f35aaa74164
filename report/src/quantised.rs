//! What quantisation did, for people and programs: the terminal's table, the page, and the figures on other images.

mod histograms;
mod page;
mod text;

use crate::alternatives::Alternatives;
use crate::figures::Figures;
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
    /// With labels: what other preprocessings would give.
    pub alternatives: Option<Alternatives>,
    /// On images of their own; `None` unless some were given.
    pub validation: Option<Validated>,
}

/// Labelled images that the network was tried on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Validated {
    pub figures: Figures,
    /// Those of them that calibrated, too: their figures flatter.
    pub calibrated: usize,
}

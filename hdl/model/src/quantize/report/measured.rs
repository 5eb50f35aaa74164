//! What quantisation did to each layer, measured on images that did not calibrate.

use crate::quantize::forms::choice::WeightFormat;
use crate::quantize::report::distribution::Distribution;
use crate::quantize::report::doubt::Doubt;
use serde::{Deserialize, Serialize};

/// One layer of the integer network against the same values in floating point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerReport {
    pub name: String,
    /// Channels, height, width.
    pub output: [usize; 3],
    /// Bytes of the weights alone; 0 for pools, which have none of what follows but the scales, SQNR and saturation.
    pub weight_bytes: usize,
    /// The form the weights are kept in.
    pub form: Option<WeightFormat>,
    /// Which of the network's codebooks has their values, if one has.
    pub codebook: Option<usize>,
    /// Bits of a code, or of a plain weight.
    pub bits: u32,
    /// Weights that are zero.
    pub zeros: usize,
    /// Bytes that a store takes, see [`systole_net::store_bytes`].
    pub stored: usize,
    /// Real value of one count.
    pub input_scale: f64,
    pub output_scale: f64,
    /// Smallest and largest weight scale of the output channels.
    pub weight_scale: Option<(f64, f64)>,
    /// Bits of the widest rescale multiplier and of the accumulator.
    pub mult_bits: u32,
    pub acc_bits: u32,
    /// Signal to quantisation noise in dB, noise from all layers before included; infinite when nothing differs.
    pub sqnr_db: f64,
    /// Share of results that were cut to the range, 0..=1 (what ReLU cuts is not counted).
    pub saturated: f64,
    /// The results' values in floating point, in the range of their integers.
    pub results: Distribution,
    /// How many weights have each integer value, from the smallest a weight may have to the largest; empty for pools.
    pub weight_counts: Vec<u64>,
}

/// The whole network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub layers: Vec<LayerReport>,
    /// Different images that calibrated.
    pub calibrated: usize,
    /// Images that all figures were measured on.
    pub images: usize,
    /// Whether these are others than those that calibrated: held back from the ones given.
    pub held_back: bool,
    /// Why the figures may be worth less than they seem.
    pub doubts: Vec<Doubt>,
    /// Root mean square of the score errors, relative to that of the scores.
    pub score_error: f64,
    /// Images with the same best class in integers and in floating point.
    pub same_best_class: usize,
    /// What the machine does otherwise than the file says, and what that changes.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// Sums that the figures come from.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::quantize) struct Statistics {
    pub signal: f64,
    pub noise: f64,
    pub saturated: usize,
    pub count: usize,
}

impl Statistics {
    /// Adds `value` in place of the true `wanted`.
    pub fn add(&mut self, wanted: f64, value: f64) {
        self.signal += wanted * wanted;
        self.noise += (wanted - value) * (wanted - value);
        self.count += 1;
    }

    pub fn merge(mut self, other: &Self) -> Self {
        self.signal += other.signal;
        self.noise += other.noise;
        self.saturated += other.saturated;
        self.count += other.count;
        self
    }

    pub fn sqnr_db(&self) -> f64 {
        10.0 * (self.signal / self.noise).log10()
    }

    pub fn relative_error(&self) -> f64 {
        (self.noise / self.signal).sqrt()
    }

    pub fn saturated_share(&self) -> f64 {
        self.saturated as f64 / self.count.max(1) as f64
    }
}

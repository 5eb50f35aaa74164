//! All output channels of a layer: integers among the values that its weights may take.

use crate::quantize::round::levels::Levels;
use crate::quantize::round::loss::Loss;
use crate::quantize::round::tile::LANES;
use crate::quantize::round::weights::{Rounding, Row, Scales, Wanted};
use rayon::prelude::{ParallelIterator, ParallelSlice};

/// One layer's wanted weights, in the order of rounding.
pub(in crate::quantize) struct Rows {
    pub loss: Loss,
    pub scales: Scales,
    /// Per output channel.
    pub targets: Vec<Vec<f32>>,
    /// Where unset the weight stays zero, per output channel.
    pub kept: Vec<Vec<bool>>,
    /// Real biases, roughly.
    pub biases: Vec<f64>,
}

impl Rows {
    /// The integers of every output channel.
    pub fn quantise(&self, levels: &Levels) -> Vec<Row> {
        let channels = self.targets.iter().zip(&self.kept).zip(&self.biases);
        let wanted = channels.map(|((target, kept), &bias)| Wanted { target, kept, bias });
        let rounding = Rounding { loss: &self.loss, levels, scales: self.scales };
        wanted.collect::<Vec<_>>().par_chunks(LANES).flat_map(|group| rounding.quantise(group)).collect()
    }
}

//! All output channels of a layer: integers within the layer's form of weights.

use crate::quantize::forms::choice::WeightFormat;
use crate::quantize::round::codebook;
use crate::quantize::round::levels::Levels;
use crate::quantize::round::loss::Loss;
use crate::quantize::round::tile::LANES;
use crate::quantize::round::weights::{Rounding, Row, Scales, Wanted};
use rayon::prelude::{IndexedParallelIterator, ParallelIterator, ParallelSlice};
use systole_net::limits::MAX_WEIGHT;
use systole_net::Multiplier;

/// Times that the codebook is fitted to the outputs and the weights to the codebook.
const TURNS: usize = 4;

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
    /// The values used and the integers of every output channel.
    pub fn quantise(&self, format: WeightFormat) -> (Levels, Vec<Row>) {
        match format.levels() {
            Some(levels) => {
                let rows = self.rounded(&levels).0;
                (levels, rows)
            }
            None => self.with_codebook(1 << format.bits()),
        }
    }

    fn wanted(&self) -> Vec<Wanted<'_>> {
        let channels = self.targets.iter().zip(&self.kept).zip(&self.biases);
        channels.map(|((target, kept), &bias)| Wanted { target, kept, bias }).collect()
    }

    fn rounding<'a>(&'a self, levels: &'a Levels) -> Rounding<'a> {
        Rounding { loss: &self.loss, levels, scales: self.scales }
    }

    /// Rows, and what all of them cost.
    fn rounded(&self, levels: &Levels) -> (Vec<Row>, f64) {
        let (wanted, rounding) = (self.wanted(), self.rounding(levels));
        let groups: Vec<Vec<(Row, f64)>> = wanted.par_chunks(LANES).map(|group| rounding.quantise(group)).collect();
        together(groups)
    }

    fn refined(&self, levels: &Levels, rows: &[Row]) -> (Vec<Row>, f64) {
        let (wanted, rounding) = (self.wanted(), self.rounding(levels));
        let mults: Vec<Multiplier> = rows.iter().map(|row| row.mult).collect();
        let groups = wanted.par_chunks(LANES).zip(mults.par_chunks(LANES));
        together(groups.map(|(group, mults)| rounding.refine(group, mults)).collect())
    }

    fn with_codebook(&self, entries: usize) -> (Levels, Vec<Row>) {
        let mut levels = self.first_codebook(entries);
        let (mut rows, cost) = self.rounded(&levels);
        let mut best = (cost, levels.clone(), rows.clone());
        for _ in 0..TURNS {
            levels = codebook::refit(&self.loss, &levels, &rows, &self.targets);
            let (refined, cost) = self.refined(&levels, &rows);
            rows = refined;
            if cost < best.0 {
                best = (cost, levels.clone(), rows.clone());
            }
        }
        (best.1, best.2)
    }

    /// Clusters of the weights as they are with the finest scales.
    fn first_codebook(&self, entries: usize) -> Levels {
        let fine = Levels::new((-MAX_WEIGHT..=MAX_WEIGHT).collect());
        let rows = self.rounded(&fine).0;
        let channels = self.targets.iter().zip(&rows).zip(&self.kept);
        let weights = channels.flat_map(|((target, row), kept)| {
            let steps = target.iter().enumerate().filter(|(k, _)| kept[*k]);
            let importance = row.scale * row.scale;
            steps.map(move |(k, &w)| (f64::from(w) / row.scale, importance * f64::from(self.loss.diagonal[k])))
        });
        codebook::clusters(weights, entries, self.kept.iter().flatten().any(|kept| !kept))
    }
}

fn together(groups: Vec<Vec<(Row, f64)>>) -> (Vec<Row>, f64) {
    let (rows, costs): (Vec<Row>, Vec<f64>) = groups.into_iter().flatten().unzip();
    (rows, costs.iter().sum())
}

//! All output channels of a layer: integers within the layer's form of weights.

use super::choice::WeightFormat;
use super::codebook;
use super::rounding::{Levels, Loss};
use super::weights::{Rounding, Row, Scales};
use rayon::prelude::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use systole_net::limits::MAX_WEIGHT;

/// Times that the codebook is fitted to the outputs and the weights to the codebook.
const TURNS: usize = 4;

/// One layer's wanted weights.
pub(super) struct Rows {
    pub loss: Loss,
    pub scales: Scales,
    /// Per output channel.
    pub targets: Vec<Vec<f64>>,
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
                let rows = self.rounded(&levels);
                (levels, rows)
            }
            None => self.with_codebook(1 << format.bits()),
        }
    }

    fn rounded(&self, levels: &Levels) -> Vec<Row> {
        let channel = |c: usize| self.rounding(levels, c).quantise(&self.targets[c], self.biases[c]);
        (0..self.targets.len()).collect::<Vec<_>>().par_iter().map(|&c| channel(c)).collect()
    }

    fn rounding<'b>(&'b self, levels: &'b Levels, channel: usize) -> Rounding<'b> {
        Rounding { loss: &self.loss, levels, kept: &self.kept[channel], scales: self.scales }
    }

    fn with_codebook(&self, entries: usize) -> (Levels, Vec<Row>) {
        let mut levels = self.first_codebook(entries);
        let mut rows = self.rounded(&levels);
        let mut best = (self.cost(&rows), levels.clone(), rows.clone());
        for _ in 0..TURNS {
            levels = codebook::refit(&self.loss, &levels, &rows, &self.targets);
            let channel =
                |(c, row): (usize, &Row)| self.rounding(&levels, c).refine(&self.targets[c], row.mult, self.biases[c]);
            rows = rows.par_iter().enumerate().map(channel).collect();
            let cost = self.cost(&rows);
            if cost < best.0 {
                best = (cost, levels.clone(), rows.clone());
            }
        }
        (best.1, best.2)
    }

    /// Clusters of the weights as they are with the finest scales.
    fn first_codebook(&self, entries: usize) -> Levels {
        let fine = Levels::new((-MAX_WEIGHT..=MAX_WEIGHT).collect());
        let rows = self.rounded(&fine);
        let channels = self.targets.iter().zip(&rows).zip(&self.kept);
        let weights = channels.flat_map(|((target, row), kept)| {
            let steps = target.iter().enumerate().filter(|(k, _)| kept[*k]);
            steps.map(|(k, w)| (w / row.scale, row.scale * row.scale * self.loss.h.row(k)[k]))
        });
        codebook::clusters(weights, entries, self.kept.iter().flatten().any(|kept| !kept))
    }

    fn cost(&self, rows: &[Row]) -> f64 {
        let row = |(row, target): (&Row, &Vec<f64>)| {
            let errors: Vec<f64> =
                target.iter().zip(&row.weights).map(|(w, &q)| w - f64::from(q) * row.scale).collect();
            self.loss.of(&errors)
        };
        let costs: Vec<f64> = rows.par_iter().zip(&self.targets).map(row).collect();
        costs.iter().sum()
    }
}

//! A layer's results: clamped, stored, and measured against floating point.

use crate::quantize::fit::calibrate::{Calibration, Group};
use crate::quantize::fuse::FusedLayer;
use crate::quantize::report::distribution::Distribution;
use crate::quantize::report::measured::{LayerReport, Statistics};
use rayon::prelude::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};

impl Calibration<'_> {
    /// Clamps the results of all images, keeps them for later layers (or takes the scores from them) and measures them.
    pub(in crate::quantize) fn finish(
        &mut self,
        group: &Group,
        layer: &FusedLayer,
        mut results: Vec<Vec<i32>>,
        clamp: (i32, i32),
        scale: f64,
    ) -> LayerReport {
        let shape = self.graph.nodes[layer.node].shape;
        let pixels = shape[1] * shape[2];
        let start = layer.first_channel() * pixels;
        let gains = &self.gains[self.gains.len() - 1][layer.first_channel()..][..shape[0]];
        let units: Vec<f64> = gains.iter().map(|gain| gain * scale).collect();
        let values = &self.values;
        let measure = |(image, result): (usize, &mut Vec<i32>)| {
            let wanted = &values.float(image, group.node)[start..][..result.len()];
            clamp_and_measure(wanted, result, clamp, &units)
        };
        // Collected first: the images' figures are added in their order.
        let figures: Vec<(Statistics, Distribution)> = results.par_iter_mut().enumerate().map(measure).collect();
        let mut results_seen = Distribution::new(clamp);
        let figures = &figures[self.measured()];
        figures.iter().for_each(|(_, seen)| results_seen.merge(seen));
        let figures = figures.iter().fold(Statistics::default(), |all, (one, _)| all.merge(one));
        match layer.writes() {
            Some((tensor, _)) => self.values.store(tensor, start, &results),
            None => self.score(group, &results, pixels, scale),
        }
        LayerReport {
            name: self.graph.nodes[layer.node].name.clone(),
            output: shape,
            weight_bytes: 0,
            form: None,
            codebook: None,
            bits: 0,
            zeros: 0,
            stored: 0,
            input_scale: self.tensors[layer.input].scale,
            output_scale: scale,
            weight_scale: None,
            mult_bits: 0,
            acc_bits: 0,
            sqnr_db: figures.sqnr_db(),
            saturated: figures.saturated_share(),
            results: results_seen,
            weight_counts: Vec::new(),
        }
    }

    /// Compares the class scores.
    fn score(&mut self, group: &Group, results: &[Vec<i32>], pixels: usize, scale: f64) {
        for image in self.measured() {
            let result = &results[image];
            let wanted = self.values.float(image, group.node).chunks_exact(pixels);
            let wanted: Vec<f64> =
                wanted.map(|c| c.iter().map(|&v| f64::from(v)).sum::<f64>() / pixels as f64).collect();
            let sums = result.chunks_exact(pixels).map(|c| c.iter().map(|&v| i64::from(v)).sum::<i64>());
            let scores: Vec<f64> = sums.map(|s| s as f64 * scale / pixels as f64).collect();
            wanted.iter().zip(&scores).for_each(|(&w, &s)| self.scores.add(w, s));
            self.same_best_class += usize::from(best(&wanted) == best(&scores));
        }
    }
}

/// Index of the largest score, the first of equals.
fn best(scores: &[f64]) -> Option<usize> {
    (0..scores.len()).reduce(|best, i| if scores[i] > scores[best] { i } else { best })
}

/// `units`: the real value of one count, per channel.
fn clamp_and_measure(
    wanted: &[f32],
    result: &mut [i32],
    (low, high): (i32, i32),
    units: &[f64],
) -> (Statistics, Distribution) {
    let (mut figures, pixels) = (Statistics::default(), wanted.len() / units.len());
    let mut seen = Distribution::new((low, high));
    for ((wanted, result), unit) in wanted.chunks(pixels).zip(result.chunks_mut(pixels)).zip(units) {
        for (value, &wanted) in result.iter_mut().zip(wanted) {
            // The lower end of an unsigned range is ReLU.
            figures.saturated += usize::from(*value > high || (low < 0 && *value < low));
            *value = (*value).clamp(low, high);
            figures.add(wanted.into(), f64::from(*value) * unit);
            seen.add(f64::from(wanted) / unit);
        }
    }
    (figures, seen)
}

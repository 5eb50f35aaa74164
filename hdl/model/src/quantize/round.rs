//! Rounding with feedback: each weight's rounding error is made up for by the weights that are rounded after it, as far as
//! their inputs go together (Frantar et al., GPTQ, 2023, in its equivalent form as nearest-plane rounding).

use rayon::prelude::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
use systole_net::limits::MAX_WEIGHT;

/// Added to every input's variance, relative to their mean: what calibration cannot know.
const DAMPING: f64 = 0.02;

/// How the inputs of a convolution's reduction vary together, factored.
pub(super) struct Feedback {
    /// Reduction steps; the last is rounded first.
    order: Vec<usize>,
    /// `R` with `R^T R` the damped covariance in that order; row `i` from column `i` on.
    factor: Vec<Vec<f64>>,
}

impl Feedback {
    /// From samples of the inputs, one entry per reduction step each.
    pub fn new(mut samples: Vec<Vec<f32>>) -> Self {
        centre(&mut samples);
        let covariance = covariance(&samples);
        let variance = |i: usize| covariance[i][i];
        let mut order: Vec<usize> = (0..covariance.len()).collect();
        // The steps that matter most are rounded first, when there is most left to make up for them.
        order.sort_by(|&a, &b| variance(a).total_cmp(&variance(b)).then(a.cmp(&b)));
        let mean = order.iter().map(|&i| variance(i)).sum::<f64>() / order.len() as f64;
        let damping = if mean > 0.0 { mean * DAMPING } else { 1.0 };
        let entry = |i: usize, j: usize| covariance[i.max(j)][i.min(j)] + if i == j { damping } else { 0.0 };
        let rows = (0..order.len()).map(|i| order[i..].iter().map(|&j| entry(order[i], j)).collect()).collect();
        Feedback { order, factor: cholesky(rows) }
    }

    /// Integers that stand for `real`, in units of `scale`.
    pub fn round(&self, real: &[f64], scale: f64) -> Vec<i8> {
        let mut weights = vec![0; real.len()];
        let mut errors = vec![0.0; real.len()];
        for (i, &step) in self.order.iter().enumerate().rev() {
            let row = &self.factor[i];
            let owed: f64 = row[1..].iter().zip(&errors[i + 1..]).map(|(r, e)| r * e).sum();
            let most = f64::from(MAX_WEIGHT);
            let rounded = ((real[step] + owed / row[0]) / scale).round().clamp(-most, most);
            errors[i] = real[step] - rounded * scale;
            weights[step] = rounded as i8;
        }
        weights
    }
}

/// Subtracts each step's mean: the bias takes care of it.
fn centre(samples: &mut [Vec<f32>]) {
    let count = samples.len() as f64;
    let size = samples.first().map_or(0, Vec::len);
    let mut means = vec![0f64; size];
    samples.iter().for_each(|s| means.iter_mut().zip(s).for_each(|(m, &v)| *m += f64::from(v) / count));
    samples.iter_mut().for_each(|s| s.iter_mut().zip(&means).for_each(|(v, m)| *v -= *m as f32));
}

/// Row `i` up to column `i`.
fn covariance(samples: &[Vec<f32>]) -> Vec<Vec<f64>> {
    let size = samples.first().map_or(0, Vec::len);
    let mut rows: Vec<Vec<f64>> = vec![Vec::new(); size];
    rows.par_iter_mut().enumerate().for_each(|(i, row)| {
        let mut sums = vec![0f32; i + 1];
        for sample in samples {
            let value = sample[i];
            sums.iter_mut().zip(sample).for_each(|(sum, v)| *sum += value * v);
        }
        *row = sums.iter().map(|&sum| f64::from(sum) / samples.len() as f64).collect();
    });
    rows
}

/// Upper factor `R` of a positive definite matrix `R^T R`, given and returned as rows from the diagonal on.
fn cholesky(mut rows: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    for i in 0..rows.len() {
        let (done, rest) = rows.split_at_mut(i + 1);
        let row = &mut done[i];
        let root = row[0].max(f64::EPSILON).sqrt();
        row.iter_mut().for_each(|v| *v /= root);
        let row = &done[i];
        rest.par_iter_mut().enumerate().for_each(|(below, other)| {
            let factor = row[below + 1];
            other.iter_mut().zip(&row[below + 1..]).for_each(|(o, v)| *o -= factor * v);
        });
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factor_squared_is_the_matrix() {
        let factor = cholesky(vec![vec![4.0, 2.0, 6.0], vec![5.0, 3.0], vec![13.0]]);
        assert_eq!(factor, [vec![2.0, 1.0, 3.0], vec![2.0, 0.0], vec![2.0]]);
    }

    #[test]
    fn errors_are_made_up_for_where_inputs_go_together() {
        let samples = (0..64).map(|i| vec![i as f32, i as f32 + (i % 2) as f32 * 0.1]).collect();
        let weights = Feedback::new(samples).round(&[0.4, 0.4], 1.0);
        assert_eq!(weights.iter().map(|&w| i32::from(w)).sum::<i32>(), 1, "{weights:?}");
    }

    #[test]
    fn unrelated_inputs_are_rounded_to_nearest() {
        let samples = (0..4).map(|i| vec![(i & 1) as f32, (i >> 1) as f32]).collect();
        assert_eq!(Feedback::new(samples).round(&[0.4, -1.6], 1.0), [0, -2]);
    }
}

//! The best few values for many weights.

use crate::quantize::round::levels::Levels;
use rayon::prelude::{IntoParallelIterator, ParallelIterator};
use systole_net::limits::MAX_WEIGHT;

/// Bins of a weight's count when clusters are sought.
const BINS_PER_COUNT: usize = 2;
const BINS: usize = 2 * MAX_WEIGHT as usize * BINS_PER_COUNT + 1;

/// The best `count` values for weights in counts, each with its importance: zero, and others with the least squared error
/// (dynamic programming over sorted bins: Wang and Song, Ckmeans.1d.dp, 2011).
pub(in crate::quantize) fn clusters(weights: impl Iterator<Item = (f64, f64)>, count: usize) -> Levels {
    let mut bins = Bins { importance: vec![0.0; BINS + 1], sum: vec![0.0; BINS + 1] };
    let middle = f64::from(MAX_WEIGHT);
    for (weight, importance) in weights {
        // What lies beyond the ends is as good as on them: no value may.
        let weight = weight.clamp(-middle, middle);
        let bin = ((weight + middle) * BINS_PER_COUNT as f64).round() as usize;
        bins.importance[bin + 1] += importance;
        bins.sum[bin + 1] += importance * weight;
    }
    for bin in 0..BINS {
        bins.importance[bin + 1] += bins.importance[bin];
        bins.sum[bin + 1] += bins.sum[bin];
    }
    Levels::new(bins.cluster(count))
}

/// Sums over the bins' weights from the first on, `[bin + 1]`: importance, weighted sum.
struct Bins {
    importance: Vec<f64>,
    sum: Vec<f64>,
}

/// What some clusters gain up to a bin, and where the last of them begins and whether it is the one at zero.
#[derive(Clone, Copy)]
struct Step {
    gain: f64,
    from: usize,
    zero: bool,
}

const NONE: Step = Step { gain: f64::MIN, from: 0, zero: false };

impl Bins {
    /// What the bins `from..to` gain in one cluster over being zero: their squared mean times their importance.
    fn gain(&self, from: usize, to: usize) -> f64 {
        let importance = self.importance[to] - self.importance[from];
        let sum = self.sum[to] - self.sum[from];
        if importance > 0.0 {
            sum * sum / importance
        } else {
            0.0
        }
    }

    /// Means of the best clusters, of which one is at zero.
    fn cluster(&self, count: usize) -> Vec<i8> {
        // Per number of clusters and end: without the one at zero, and with it.
        let first = |to: usize| {
            let plain = Step { gain: self.gain(0, to), from: 0, zero: false };
            [plain, Step { gain: 0.0, from: 0, zero: true }]
        };
        let mut table: Vec<Vec<[Step; 2]>> = vec![(0..=BINS).map(first).collect()];
        for _ in 1..count {
            let before = &table[table.len() - 1];
            let next = |to: usize| {
                let better = |best: Step, gain: f64, from: usize, zero: bool| match gain > best.gain {
                    true => Step { gain, from, zero },
                    false => best,
                };
                (0..=to).fold([NONE; 2], |[plain, with], from| {
                    let gain = self.gain(from, to);
                    let plain = better(plain, before[from][0].gain + gain, from, false);
                    let with = better(with, before[from][1].gain + gain, from, false);
                    [plain, better(with, before[from][0].gain, from, true)]
                })
            };
            let next = (0..=BINS).into_par_iter().map(next).collect();
            table.push(next);
        }
        self.means(&table)
    }

    fn means(&self, table: &[Vec<[Step; 2]>]) -> Vec<i8> {
        let (mut end, mut with, mut values) = (BINS, 1, vec![0]);
        for steps in table.iter().rev() {
            let step = steps[end][with];
            let importance = self.importance[end] - self.importance[step.from];
            if step.zero {
                with = 0;
            } else if importance > 0.0 {
                values.push(((self.sum[end] - self.sum[step.from]) / importance).round() as i8);
            }
            end = step.from;
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(weights: &[f64], count: usize) -> Vec<i8> {
        clusters(weights.iter().map(|&w| (w, 1.0)), count).values().to_vec()
    }

    #[test]
    fn clusters_are_the_best_ones_with_zero() {
        let weights = [-100.0, -98.0, 3.0, 4.0, 50.0, 51.0, 120.0];
        assert_eq!(found(&weights, 4), [-99, 0, 51, 120]);
        assert_eq!(found(&weights, 5), [-99, 0, 4, 51, 120]);
        assert_eq!(found(&[1.0, 2.0, 40.0], 2), [0, 40]);
    }

    #[test]
    fn no_value_lies_beyond_what_a_weight_may_be() {
        let weights = [-300.0, -128.4, -127.6, 0.0, 127.6, 400.0];
        for count in [1, 2, 3, 4, 8] {
            assert!(found(&weights, count).iter().all(|v| (-MAX_WEIGHT..=MAX_WEIGHT).contains(v)));
        }
    }
}

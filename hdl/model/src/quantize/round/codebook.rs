//! A layer's codebook: first the best clusters of its weights, then the entries that make the layer's outputs best.

use crate::quantize::round::cholesky::{Cholesky, Square};
use crate::quantize::round::levels::Levels;
use crate::quantize::round::loss::Loss;
use crate::quantize::round::tile::{side_by_side, LANES};
use crate::quantize::round::weights::Row;
use rayon::prelude::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator, ParallelSlice};
use systole_net::limits::MAX_WEIGHT;

/// Bins of a weight's count when clusters are sought.
const BINS_PER_COUNT: f64 = 4.0;
const COUNTS: usize = 2 * MAX_WEIGHT as usize + 1;
const BINS: usize = (COUNTS - 1) * BINS_PER_COUNT as usize + 1;
/// Added to the diagonal when entries are fitted, relative to its mean: an entry that no weight takes stays where it was.
const HOLD: f64 = 1e-6;

/// The best `count` values for weights in counts, each with its importance: least squared error (dynamic programming over
/// sorted bins: Wang and Song, Ckmeans.1d.dp, 2011). With `zero`, one of the values is zero.
pub(in crate::quantize) fn clusters(weights: impl Iterator<Item = (f64, f64)>, count: usize, zero: bool) -> Levels {
    let mut bins = Bins::default();
    let middle = f64::from(MAX_WEIGHT);
    for (weight, importance) in weights {
        // What lies beyond the ends is as good as on them: no entry may.
        let weight = weight.clamp(-middle, middle);
        let bin = ((weight + middle) * BINS_PER_COUNT).round() as usize;
        bins.add(bin, weight, importance);
    }
    let mut values = bins.cluster(count);
    values.dedup();
    if zero && !values.contains(&0) {
        let nearest = (0..values.len()).min_by_key(|&i| values[i].unsigned_abs());
        nearest.into_iter().for_each(|i| values[i] = 0);
    }
    Levels::new(values)
}

/// Sums over the bins' weights from the first on, `[bin + 1]`: importance, weighted sum.
struct Bins {
    importance: Vec<f64>,
    sum: Vec<f64>,
}

impl Default for Bins {
    fn default() -> Self {
        Bins { importance: vec![0.0; BINS + 1], sum: vec![0.0; BINS + 1] }
    }
}

impl Bins {
    fn add(&mut self, bin: usize, weight: f64, importance: f64) {
        self.importance[bin + 1] += importance;
        self.sum[bin + 1] += importance * weight;
    }

    fn cluster(mut self, count: usize) -> Vec<i8> {
        for bin in 0..BINS {
            self.importance[bin + 1] += self.importance[bin];
            self.sum[bin + 1] += self.sum[bin];
        }
        // What a cluster of bins gains over everything rounded to zero: its squared mean times its importance.
        let gain = |from: usize, to: usize| {
            let importance = self.importance[to] - self.importance[from];
            let sum = self.sum[to] - self.sum[from];
            if importance > 0.0 {
                sum * sum / importance
            } else {
                0.0
            }
        };
        let mut best: Vec<f64> = (0..=BINS).map(|to| gain(0, to)).collect();
        let mut cuts: Vec<Vec<usize>> = Vec::new();
        for _ in 1..count {
            let step = |to: usize| {
                let with = (0..=to).map(|from| (best[from] + gain(from, to), from));
                with.fold((f64::MIN, 0), |best, next| if next.0 > best.0 { next } else { best })
            };
            let next: Vec<(f64, usize)> = (0..=BINS).into_par_iter().map(step).collect();
            best = next.iter().map(|n| n.0).collect();
            cuts.push(next.iter().map(|n| n.1).collect());
        }
        let mut end = BINS;
        let mut values = Vec::new();
        for from in cuts.iter().rev().map(Some).chain([None]) {
            let start = from.map_or(0, |from| from[end]);
            let importance = self.importance[end] - self.importance[start];
            if importance > 0.0 {
                values.push(((self.sum[end] - self.sum[start]) / importance).round() as i8);
            }
            end = start;
        }
        values.reverse();
        values
    }
}

/// Moves the entries to where the outputs of all rows are best while every weight keeps its entry; zero stays.
pub(in crate::quantize) fn refit(loss: &Loss, levels: &Levels, rows: &[Row], targets: &[Vec<f32>]) -> Levels {
    let entries = levels.values().len();
    let parts: Vec<Vec<(Vec<f64>, Vec<f64>)>> = rows
        .par_chunks(LANES)
        .zip(targets.par_chunks(LANES))
        .map(|(rows, targets)| normal_equations(loss, levels, rows, targets))
        .collect();
    let mut system = Square { size: entries, data: vec![0.0; entries * entries] };
    let mut side = vec![0.0; entries];
    for (matrix, right) in parts.iter().flatten() {
        system.data.iter_mut().zip(matrix).for_each(|(s, m)| *s += m);
        side.iter_mut().zip(right).for_each(|(s, r)| *s += r);
    }
    let hold = (system.level() * HOLD).max(f64::MIN_POSITIVE.sqrt());
    for (k, &value) in levels.values().iter().enumerate() {
        system.data[k * entries + k] += hold;
        side[k] += hold * f64::from(value);
    }
    let Some(factor) = Cholesky::of(&system) else { return levels.clone() };
    factor.solve(&mut side);
    let most = f64::from(MAX_WEIGHT);
    let moved = |(&value, &wanted): (&i8, &f64)| if value == 0 { 0 } else { wanted.round().clamp(-most, most) as i8 };
    Levels::new(levels.values().iter().zip(&side).map(moved).collect())
}

/// Each row's part in the equations for the entries.
fn normal_equations(loss: &Loss, levels: &Levels, rows: &[Row], targets: &[Vec<f32>]) -> Vec<(Vec<f64>, Vec<f64>)> {
    let images = loss.images(&side_by_side(targets.iter().map(Vec::as_slice), loss.size()));
    let part = |(lane, (row, target)): (usize, (&Row, &Vec<f32>))| {
        let taken: Vec<usize> = row.weights.iter().map(|w| levels.values().partition_point(|v| v < w)).collect();
        let image: Vec<f32> = images.iter().map(|lanes| lanes[lane]).collect();
        let (mut matrix, mut right) = loss.by_entry(&taken, levels.values().len(), (target, &image));
        matrix.iter_mut().for_each(|m| *m *= row.scale * row.scale);
        right.iter_mut().for_each(|r| *r *= row.scale);
        (matrix, right)
    };
    rows.iter().zip(targets).enumerate().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_are_the_best_ones() {
        let weights = [-100.0, -98.0, 3.0, 4.0, 50.0, 51.0, 120.0];
        let found = clusters(weights.iter().map(|&w| (w, 1.0)), 4, false);
        assert_eq!(found.values(), [-99, 4, 51, 120]);
        let found = clusters(weights.iter().map(|&w| (w, 1.0)), 4, true);
        assert_eq!(found.values(), [-99, 0, 51, 120]);
    }

    #[test]
    fn no_entry_lies_beyond_what_a_weight_may_be() {
        let weights = [-300.0, -128.4, -127.6, 0.0, 127.6, 400.0];
        for count in [1, 2, 3, 4, 8] {
            let found = clusters(weights.iter().map(|&w| (w, 1.0)), count, false);
            assert!(found.values().iter().all(|v| (-MAX_WEIGHT..=MAX_WEIGHT).contains(v)), "{:?}", found.values());
        }
    }
}

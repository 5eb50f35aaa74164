//! Rounding that looks at the layer's outputs: the error made in one weight is taken back in those still to be rounded.
//!
//! A row of weights costs `(w - q)^T H (w - q)` with `H` the covariance of the layer's inputs. The first pass rounds one
//! weight after the other, each where those before it have moved the optimum (Babai's nearest plane, which GPTQ is:
//! Frantar et al. 2022; Chen et al. 2025); then single weights move while that lowers the cost (Behdin et al., QuantEase 2023).

use super::cholesky::{dot, Cholesky};
use super::samples::Square;

/// Largest number of passes over a row's weights after the first.
const SWEEPS: usize = 8;
/// Added to the diagonal of `H`, relative to its mean: steps that saw nothing may still see something.
const DAMPING: f64 = 1e-3;

/// What errors in a layer's weights cost.
pub(super) struct Loss {
    /// Covariance of the inputs, damped.
    pub h: Square,
    /// Steps in the order of rounding, backwards.
    order: Vec<usize>,
    /// Triangle of `h`, in that order.
    upper: Square,
}

/// The values that a weight may take, ascending.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Levels(Vec<i8>);

impl Levels {
    /// Sorted and without repetition.
    pub fn new(mut values: Vec<i8>) -> Self {
        values.sort_unstable();
        values.dedup();
        Levels(values)
    }

    pub fn values(&self) -> &[i8] {
        &self.0
    }

    pub fn nearest(&self, value: f64) -> i8 {
        let above = self.0.partition_point(|&level| f64::from(level) < value);
        let (below, above) = (self.0[above.saturating_sub(1)], self.0[above.min(self.0.len() - 1)]);
        if value - f64::from(below) < f64::from(above) - value {
            below
        } else {
            above
        }
    }
}

impl Loss {
    pub fn new(mut h: Square) -> Self {
        let size = h.size;
        let floor = (h.level() * DAMPING).max(f64::MIN_POSITIVE.sqrt());
        (0..size).for_each(|k| h.data[k * size + k] += floor);
        let mut order: Vec<usize> = (0..size).collect();
        order.sort_by(|&a, &b| h.row(a)[a].total_cmp(&h.row(b)[b]));
        let data = order.iter().flat_map(|&r| order.iter().map(move |&c| (r, c))).map(|(r, c)| h.row(r)[c]).collect();
        let upper = Cholesky::of(&Square { size, data }).expect("damped").upper();
        Loss { h, order, upper }
    }

    /// `error^T H error`.
    pub fn of(&self, error: &[f64]) -> f64 {
        error.iter().enumerate().filter(|(_, &e)| e != 0.0).map(|(k, &e)| e * dot(self.h.row(k), error)).sum()
    }

    /// The real value of a count that brings the integers `row` closest to `target`; `None` when they are nothing.
    pub fn fit(&self, target: &[f64], row: &[i8]) -> Option<f64> {
        let row: Vec<f64> = row.iter().map(|&q| q.into()).collect();
        let (mut along, mut square) = (0.0, 0.0);
        for (k, q) in row.iter().enumerate().filter(|(_, &q)| q != 0.0) {
            along += q * dot(self.h.row(k), target);
            square += q * dot(self.h.row(k), &row);
        }
        (along > 0.0).then(|| along / square)
    }

    /// Integers for the row `target`, in units of the weight's count; where `kept` is unset the weight stays zero.
    pub fn round(&self, target: &[f64], levels: &Levels, kept: &[bool]) -> Vec<i8> {
        let mut row = self.first(target, levels, kept);
        self.improve(target, levels, kept, &mut row);
        row
    }

    fn first(&self, target: &[f64], levels: &Levels, kept: &[bool]) -> Vec<i8> {
        let size = target.len();
        let (mut row, mut errors) = (vec![0; size], vec![0.0; size]);
        for at in (0..size).rev() {
            let (upper, k) = (self.upper.row(at), self.order[at]);
            let moved = dot(&upper[at + 1..], &errors[at + 1..]) / upper[at];
            if kept[k] {
                row[k] = levels.nearest(target[k] + moved);
            }
            errors[at] = target[k] - f64::from(row[k]);
        }
        row
    }

    /// Moves single weights while that lowers the cost.
    pub fn improve(&self, target: &[f64], levels: &Levels, kept: &[bool], row: &mut [i8]) {
        let errors: Vec<f64> = target.iter().zip(row.iter()).map(|(t, &q)| t - f64::from(q)).collect();
        let mut slope: Vec<f64> = (0..row.len()).map(|k| dot(self.h.row(k), &errors)).collect();
        for _ in 0..SWEEPS {
            let mut changed = false;
            for k in (0..row.len()).filter(|&k| kept[k]) {
                let h = self.h.row(k);
                let wanted = levels.nearest(f64::from(row[k]) + slope[k] / h[k]);
                if wanted != row[k] {
                    let step = f64::from(wanted) - f64::from(row[k]);
                    slope.iter_mut().zip(h).for_each(|(s, h)| *s -= step * h);
                    row[k] = wanted;
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn correlated() -> Loss {
        Loss::new(Square { size: 3, data: vec![2.0, 1.8, 0.4, 1.8, 2.0, 0.3, 0.4, 0.3, 1.0] })
    }

    fn cost(loss: &Loss, target: &[f64], row: &[i8]) -> f64 {
        let errors: Vec<f64> = target.iter().zip(row).map(|(t, &q)| t - f64::from(q)).collect();
        loss.of(&errors)
    }

    #[test]
    fn nearest_level_is_taken() {
        let levels = Levels::new(vec![40, -90, 0, 17]);
        let found = [-200.0, -46.0, -44.0, 8.0, 9.0, 28.4, 100.0].map(|value| levels.nearest(value));
        assert_eq!(found, [-90, -90, 0, 0, 17, 17, 40]);
    }

    #[test]
    fn errors_are_taken_back_in_correlated_weights() {
        let (loss, target) = (correlated(), [0.4, 0.4, 0.1]);
        let levels = Levels::new(vec![-1, 0, 1]);
        let row = loss.round(&target, &levels, &[true; 3]);
        assert!(cost(&loss, &target, &row) < cost(&loss, &target, &[0; 3]), "{row:?}");
        let all = (0..27).map(|at| [at % 3, at / 3 % 3, at / 9].map(|v| v as i8 - 1));
        let best = all.map(|row| cost(&loss, &target, &row)).fold(f64::MAX, f64::min);
        assert_eq!(cost(&loss, &target, &row), best);
        assert_eq!(loss.round(&target, &levels, &[false, true, false])[0], 0);
    }

    #[test]
    fn the_fitted_scale_is_the_best() {
        let (loss, target, row) = (correlated(), [0.9, -2.2, 3.1], [1, -2, 3]);
        let scale = loss.fit(&target, &row).unwrap();
        let cost = |scale: f64| {
            let errors: Vec<f64> = target.iter().zip(row).map(|(t, q)| t - f64::from(q) * scale).collect();
            loss.of(&errors)
        };
        assert!(cost(scale) < cost(scale * 1.01) && cost(scale) < cost(scale * 0.99));
        assert_eq!(loss.fit(&target, &[0; 3]), None);
    }
}

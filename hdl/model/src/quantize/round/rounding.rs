//! Rounding that looks at the layer's outputs: the error made in one weight is taken back in those still to be rounded.
//!
//! A row of weights costs `(w - q)^T H (w - q)` with `H` the covariance of the layer's inputs. The first pass rounds one
//! weight after the other, each where those before it have moved the optimum (Babai's nearest plane, which GPTQ is:
//! Frantar et al. 2022; Chen et al. 2025); then single weights move while that lowers the cost (Behdin et al., QuantEase 2023).

use crate::quantize::round::levels::Levels;
use crate::quantize::round::loss::Loss;
use crate::quantize::round::tile::add;

/// Largest number of passes over a row's weights after the first.
const SWEEPS: usize = 8;

/// A row of weights in the middle of being rounded, in units of the weight's count.
pub(in crate::quantize) struct Rounded {
    pub row: Vec<i8>,
    /// What the weights would be without rounding.
    pub units: Vec<f32>,
    /// Images of `units` and of the errors, `units - row`.
    pub whole: Vec<f32>,
    pub image: Vec<f32>,
}

impl Rounded {
    /// Moves single weights while that lowers the cost; where `kept` is unset the weight stays zero.
    pub fn improve(&mut self, loss: &Loss, levels: &Levels, kept: &[bool]) {
        for _ in 0..SWEEPS {
            let mut changed = false;
            for k in (0..self.row.len()).filter(|&k| kept[k]) {
                let q = f32::from(self.row[k]);
                let slope = loss.slope(k, &self.image, self.units[k] - q);
                let wanted = levels.nearest(f64::from(q + slope / loss.diagonal[k]));
                if wanted != self.row[k] {
                    add(&mut self.image, q - f32::from(wanted), loss.column(k));
                    self.row[k] = wanted;
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
    }

    /// What a unit must be multiplied with to bring the integers closest to the weights; `None` when they are nothing.
    pub fn fit(&self, loss: &Loss) -> Option<f64> {
        let row: Vec<f32> = self.row.iter().map(|&q| q.into()).collect();
        let image: Vec<f32> = self.whole.iter().zip(&self.image).map(|(w, e)| w - e).collect();
        let along = loss.inner((&row, &image), (&self.units, &self.whole));
        (along > 0.0).then(|| along / loss.inner((&row, &image), (&row, &image)))
    }

    /// Multiplies the unit.
    pub fn rescale(&mut self, factor: f64) {
        let inverse = 1.0 / factor;
        self.image.iter_mut().zip(&self.whole).for_each(|(e, w)| *e += ((inverse - 1.0) * f64::from(*w)) as f32);
        self.units.iter_mut().chain(&mut self.whole).for_each(|v| *v = (f64::from(*v) * inverse) as f32);
    }

    /// The cost in squared units.
    pub fn cost(&self, loss: &Loss) -> f64 {
        let errors: Vec<f32> = self.units.iter().zip(&self.row).map(|(u, &q)| u - f32::from(q)).collect();
        loss.inner((&errors, &self.image), (&errors, &self.image))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantize::round::tile::{side_by_side, Lanes, LANES};

    fn correlated() -> Loss {
        let given = [[2.0, 1.8, 0.4], [1.8, 2.0, 0.3], [0.4, 0.3, 1.0]];
        let mut matrix = vec![0.0; LANES * LANES];
        (0..LANES).for_each(|k| matrix[k * LANES + k] = 1.0);
        given.iter().enumerate().for_each(|(r, row)| matrix[r * LANES..][..3].copy_from_slice(row));
        Loss::dense(matrix, LANES, 3, 1e-3)
    }

    fn image(loss: &Loss, vector: &[f32]) -> Vec<f32> {
        loss.images(&side_by_side([vector].into_iter(), 3)).iter().map(|l| l[0]).collect()
    }

    fn rounded(loss: &Loss, units: &[f32], row: &[i8]) -> Rounded {
        let errors: Vec<f32> = units.iter().zip(row).map(|(u, &q)| u - f32::from(q)).collect();
        Rounded { row: row.to_vec(), units: units.to_vec(), whole: image(loss, units), image: image(loss, &errors) }
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
        let lanes: Vec<Lanes> = target.iter().map(|&t| [t; LANES]).collect();
        let first: Vec<i8> = loss.first(&lanes, &levels, |_, _| true).iter().map(|l| l[0]).collect();
        let mut found = rounded(&loss, &target, &first);
        found.improve(&loss, &levels, &[true; 3]);
        let of = |row: &[i8]| rounded(&loss, &target, row).cost(&loss);
        assert!(of(&found.row) < of(&[0; 3]), "{:?}", found.row);
        let all = (0..27).map(|at| [at % 3, at / 3 % 3, at / 9].map(|v| v as i8 - 1));
        let best = all.map(|row| of(&row)).fold(f64::MAX, f64::min);
        assert!((found.cost(&loss) - best).abs() < 1e-6 && (of(&found.row) - best).abs() < 1e-6);
        assert_eq!(loss.first(&lanes, &levels, |k, _| k == 1)[0][0], 0);
    }

    #[test]
    fn the_fitted_scale_is_the_best() {
        let (loss, target, row) = (correlated(), [0.9, -2.2, 3.1], [1, -2, 3]);
        let given = rounded(&loss, &target, &row);
        let factor = given.fit(&loss).unwrap();
        let of = |factor: f64| {
            let mut moved = rounded(&loss, &target, &row);
            moved.rescale(factor);
            moved.cost(&loss) * factor * factor
        };
        assert!(of(factor) < of(factor * 1.01) && of(factor) < of(factor * 0.99));
        assert!((of(1.0) - given.cost(&loss)).abs() < 1e-6);
        assert_eq!(rounded(&loss, &target, &[0; 3]).fit(&loss), None);
    }
}

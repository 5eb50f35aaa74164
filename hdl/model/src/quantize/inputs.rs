//! The inputs of one layer, in floating point and as the integers that the layers before made of them: what rounding a weight
//! costs, and the weights that make the best of these integers.

use super::cholesky::Cholesky;
use super::patch::Windows;
use super::rounding::Loss;
use super::samples::{covariance, Samples, Square};
use rayon::prelude::{IntoParallelIterator, ParallelIterator};

/// Windows looked at, over all images.
const SAMPLES: usize = 16_384;
/// How strongly fitted weights are held to the given ones: variance added to every input, relative to the mean variance.
const HOLD: f64 = 0.3;

pub(super) struct Inputs {
    pub loss: Loss,
    /// Covariance of the integers, and of the floats with the integers.
    integers: Square,
    mixed: Square,
    held: Cholesky,
}

impl Inputs {
    pub fn new(windows: &Windows, floats: &[&[f32]], integers: &[&[i16]]) -> Self {
        let (size, pixels) = (windows.steps(), windows.spread(SAMPLES.div_ceil(floats.len())));
        let real: Vec<Samples> = floats.into_par_iter().map(|image| windows.samples(image, &pixels)).collect();
        let counts: Vec<Samples> = integers.into_par_iter().map(|image| windows.samples(image, &pixels)).collect();
        let integers = covariance(&counts, &counts, size);
        let mixed = covariance(&real, &counts, size);
        let mut held = integers.clone();
        let level = (integers.level() * HOLD).max(f64::MIN_POSITIVE.sqrt());
        (0..size).for_each(|k| held.data[k * size + k] += level);
        let held = Cholesky::of(&held).expect("held");
        Inputs { loss: Loss::new(integers.clone()), integers, mixed, held }
    }

    /// One output channel's weights, fitted: near `real`, they make of the integers what `given` makes of the floats.
    /// `unit` is the float value of one count of input and weight.
    pub fn fit(&self, given: &[f32], real: &[f64], unit: f64) -> Vec<f64> {
        let mut missing = vec![0.0; real.len()];
        for (k, (&given, real)) in given.iter().zip(real).enumerate() {
            let given = f64::from(given) / unit;
            let rows = self.mixed.row(k).iter().zip(self.integers.row(k));
            missing.iter_mut().zip(rows).for_each(|(m, (mixed, integer))| *m += given * mixed - real * integer);
        }
        self.held.solve(&mut missing);
        real.iter().zip(&missing).map(|(real, change)| real + change).collect()
    }
}

//! Random weights with biases and multipliers that keep the results in range, from the expected spread of the input.

use super::rng::Rng;
use crate::limits::MAX_WEIGHT;
use crate::{Multiplier, TensorInfo};

/// Multipliers stay below what 17 unsigned bits hold.
pub(super) const MULT_CAP: Multiplier = Multiplier::from_bits((1 << 17) - 1);

/// The summing layer has 8 more bits to fill.
pub(super) const SUM_GAIN: u32 = 1 << 8;

/// Standard deviation aimed at before ReLU: three of them fill the unsigned range.
const TARGET: f64 = u8::MAX as f64 / 3.0;

/// Expected mean and standard deviation of a tensor's values.
#[derive(Clone, Copy)]
pub(super) struct Spread {
    mean: f64,
    deviation: f64,
}

impl Spread {
    pub fn uniform(info: &TensorInfo) -> Self {
        let (low, high) = info.range();
        Spread { mean: f64::from(low + high) / 2.0, deviation: f64::from(high - low) / 12f64.sqrt() }
    }

    /// A normal distribution of the target's deviation, cut at its mean.
    pub fn rectified() -> Self {
        Spread { mean: TARGET * 0.4, deviation: TARGET * 0.58 }
    }

    /// Maxima lie about one deviation above the mean.
    pub fn pooled(&self) -> Self {
        Spread { mean: self.mean + self.deviation, deviation: self.deviation }
    }
}

pub(super) struct Parameters {
    pub weights: Vec<i8>,
    pub bias: Vec<i32>,
    pub mult: Vec<Multiplier>,
}

impl Parameters {
    /// Parameters of `channels` outputs, each a sum of `reduction` products.
    pub fn draw(rng: &mut Rng, channels: usize, reduction: usize, input: &Spread) -> Self {
        let mut all = Parameters { weights: Vec::new(), bias: Vec::new(), mult: Vec::new() };
        for _ in 0..channels {
            let weights = draw_weights(rng, reduction);
            let sum: f64 = weights.iter().map(|&w| f64::from(w)).sum();
            let square: f64 = weights.iter().map(|&w| f64::from(w) * f64::from(w)).sum();
            let deviation = (square.sqrt() * input.deviation).max(1.0);
            let shift = (rng.byte() - 128) as f64 / 128.0 * deviation;
            all.bias.push((shift - sum * input.mean) as i32);
            let gain = TARGET * (0.5 + rng.byte() as f64 / 256.0) / deviation;
            let counts = gain * f64::from(Multiplier::ONE.to_bits());
            all.mult.push(Multiplier::from_bits(counts as u32).clamp(Multiplier::DELTA, MULT_CAP));
            all.weights.extend(weights);
        }
        all
    }
}

/// Full-size weights where there are few, else of a random size with some zeros.
fn draw_weights(rng: &mut Rng, reduction: usize) -> Vec<i8> {
    let largest = usize::from(MAX_WEIGHT.unsigned_abs());
    let few = reduction < 4;
    let size = if few { largest } else { *rng.pick(&[15, 63, largest]) };
    let least = if few { largest * 3 / 4 } else { 0 };
    let mut draw = || {
        let magnitude = rng.within(least, size) as i8;
        let magnitude = if !few && rng.one_in(4) { 0 } else { magnitude };
        if rng.one_in(2) {
            -magnitude
        } else {
            magnitude
        }
    };
    (0..reduction).map(|_| draw()).collect()
}

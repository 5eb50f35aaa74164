//! Seeded random weights whose variance keeps that of the activations (He et al. 2015).

use systole_net::random::Rng;

/// Uniform words that are added for one weight: bell-shaped enough, and exact on every machine.
const SUMMANDS: u32 = 4;
/// Bits of each of them.
const WORD_BITS: u32 = u64::BITS / SUMMANDS;

/// A source of weights.
pub(super) struct Weights {
    rng: Rng,
}

impl Weights {
    pub fn new(seed: u64) -> Self {
        Weights { rng: Rng::new(seed) }
    }

    /// `count` values of mean 0 and the given variance.
    pub fn draw(&mut self, count: usize, variance: f64) -> Vec<f32> {
        let scale = variance.sqrt();
        (0..count).map(|_| (self.unit() * scale) as f32).collect()
    }

    /// Mean 0, variance 1: the sum of uniform values, each of variance 1/12.
    fn unit(&mut self) -> f64 {
        let bits = self.rng.bits();
        let words = (0..SUMMANDS).map(|i| (bits >> (i * WORD_BITS)) & ((1 << WORD_BITS) - 1));
        let one = f64::from(1u32 << WORD_BITS);
        let sum = words.map(|word| (word as f64 + 0.5) / one).sum::<f64>();
        (sum - f64::from(SUMMANDS) / 2.0) * (12.0 / f64::from(SUMMANDS)).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::Weights;

    #[test]
    fn mean_and_variance_are_as_asked() {
        let values = Weights::new(1).draw(100_000, 0.25);
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / values.len() as f64;
        assert!(mean.abs() < 0.01 && (variance - 0.25).abs() < 0.01, "{mean} {variance}");
    }
}

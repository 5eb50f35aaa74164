//! One output channel's weights: the rescale multiplier first, the weight scale from it, then the integers.

use super::patch::Moments;
use systole_net::{limits::MAX_WEIGHT, MULTIPLIER_FRACTION};

/// Largest multiplier used: 17 unsigned bits.
pub(super) const MULT_CAP: u32 = (1 << 17) - 1;
/// Multiplier of a channel without weights: its bias is then exact to 2^-10 of an output count.
const BARE_MULT: u32 = 1 << (MULTIPLIER_FRACTION / 2);
/// Clipping points tried for the weights, as percentages of the largest.
const CLIPS: std::ops::RangeInclusive<u32> = 60..=100;

/// Real values of one count of input and output.
#[derive(Clone, Copy)]
pub(super) struct Scales {
    pub input: f64,
    pub output: f64,
}

/// Quantised weights of one output channel.
pub(super) struct Row {
    pub weights: Vec<i8>,
    pub mult: u32,
    /// Real value of one count of a weight; exactly `mult * output / (input * 2^20)`.
    pub scale: f64,
}

impl Scales {
    /// Multiplier counts per unit of weight scale.
    fn mult_of(&self, weight_scale: f64) -> f64 {
        weight_scale * self.input / self.output * (1u64 << MULTIPLIER_FRACTION) as f64
    }

    fn weight_scale(&self, mult: u32) -> f64 {
        f64::from(mult) * self.output / (self.input * (1u64 << MULTIPLIER_FRACTION) as f64)
    }
}

/// Smallest output scale for which no weight of magnitude `largest` needs a multiplier beyond the cap.
pub(super) fn least_output_scale(largest: f64, input_scale: f64) -> f64 {
    let unit = Scales { input: input_scale, output: 1.0 };
    unit.mult_of(largest / f64::from(MAX_WEIGHT)) / f64::from(MULT_CAP)
}

/// Chooses the multiplier with the least output error: squared weight errors weighed by the variance of what they multiply
/// (mean errors go into the bias). `bias`, in real units, will stay within 2^20 accumulator counts.
pub(super) fn quantise(real: &[f64], seen: &[Moments], scales: Scales, bias: f64) -> Row {
    let largest = real.iter().fold(0f64, |m, w| m.max(w.abs()));
    let full = scales.mult_of(largest / f64::from(MAX_WEIGHT));
    let least = (bias.abs() / scales.output).ceil().clamp(1.0, f64::from(MULT_CAP)) as u32;
    if largest == 0.0 {
        return Row::with(real, scales, BARE_MULT.max(least));
    }
    let mults = CLIPS.map(|percent| ((full * f64::from(percent) / 100.0).ceil() as u32).clamp(least, MULT_CAP));
    let rows = mults.map(|mult| Row::with(real, scales, mult));
    let best = rows.map(|row| (row.error(real, seen), row)).min_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, row)| row).expect("some clip is tried")
}

impl Row {
    fn with(real: &[f64], scales: Scales, mult: u32) -> Self {
        let (scale, most) = (scales.weight_scale(mult), f64::from(MAX_WEIGHT));
        let weights = real.iter().map(|w| (w / scale).round().clamp(-most, most) as i8).collect();
        Row { weights, mult, scale }
    }

    fn error(&self, real: &[f64], seen: &[Moments]) -> f64 {
        let errors = self.weights.iter().zip(real).map(|(&q, w)| f64::from(q) * self.scale - w);
        // A tap that saw nothing may still see something: it counts a little.
        let floor = seen.iter().map(|m| m.variance).sum::<f64>() / seen.len() as f64 * 1e-3;
        errors.zip(seen).map(|(e, m)| e * e * (m.variance + floor)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: Moments = Moments { mean: 1.0, variance: 1.0 };

    #[test]
    fn scale_is_exactly_the_multiplier() {
        let scales = Scales { input: 0.013, output: 0.071 };
        let row = quantise(&[0.5, -0.3, 0.01], &[SEEN; 3], scales, 0.0);
        let mult = row.scale * scales.input / scales.output * (1u64 << MULTIPLIER_FRACTION) as f64;
        assert!((mult - f64::from(row.mult)).abs() < 1e-6, "{mult} {}", row.mult);
        for (q, w) in row.weights.iter().zip([0.5, -0.3, 0.01]) {
            assert!((f64::from(*q) * row.scale - w).abs() <= 0.5 * row.scale + 0.01, "{q} {w}");
        }
    }

    #[test]
    fn the_cap_is_reached_at_the_least_output_scale() {
        let output = least_output_scale(2.0, 1.0);
        let row = quantise(&[2.0], &[SEEN], Scales { input: 1.0, output }, 0.0);
        assert!(row.mult <= MULT_CAP && (f64::from(row.weights[0]) * row.scale - 2.0).abs() < 0.01);
    }

    #[test]
    fn a_large_bias_keeps_the_accumulator_small() {
        let (scales, bias) = (Scales { input: 1.0, output: 1.0 }, 9000.0);
        let row = quantise(&[1e-7, 0.0], &[SEEN; 2], scales, bias);
        assert!(bias / (scales.input * row.scale) <= f64::from(1 << MULTIPLIER_FRACTION));
    }
}

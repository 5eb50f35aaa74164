//! One output channel's weights: the rescale multiplier first, the weight scale from it, then the integers.

use super::rounding::{Levels, Loss};
use systole_net::{limits::MAX_WEIGHT, MULTIPLIER_FRACTION};

/// Largest multiplier used: 17 unsigned bits.
pub(super) const MULT_CAP: u32 = (1 << 17) - 1;
/// Multiplier of a channel without weights: its bias is then exact to 2^-10 of an output count.
const BARE_MULT: u32 = 1 << (MULTIPLIER_FRACTION / 2);
/// Clipping points tried for the weights, as percentages of the largest.
const CLIPS: std::ops::RangeInclusive<u32> = 60..=100;
/// Times that the multiplier is fitted to the integers.
const REFITS: usize = 2;

/// Real values of one count of input and output.
#[derive(Clone, Copy)]
pub(super) struct Scales {
    pub input: f64,
    pub output: f64,
}

/// Quantised weights of one output channel.
#[derive(Clone)]
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

/// How one output channel's weights are rounded.
pub(super) struct Rounding<'a> {
    pub loss: &'a Loss,
    pub levels: &'a Levels,
    /// Where unset the weight stays zero.
    pub kept: &'a [bool],
    pub scales: Scales,
}

impl Rounding<'_> {
    /// Chooses the multiplier and the integers with the least output error (mean errors go into the bias). `bias`, in real
    /// units, will stay within 2^20 accumulator counts.
    pub fn quantise(&self, target: &[f64], bias: f64) -> Row {
        let largest = target.iter().fold(0f64, |m, w| m.max(w.abs()));
        let full = self.scales.mult_of(largest / f64::from(MAX_WEIGHT));
        let least = self.least_mult(bias);
        if largest == 0.0 {
            return self.plain(target, BARE_MULT.max(least));
        }
        let mults = CLIPS.map(|percent| ((full * f64::from(percent) / 100.0).ceil() as u32).clamp(least, MULT_CAP));
        let rows = mults.map(|mult| self.plain(target, mult));
        let best = rows.map(|row| (self.rough_error(&row, target), row)).min_by(|a, b| a.0.total_cmp(&b.0));
        let best = best.map(|(_, row)| row).expect("some clip is tried");
        self.refine(target, best.mult, bias)
    }

    /// Smallest multiplier that keeps the bias within 2^20 accumulator counts.
    fn least_mult(&self, bias: f64) -> u32 {
        (bias.abs() / self.scales.output).ceil().clamp(1.0, f64::from(MULT_CAP)) as u32
    }

    /// Rounds with regard to the outputs and fits the multiplier to the result, in turns.
    pub fn refine(&self, target: &[f64], mult: u32, bias: f64) -> Row {
        let least = self.least_mult(bias);
        let units = |scale: f64| target.iter().map(|w| w / scale).collect::<Vec<f64>>();
        let scale = self.scales.weight_scale(mult);
        let mut row = Row { weights: self.loss.round(&units(scale), self.levels, self.kept), mult, scale };
        for _ in 0..REFITS {
            let Some(fitted) = self.loss.fit(target, &row.weights) else { break };
            row.mult = (self.scales.mult_of(fitted).round().max(1.0) as u32).clamp(least, MULT_CAP);
            row.scale = self.scales.weight_scale(row.mult);
            self.loss.improve(&units(row.scale), self.levels, self.kept, &mut row.weights);
        }
        row
    }

    fn plain(&self, target: &[f64], mult: u32) -> Row {
        let scale = self.scales.weight_scale(mult);
        let round = |(k, w): (usize, &f64)| if self.kept[k] { self.levels.nearest(w / scale) } else { 0 };
        Row { weights: target.iter().enumerate().map(round).collect(), mult, scale }
    }

    /// Squared weight errors weighed by the variance of what they multiply.
    fn rough_error(&self, row: &Row, target: &[f64]) -> f64 {
        let errors = row.weights.iter().zip(target).map(|(&q, w)| f64::from(q) * row.scale - w);
        errors.enumerate().map(|(k, e)| e * e * self.loss.h.row(k)[k]).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::super::choice::WeightFormat;
    use super::super::samples::Square;
    use super::*;

    fn quantise(target: &[f64], scales: Scales, bias: f64) -> Row {
        let size = target.len();
        let data = (0..size * size).map(|at| f64::from(u8::from(at % (size + 1) == 0))).collect();
        let levels = WeightFormat::default().levels().unwrap();
        let loss = Loss::new(Square { size, data });
        Rounding { loss: &loss, levels: &levels, kept: &vec![true; size], scales }.quantise(target, bias)
    }

    #[test]
    fn scale_is_exactly_the_multiplier() {
        let scales = Scales { input: 0.013, output: 0.071 };
        let row = quantise(&[0.5, -0.3, 0.01], scales, 0.0);
        let mult = row.scale * scales.input / scales.output * (1u64 << MULTIPLIER_FRACTION) as f64;
        assert!((mult - f64::from(row.mult)).abs() < 1e-6, "{mult} {}", row.mult);
        for (q, w) in row.weights.iter().zip([0.5, -0.3, 0.01]) {
            assert!((f64::from(*q) * row.scale - w).abs() <= 0.5 * row.scale + 0.01, "{q} {w}");
        }
    }

    #[test]
    fn the_cap_is_reached_at_the_least_output_scale() {
        let output = least_output_scale(2.0, 1.0);
        let row = quantise(&[2.0], Scales { input: 1.0, output }, 0.0);
        assert!(row.mult <= MULT_CAP && (f64::from(row.weights[0]) * row.scale - 2.0).abs() < 0.01);
    }

    #[test]
    fn a_large_bias_keeps_the_accumulator_small() {
        let (scales, bias) = (Scales { input: 1.0, output: 1.0 }, 9000.0);
        let row = quantise(&[1e-7, 0.0], scales, bias);
        assert!(bias / (scales.input * row.scale) <= f64::from(1 << MULTIPLIER_FRACTION));
    }
}

//! One output channel's weights: the rescale multiplier first, the weight scale from it, then the integers.

use crate::quantize::round::levels::Levels;
use crate::quantize::round::loss::Loss;
use crate::quantize::round::rounding::Rounded;
use crate::quantize::round::tile::{side_by_side, Lanes, LANES};
use systole_net::{
    limits::{MAX_CODEBOOK, MAX_WEIGHT},
    Multiplier, MULTIPLIER_FRACTION,
};

/// Largest multiplier used: 17 unsigned bits.
pub(in crate::quantize) const MULT_CAP: Multiplier = Multiplier::from_bits((1 << 17) - 1);
/// Multiplier of a channel without weights: its bias is then exact to 2^-10 of an output count.
const BARE_MULT: Multiplier = Multiplier::from_bits(1 << (MULTIPLIER_FRACTION / 2));
/// Clipping points tried for the weights, as percentages of the largest; of those with few values, which other channels share,
/// also ones that leave the largest values to these.
const CLIPS: std::ops::RangeInclusive<u32> = 60..=100;
const SHARED_CLIPS: std::ops::RangeInclusive<u32> = 50..=150;
/// Other first multipliers that are tried with few values, relative to the best for weights rounded to the nearest.
const FACTORS: [f64; 4] = [0.88, 0.94, 1.06, 1.12];
/// Times that the multiplier is fitted to the integers.
const REFITS: usize = 2;

/// Real values of one count of input and output.
#[derive(Clone, Copy)]
pub(in crate::quantize) struct Scales {
    pub input: f64,
    pub output: f64,
}

/// Quantised weights of one output channel.
#[derive(Clone)]
pub(in crate::quantize) struct Row {
    pub weights: Vec<i8>,
    pub mult: Multiplier,
    /// Real value of one count of a weight; exactly `mult * output / input`.
    pub scale: f64,
}

impl Scales {
    /// Multiplier counts per unit of weight scale.
    fn mult_of(&self, weight_scale: f64) -> f64 {
        weight_scale * self.input / self.output * f64::from(Multiplier::ONE.to_bits())
    }

    fn weight_scale(&self, mult: Multiplier) -> f64 {
        mult.to_num::<f64>() * self.output / self.input
    }
}

/// Smallest output scale for which no weight of magnitude `largest` needs a multiplier beyond the cap.
pub(in crate::quantize) fn least_output_scale(largest: f64, input_scale: f64) -> f64 {
    let unit = Scales { input: input_scale, output: 1.0 };
    unit.mult_of(largest / f64::from(MAX_WEIGHT)) / f64::from(MULT_CAP.to_bits())
}

/// What one output channel's weights shall be.
#[derive(Clone, Copy)]
pub(in crate::quantize) struct Wanted<'a> {
    pub target: &'a [f32],
    /// Where unset the weight stays zero.
    pub kept: &'a [bool],
    /// In real units; will stay within 2^20 accumulator counts.
    pub bias: f64,
}

/// How output channels' weights are rounded, sixteen at a time.
pub(in crate::quantize) struct Rounding<'a> {
    pub loss: &'a Loss,
    pub levels: &'a Levels,
    pub scales: Scales,
}

impl Rounding<'_> {
    /// Chooses multipliers and integers with the least output error (mean errors go into the bias).
    pub fn quantise(&self, wanted: &[Wanted]) -> Vec<Row> {
        let first: Vec<Multiplier> = wanted.iter().map(|wanted| self.first_mult(wanted)).collect();
        let mut best = self.refine(wanted, &first);
        // Of many values any scale is as good as its neighbours.
        let others: &[f64] = if self.has_few_values() { &FACTORS } else { &[] };
        for factor in others {
            let other = |(wanted, first): (&Wanted, &Multiplier)| {
                let counts = (f64::from(first.to_bits()) * factor).round() as u32;
                Multiplier::from_bits(counts).clamp(self.least_mult(wanted.bias), MULT_CAP)
            };
            let mults: Vec<Multiplier> = wanted.iter().zip(&first).map(other).collect();
            let better = best.iter_mut().zip(self.refine(wanted, &mults)).filter(|(best, next)| next.1 < best.1);
            better.for_each(|(best, next)| *best = next);
        }
        best.into_iter().map(|(row, _)| row).collect()
    }

    fn has_few_values(&self) -> bool {
        self.levels.values().len() <= MAX_CODEBOOK
    }

    /// The multiplier with the least error of weights that are rounded to the nearest.
    fn first_mult(&self, wanted: &Wanted) -> Multiplier {
        let largest = wanted.target.iter().fold(0f32, |m, w| m.max(w.abs()));
        let full = self.scales.mult_of(f64::from(largest) / f64::from(MAX_WEIGHT));
        let least = self.least_mult(wanted.bias);
        if largest == 0.0 {
            return BARE_MULT.max(least);
        }
        let of = |percent| Multiplier::from_bits((full * f64::from(percent) / 100.0).ceil() as u32);
        let clips = if self.has_few_values() { SHARED_CLIPS } else { CLIPS };
        let mults = clips.map(|percent| of(percent).clamp(least, MULT_CAP));
        let errors = mults.map(|mult| (self.rough_error(wanted, mult), mult));
        errors.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(least, |(_, mult)| mult)
    }

    /// Smallest multiplier that keeps the bias within 2^20 accumulator counts.
    fn least_mult(&self, bias: f64) -> Multiplier {
        let counts = (bias.abs() / self.scales.output).ceil();
        Multiplier::from_bits(counts.clamp(1.0, f64::from(MULT_CAP.to_bits())) as u32)
    }

    /// Rounds with regard to the outputs and fits the multipliers to the result, in turns. Rows with what they cost.
    fn refine(&self, wanted: &[Wanted], mults: &[Multiplier]) -> Vec<(Row, f64)> {
        let size = self.loss.size();
        let scale = |lane: usize| self.scales.weight_scale(mults[lane]);
        let units: Vec<Vec<f32>> = wanted.iter().enumerate().map(|(lane, w)| in_units(w.target, scale(lane))).collect();
        let lanes = side_by_side(units.iter().map(Vec::as_slice), size);
        let kept = |step: usize, lane: usize| wanted.get(lane).is_some_and(|w| w.kept[step]);
        let rows = self.loss.first(&lanes, self.levels, kept);
        let error = |(unit, row): (&Lanes, &[i8; LANES])| std::array::from_fn(|lane| unit[lane] - f32::from(row[lane]));
        let errors: Vec<Lanes> = lanes.iter().zip(&rows).map(error).collect();
        let (whole, image) = (self.loss.images(&lanes), self.loss.images(&errors));
        let of = |lanes: &[Lanes], lane: usize| lanes.iter().map(|l| l[lane]).collect::<Vec<f32>>();
        let finish = |(lane, units): (usize, Vec<f32>)| {
            let row = rows.iter().map(|row| row[lane]).collect();
            let rounded = Rounded { row, units, whole: of(&whole, lane), image: of(&image, lane) };
            self.fitted(&wanted[lane], rounded, mults[lane])
        };
        units.into_iter().enumerate().map(finish).collect()
    }

    fn fitted(&self, wanted: &Wanted, mut rounded: Rounded, mut mult: Multiplier) -> (Row, f64) {
        let least = self.least_mult(wanted.bias);
        rounded.improve(self.loss, self.levels, wanted.kept);
        for _ in 0..REFITS {
            let Some(factor) = rounded.fit(self.loss) else { break };
            let before = f64::from(mult.to_bits());
            mult = Multiplier::from_bits((before * factor).round().max(1.0) as u32).clamp(least, MULT_CAP);
            rounded.rescale(f64::from(mult.to_bits()) / before);
            rounded.improve(self.loss, self.levels, wanted.kept);
        }
        let scale = self.scales.weight_scale(mult);
        let cost = rounded.cost(self.loss) * scale * scale;
        (Row { weights: rounded.row, mult, scale }, cost)
    }

    /// Squared errors of weights rounded to the nearest, weighed by the variance of what they multiply.
    fn rough_error(&self, wanted: &Wanted, mult: Multiplier) -> f64 {
        let scale = self.scales.weight_scale(mult);
        let error = |(k, &w): (usize, &f32)| {
            let w = f64::from(w);
            let q = if wanted.kept[k] { self.levels.nearest(w / scale) } else { 0 };
            (f64::from(q) * scale - w).powi(2) * f64::from(self.loss.diagonal[k])
        };
        wanted.target.iter().enumerate().map(error).sum()
    }
}

fn in_units(target: &[f32], scale: f64) -> Vec<f32> {
    target.iter().map(|&w| (f64::from(w) / scale) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantise(target: &[f32], scales: Scales, bias: f64) -> Row {
        let levels = Levels::bytes();
        let loss = Loss::thin(Vec::new(), 0, vec![1.0; target.len()]);
        let wanted = Wanted { target, kept: &vec![true; target.len()], bias };
        Rounding { loss: &loss, levels: &levels, scales }.quantise(&[wanted]).swap_remove(0)
    }

    #[test]
    fn scale_is_exactly_the_multiplier() {
        let scales = Scales { input: 0.013, output: 0.071 };
        let row = quantise(&[0.5, -0.3, 0.01], scales, 0.0);
        let mult = row.scale * scales.input / scales.output * (1u64 << MULTIPLIER_FRACTION) as f64;
        assert!((mult - f64::from(row.mult.to_bits())).abs() < 1e-6, "{mult} {}", row.mult);
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

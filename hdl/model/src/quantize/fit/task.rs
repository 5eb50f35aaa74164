//! What one convolution has to achieve, from its inputs on all images, and the parameters that do.

use crate::graph::Op;
use crate::quantize::fit::calibrate::Calibration;
use crate::quantize::fit::inputs::{Given, Look};
use crate::quantize::fit::patch::{Moments, Windows};
use crate::quantize::fit::samples::{unplaced, Sampler};
use crate::quantize::fit::trust;
use crate::quantize::fuse::FusedLayer;
use crate::quantize::round::levels::Levels;
use crate::quantize::round::rows::Rows;
use crate::quantize::round::weights::{Row, Scales};

pub(in crate::quantize) struct Task {
    rows: Rows,
    /// Where each step of the reduction stands in the rows.
    places: Vec<usize>,
    /// The integers under each tap.
    seen: Vec<Moments>,
    /// Per output channel the mean before ReLU that floating point has, in the output map's units.
    means: Vec<f64>,
}

/// Parameters of a convolution.
pub(in crate::quantize) struct Solution {
    pub rows: Vec<Row>,
    pub bias: Vec<i32>,
}

impl Task {
    /// `scale` is the real value of one count of the results; `None` unless the layer is a convolution.
    pub fn new(calibration: &Calibration, layer: &FusedLayer, scale: f64) -> Option<Self> {
        let node = &calibration.graph.nodes[layer.node];
        let Op::Conv { weights, bias, .. } = &node.op else { return None };
        let tensor = &calibration.tensors[layer.input];
        let scales = Scales { input: tensor.scale, output: scale };
        let windows = Windows::of(&node.op, tensor.shape(), node.shape)?;
        let images = 0..calibration.calibrating;
        let floats = calibration.floats(node.inputs[0]);
        let integers: Vec<_> = images.clone().map(|i| calibration.values.integer(i, layer.input)).collect();
        let (float, seen) = (windows.moments(&floats), windows.moments(&integers));
        let gains = &calibration.gains[calibration.gains.len() - 1][layer.first_channel()..];
        let sampler = Sampler::new(windows, (&floats, &integers), (&float, &seen));
        let before = &calibration.gains[layer.input];
        let size = sampler.size();
        let row = |c: usize| &weights[c * size..][..size];
        let given = |c: usize| {
            let unit = gains[c] * scales.input;
            let gain = |step: usize| before[step * before.len() / size] / gains[c];
            Given {
                float: row(c).iter().map(|&w| (f64::from(w) / unit) as f32).collect(),
                integer: row(c).iter().enumerate().map(|(step, &w)| (f64::from(w) * gain(step)) as f32).collect(),
            }
        };
        let given: Vec<Given> = (0..bias.len()).map(given).collect();
        let images: Vec<usize> = images.collect();
        let trust = trust::choose(&sampler, &images, &given, scales);
        let (loss, targets) = Look { sampler: &sampler, images: &images, trust }.fit(&given);
        let mean_of = |c: usize| (mean(row(c).iter().copied(), &float) + f64::from(bias[c])) / gains[c];
        let means: Vec<f64> = (0..bias.len()).map(mean_of).collect();
        let middle = sampler.placed(seen.iter().map(|tap| tap.mean));
        let there = |target: &[f32]| target.iter().zip(&middle).map(|(&t, m)| f64::from(t) * m).sum::<f64>();
        let biases = means.iter().zip(&targets).map(|(mean, target)| mean - there(target) * scales.input).collect();
        let kept = (0..bias.len()).map(|c| sampler.placed(row(c).iter().map(|&w| w != 0.0))).collect();
        let Sampler { places, .. } = sampler;
        Some(Task { rows: Rows { loss, scales, targets, kept, biases }, places, seen, means })
    }

    /// Weights among `levels`, and biases that make the mean before ReLU what it is in floating point.
    pub fn solve(&self, levels: &Levels) -> Solution {
        let mut rows = self.rows.quantise(levels);
        rows.iter_mut().for_each(|row| row.weights = unplaced(&self.places, &row.weights));
        let bias = rows.iter().zip(&self.means).map(|(row, wanted)| {
            let kept = mean(row.weights.iter().map(|&q| f32::from(q)), &self.seen);
            (wanted / (self.rows.scales.input * row.scale) - kept).round() as i32
        });
        let bias = bias.collect();
        Solution { rows, bias }
    }
}

/// Mean of the sum of `weights` times what lies under the taps.
fn mean(weights: impl Iterator<Item = f32>, taps: &[Moments]) -> f64 {
    weights.zip(taps).map(|(w, tap)| f64::from(w) * tap.mean).sum()
}

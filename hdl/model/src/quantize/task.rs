//! What one convolution has to achieve, from its inputs on all images, and the parameters that do.

use super::calibrate::Calibration;
use super::choice::WeightFormat;
use super::fuse::FusedLayer;
use super::inputs::Inputs;
use super::patch::{Moments, Windows};
use super::rows::Rows;
use super::weights::{Row, Scales};
use crate::graph::Op;
use rayon::prelude::{IntoParallelIterator, ParallelIterator};
use systole_net::Store;

pub(super) struct Task {
    rows: Rows,
    /// The integers under each tap.
    seen: Vec<Moments>,
    /// Per output channel the mean before ReLU that floating point has, in the output map's units.
    means: Vec<f64>,
}

/// Parameters of a convolution.
pub(super) struct Solution {
    pub store: Option<Store>,
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
        let images = 0..calibration.values.images();
        let floats = calibration.floats(node.inputs[0]);
        let integers: Vec<_> = images.map(|i| calibration.values.integer(i, layer.input)).collect();
        let (float, seen) = (windows.moments(&floats), windows.moments(&integers));
        let gains = &calibration.gains[calibration.gains.len() - 1];
        let real = calibration.real_weights(layer, gains);
        let inputs = Inputs::new(&windows, &floats, &integers);
        let size = float.len();
        let channel = |c: usize| {
            let (given, real) = (&weights[c * size..][..size], &real[c * size..][..size]);
            let gain = gains[layer.first_channel() + c];
            let target = inputs.fit(given, real, gain * scales.input);
            let mean = (mean(given.iter().map(|&w| w.into()), &float) + f64::from(bias[c])) / gain;
            (target, mean)
        };
        let (targets, means): (Vec<_>, Vec<_>) = (0..bias.len()).into_par_iter().map(channel).unzip();
        let biases = targets.iter().zip(&means);
        let biases = biases.map(|(t, wanted)| wanted - mean(t.iter().copied(), &seen) * scales.input).collect();
        let kept = weights.chunks(size).map(|row| row.iter().map(|&w| w != 0.0).collect()).collect();
        Some(Task { rows: Rows { loss: inputs.loss, scales, targets, kept, biases }, seen, means })
    }

    /// Weights of the form, and biases that make the mean before ReLU what it is in floating point.
    pub fn solve(&self, form: WeightFormat) -> Solution {
        let (levels, rows) = self.rows.quantise(form);
        let bias = rows.iter().zip(&self.means).map(|(row, wanted)| {
            let kept = mean(row.weights.iter().map(|&q| q.into()), &self.seen);
            (wanted / (self.rows.scales.input * row.scale) - kept).round() as i32
        });
        let bias = bias.collect();
        let weights: Vec<i8> = rows.iter().flat_map(|r| &r.weights).copied().collect();
        let store = Store::smallest(&weights, levels.values(), form.bits());
        let store = store.filter(|store| store.size().bytes() < weights.len());
        Solution { store, rows, bias }
    }
}

/// Mean of the sum of `weights` times what lies under the taps.
fn mean(weights: impl Iterator<Item = f64>, taps: &[Moments]) -> f64 {
    weights.zip(taps).map(|(w, tap)| w * tap.mean).sum()
}

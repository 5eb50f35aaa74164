//! What one convolution has to achieve, from its inputs on all images, and the parameters that do.

use crate::graph::Op;
use crate::groups::Groups;
use crate::quantize::fit::calibrate::Calibration;
use crate::quantize::fit::inputs::{Given, Look};
use crate::quantize::fit::patch::{Moments, Windows};
use crate::quantize::fit::samples::{unplaced, Sampler};
use crate::quantize::fit::trust::{self, Seen};
use crate::quantize::fuse::FusedLayer;
use crate::quantize::round::levels::Levels;
use crate::quantize::round::rows::Rows;
use crate::quantize::round::weights::{Row, Scales};
use rayon::prelude::{IndexedParallelIterator, IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

pub(in crate::quantize) struct Task {
    /// Per group of the convolution's channels.
    parts: Vec<Part>,
    scales: Scales,
}

/// What one group has to achieve.
struct Part {
    rows: Rows,
    /// Where each step of the reduction stands in the rows.
    places: Vec<usize>,
    /// The integers under each tap.
    seen: Vec<Moments>,
    /// Per output channel the mean before ReLU that floating point has, in the output map's units.
    means: Vec<f64>,
}

/// The values of one group's input channels on all images.
struct Inputs<'a> {
    floats: Vec<&'a [f32]>,
    integers: Vec<&'a [i16]>,
    /// What lies under each tap.
    moments: [Vec<Moments>; 2],
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
        let groups = Groups::of(&node.op, tensor.channels);
        let windows = Windows::of(&node.op, tensor.shape(), node.shape)?.of_channels(groups.inputs);
        let images: Vec<usize> = (0..calibration.calibrating).collect();
        let floats = calibration.floats(node.inputs[0]);
        let integers: Vec<_> = images.iter().map(|&i| calibration.values.integer(i, layer.input)).collect();
        let inputs: Vec<Inputs> =
            (0..groups.count).into_par_iter().map(|at| Inputs::new(windows, at, (&floats, &integers))).collect();
        let gains = &calibration.gains[calibration.gains.len() - 1][layer.first_channel()..];
        let size = groups.inputs * windows.taps();
        let heard: Vec<bool> = calibration.counts(layer).iter().map(|&counts| counts >= HEARD).collect();
        let row = |c: usize| &weights[c * size..][..size];
        let given = |c: usize| {
            let (unit, before) = (gains[c] * scales.input, calibration.gains_under(layer, c));
            let gain = |step: usize| before[step * before.len() / size] / gains[c];
            Given {
                float: row(c).iter().map(|&w| (f64::from(w) / unit) as f32).collect(),
                integer: row(c).iter().enumerate().map(|(step, &w)| (f64::from(w) * gain(step)) as f32).collect(),
            }
        };
        let given = |c: usize| cut_unheard(given(c), &heard[calibration.sources(layer, c)]);
        let outputs = |at: usize| at * groups.outputs..(at + 1) * groups.outputs;
        let seen = inputs.iter().enumerate().map(|(at, inputs)| {
            let [float, seen] = &inputs.moments;
            let sampler = Sampler::new(windows, (&inputs.floats, &inputs.integers), (float, seen), groups.count);
            Seen { sampler, given: outputs(at).map(given).collect() }
        });
        let seen: Vec<Seen> = seen.collect();
        let trust = trust::choose(&seen, &images, scales);
        let part = |(at, (Seen { sampler, given }, inputs)): (usize, (Seen, &Inputs))| {
            let (loss, targets) = Look { sampler: &sampler, images: &images, trust }.fit(&given);
            let [float, seen] = &inputs.moments;
            let mean_of = |c: usize| (mean(row(c).iter().copied(), float) + f64::from(bias[c])) / gains[c];
            let means: Vec<f64> = outputs(at).map(mean_of).collect();
            let middle = sampler.placed(seen.iter().map(|tap| tap.mean));
            let there = |target: &[f32]| target.iter().zip(&middle).map(|(&t, m)| f64::from(t) * m).sum::<f64>();
            let biases = means.iter().zip(&targets).map(|(mean, target)| mean - there(target) * scales.input).collect();
            let kept = outputs(at).map(|c| sampler.placed(row(c).iter().map(|&w| w != 0.0))).collect();
            let Sampler { places, .. } = sampler;
            Part { rows: Rows { loss, scales, targets, kept, biases }, places, seen: seen.clone(), means }
        };
        let parts = seen.into_par_iter().zip(&inputs).enumerate().map(part).collect();
        Some(Task { parts, scales })
    }

    /// Weights among `levels`, and biases that make the mean before ReLU what it is in floating point.
    pub fn solve(&self, levels: &Levels) -> Solution {
        let parts: Vec<Solution> = self.parts.par_iter().map(|part| part.solve(levels, self.scales)).collect();
        let bias = parts.iter().flat_map(|part| &part.bias).copied().collect();
        Solution { rows: parts.into_iter().flat_map(|part| part.rows).collect(), bias }
    }
}

impl Part {
    fn solve(&self, levels: &Levels, scales: Scales) -> Solution {
        let mut rows = self.rows.quantise(levels);
        rows.iter_mut().for_each(|row| row.weights = unplaced(&self.places, &row.weights));
        let bias = rows.iter().zip(&self.means).map(|(row, wanted)| {
            let kept = mean(row.weights.iter().map(|&q| f32::from(q)), &self.seen);
            (wanted / (scales.input * row.scale) - kept).round() as i32
        });
        let bias = bias.collect();
        Solution { rows, bias }
    }
}

impl<'a> Inputs<'a> {
    /// Of group `at`; `windows` are those of a group.
    fn new(windows: Windows, at: usize, (floats, integers): (&[&'a [f32]], &[&'a [i16]])) -> Self {
        fn part<'v, T>(images: &[&'v [T]], at: usize, size: usize) -> Vec<&'v [T]> {
            images.iter().map(|image| &image[at * size..][..size]).collect()
        }
        let size = windows.input.iter().product();
        let (floats, integers) = (part(floats, at, size), part(integers, at, size));
        let moments = [windows.moments(&floats), windows.moments(&integers)];
        Inputs { floats, integers, moments }
    }
}

/// A channel's largest integer, before it is rounded, from which on it is not always zero.
const HEARD: f64 = 0.5;
/// Weights of channels that are always zero may be so many times as large as the others', or are cut to these.
const UNHEARD: f32 = 4.0;

/// Weights of an output where those of channels that nothing was heard of do not say how all are rounded.
fn cut_unheard(given: Given, heard: &[bool]) -> Given {
    let (float, taps) = (given.float, given.integer.len() / heard.len());
    let all = || given.integer.iter().enumerate();
    let most = all().filter(|(step, _)| heard[step / taps]).fold(0f32, |most, (_, w)| most.max(w.abs()));
    let cut = |(step, &w): (usize, &f32)| match heard[step / taps] || w.abs() <= UNHEARD * most || most == 0.0 {
        true => w,
        false => w.clamp(-most, most),
    };
    let integer = all().map(cut).collect();
    Given { float, integer }
}

/// Mean of the sum of `weights` times what lies under the taps.
fn mean(weights: impl Iterator<Item = f32>, taps: &[Moments]) -> f64 {
    weights.zip(taps).map(|(w, tap)| f64::from(w) * tap.mean).sum()
}

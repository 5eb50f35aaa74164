//! One machine layer from one float operation: parameters, then its results on all images.

use super::calibrate::{Calibration, Group};
use super::fuse::{FusedKind, FusedLayer};
use super::integer::{self, IntegerConv};
use super::patch::Windows;
use super::report::LayerReport;
use super::weights::{self, Row, Scales};
use crate::graph::{Node, Op};
use rayon::prelude::{IntoParallelIterator, ParallelIterator};
use systole_net::limits::MAX_RESIDUAL_MULT;
use systole_net::{Conv, Layer, LayerKind, Pool, PoolKind, Residual, MULTIPLIER_FRACTION};

impl Calibration<'_> {
    /// Adds the layer; `scale` is the real value of one count of its results.
    pub(super) fn layer(&mut self, group: &Group, layer: &FusedLayer, scale: f64) {
        let node = &self.graph.nodes[layer.node];
        let kind = match &layer.kind {
            FusedKind::Conv { .. } => self.conv(group, layer, scale).map(LayerKind::Conv),
            FusedKind::Pool { .. } => self.pool(group, layer, scale).map(LayerKind::Pool),
        };
        let name = node.name.clone();
        self.layers.extend(kind.map(|kind| Layer { name, input: layer.input, kind }));
    }

    fn conv(&mut self, group: &Group, layer: &FusedLayer, scale: f64) -> Option<Conv> {
        let node = &self.graph.nodes[layer.node];
        let scales = Scales { input: self.tensors[layer.input].scale, output: scale };
        let (rows, bias) = self.parameters(layer, scales)?;
        let conv = self.assemble(node, layer, scale, &rows, bias)?;
        let results = self.run_conv(layer, &conv);
        let measured = self.finish(group, layer, results, conv.clamp(&self.tensors), scale);
        let weight_scales = || rows.iter().map(|r| r.scale);
        self.reports.push(LayerReport {
            weight_bytes: conv.weights.len(),
            weight_scale: Some((weight_scales().fold(f64::MAX, f64::min), weight_scales().fold(0.0, f64::max))),
            mult_bits: conv.mult_bits(),
            acc_bits: conv.acc_bits(&self.tensors[layer.input]),
            ..measured
        });
        Some(conv)
    }

    fn assemble(&self, node: &Node, layer: &FusedLayer, scale: f64, rows: &[Row], bias: Vec<i32>) -> Option<Conv> {
        let FusedKind::Conv { relu, residual, sink } = layer.kind else { return None };
        let Op::Conv { out_channels, kernel, stride, pad, .. } = &node.op else { return None };
        let residual = residual.map(|(tensor, channel_offset)| {
            let mult = (self.tensors[tensor].scale / scale * (1u64 << MULTIPLIER_FRACTION) as f64).round();
            Residual { tensor, channel_offset, mult: (mult as u32).clamp(1, MAX_RESIDUAL_MULT) }
        });
        Some(Conv {
            in_channels: self.tensors[layer.input].channels,
            out_channels: *out_channels,
            kernel_h: kernel[0],
            kernel_w: kernel[1],
            stride_y: stride[0],
            stride_x: stride[1],
            pad: *pad,
            weights: rows.iter().flat_map(|r| &r.weights).copied().collect(),
            bias,
            mult: rows.iter().map(|r| r.mult).collect(),
            relu,
            residual,
            sink,
            out_scale: scale,
        })
    }

    /// Weights per output channel, and biases that make the mean before ReLU what it is in floating point.
    fn parameters(&self, layer: &FusedLayer, scales: Scales) -> Option<(Vec<Row>, Vec<i32>)> {
        let node = &self.graph.nodes[layer.node];
        let Op::Conv { weights, bias, .. } = &node.op else { return None };
        let windows = Windows::of(&node.op, self.tensors[layer.input].shape(), node.shape)?;
        let floats = self.floats(node.inputs[0]);
        let integers: Vec<_> = (0..self.values.images()).map(|i| self.values.integer(i, layer.input)).collect();
        let (float, integer) = (windows.moments(&floats), windows.moments(&integers));
        let gains = &self.gains[self.gains.len() - 1];
        let (real, size) = (self.real_weights(layer, gains), float.len());
        let channel = |c: usize| {
            let (given, real) = (&weights[c * size..][..size], &real[c * size..][..size]);
            let mean = given.iter().zip(&float).map(|(&w, m)| f64::from(w) * m.mean).sum::<f64>() + f64::from(bias[c]);
            let mean = mean / gains[layer.first_channel() + c];
            let seen = real.iter().zip(&integer).map(|(w, m)| w * m.mean).sum::<f64>() * scales.input;
            let row = weights::quantise(real, &integer, scales, mean - seen);
            let kept: f64 = row.weights.iter().zip(&integer).map(|(&q, m)| f64::from(q) * m.mean).sum();
            let bias = (mean / (scales.input * row.scale) - kept).round() as i32;
            (row, bias)
        };
        Some((0..bias.len()).into_par_iter().map(channel).unzip())
    }

    /// Results before clamping, per image.
    fn run_conv(&self, layer: &FusedLayer, conv: &Conv) -> Vec<Vec<i32>> {
        let node = &self.graph.nodes[layer.node];
        let runner = IntegerConv::new(conv, node, self.tensors[layer.input].shape());
        let run = |i: usize| {
            let residual = conv.residual.as_ref().map(|r| self.values.integer(i, r.tensor));
            runner.run(self.values.integer(i, layer.input), residual)
        };
        (0..self.values.images()).into_par_iter().map(run).collect()
    }

    fn pool(&mut self, group: &Group, layer: &FusedLayer, scale: f64) -> Option<Pool> {
        let node = &self.graph.nodes[layer.node];
        let Op::MaxPool { kernel, stride, pad, .. } = node.op else { return None };
        let FusedKind::Pool { output } = layer.kind else { return None };
        let input = &self.tensors[layer.input];
        let pooled = |i: usize| integer::pool(node, self.values.integer(i, layer.input), input.shape());
        let results = (0..self.values.images()).into_par_iter().map(pooled).collect();
        let measured = self.finish(group, layer, results, input.range(), scale);
        self.reports.push(measured);
        Some(Pool { kind: PoolKind::Max, kernel, stride, pad, output })
    }
}

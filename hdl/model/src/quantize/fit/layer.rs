//! One machine layer from one float operation: parameters, then its results on all images.

use crate::graph::{Node, Op};
use crate::quantize::fit::calibrate::{Calibration, Group};
use crate::quantize::fit::given::{self, Channels};
use crate::quantize::fit::integer::{self, IntegerConv};
use crate::quantize::fit::task::{Solution, Task};
use crate::quantize::forms::choice::WeightFormat;
use crate::quantize::forms::variant::Variant;
use crate::quantize::fuse::{FusedKind, FusedLayer};
use crate::quantize::report::measured::LayerReport;
use crate::quantize::round::weights::Scales;
use rayon::prelude::{IntoParallelIterator, ParallelIterator};
use systole_net::limits::{MAX_RESIDUAL_MULT, MAX_WEIGHT};
use systole_net::{store_bytes, Conv, Layer, LayerKind, Multiplier, Net, Pool, Residual, PLAIN_BITS};

impl Calibration<'_> {
    /// Adds the layer; `scale` is the real value of one count of its results.
    pub(in crate::quantize) fn layer(&mut self, group: &Group, layer: &FusedLayer, scale: f64) {
        let node = &self.graph.nodes[layer.node];
        let kind = match (&layer.kind, &node.op) {
            (FusedKind::Conv { .. }, Op::AveragePool { .. }) => self.average(group, layer, scale).map(LayerKind::Conv),
            (FusedKind::Conv { .. }, _) => self.conv(group, layer, scale).map(LayerKind::Conv),
            (FusedKind::Pool { .. }, _) => self.pool(group, layer, scale).map(LayerKind::Pool),
        };
        let name = node.name.clone();
        self.layers.extend(kind.map(|kind| Layer { name, input: layer.input, kind }));
    }

    fn conv(&mut self, group: &Group, layer: &FusedLayer, scale: f64) -> Option<Conv> {
        let task = Task::new(self, layer, scale)?;
        let form = self.formats.of(&self.graph.nodes[layer.node].name);
        let node = &self.graph.nodes[layer.node];
        let levels = self.books.values(&node.name, form);
        let solution = self.given(layer, scale, form).unwrap_or_else(|| task.solve(&levels));
        let (conv, weight_scale) = self.assemble(layer, &node.op, scale, solution)?;
        let conv = Conv { codebook: self.books.of.get(&node.name).copied(), ..conv };
        for (form, books) in &self.tried {
            let solution = task.solve(&books.values(&node.name, *form));
            let (conv, _) = self.assemble(layer, &node.op, scale, solution)?;
            self.variants.push(Variant { layer: self.layers.len(), form: *form, conv });
        }
        self.measure(group, layer, node, (&conv, weight_scale), form);
        Some(conv)
    }

    /// The convolution's results and what they are worth. `node` is the float convolution that it stands for.
    pub(in crate::quantize) fn measure(
        &mut self,
        group: &Group,
        layer: &FusedLayer,
        node: &Node,
        (conv, weight_scale): (&Conv, (f64, f64)),
        form: WeightFormat,
    ) {
        let results = self.run_conv(layer, node, conv);
        let scale = conv.out_scale;
        let bits = conv.codebook.map_or(PLAIN_BITS, |number| self.books.codebooks[number].bits());
        let measured = self.finish(group, layer, results, conv.clamp(&self.tensors), scale);
        self.reports.push(LayerReport {
            weight_bytes: conv.weights.len(),
            form: Some(form),
            codebook: conv.codebook,
            zeros: conv.weights.iter().filter(|&&w| w == 0).count(),
            bits,
            stored: store_bytes(&conv.weights, bits),
            weight_scale: Some(weight_scale),
            weight_counts: weight_counts(&conv.weights),
            mult_bits: conv.mult_bits(),
            acc_bits: conv.acc_bits(&self.tensors[layer.input]),
            ..measured
        });
    }

    /// The file's own integers, where eight bits are wanted and it has them.
    fn given(&self, layer: &FusedLayer, scale: f64, form: WeightFormat) -> Option<Solution> {
        if form != WeightFormat::default() {
            return None;
        }
        let scales = Scales { input: self.tensors[layer.input].scale, output: scale };
        let output = &self.gains[self.gains.len() - 1][layer.first_channel()..];
        let offset = if layer.input == Net::INPUT { self.encoding.offset.as_slice() } else { &[] };
        let channels = Channels { input: &self.gains[layer.input], offset, output };
        let (rows, bias) = given::rows(&self.graph.nodes[layer.node], scales, channels)?;
        Some(Solution { rows, bias })
    }

    /// The convolution, and its smallest and largest weight scale.
    pub(in crate::quantize) fn assemble(
        &self,
        layer: &FusedLayer,
        op: &Op,
        scale: f64,
        solution: Solution,
    ) -> Option<(Conv, (f64, f64))> {
        let FusedKind::Conv { relu, residual, sink, .. } = layer.kind else { return None };
        let Op::Conv { out_channels, kernel, stride, pad, .. } = op else { return None };
        let Solution { rows, bias } = solution;
        let residual = residual.map(|(tensor, channel_offset)| {
            let counts = (self.tensors[tensor].scale / scale * f64::from(Multiplier::ONE.to_bits())).round();
            let mult = Multiplier::from_bits(counts as u32).clamp(Multiplier::DELTA, MAX_RESIDUAL_MULT);
            Residual { tensor, channel_offset, mult }
        });
        let scales = || rows.iter().map(|r| r.scale);
        let ends = (scales().fold(f64::MAX, f64::min), scales().fold(0.0, f64::max));
        let conv = Conv {
            in_channels: op.group_channels()?,
            out_channels: *out_channels,
            kernel_h: kernel[0],
            kernel_w: kernel[1],
            stride_y: stride[0],
            stride_x: stride[1],
            pad: *pad,
            codebook: None,
            weights: rows.iter().flat_map(|r| &r.weights).copied().collect(),
            bias,
            mult: rows.iter().map(|r| r.mult).collect(),
            relu,
            residual,
            sink,
            out_scale: scale,
        };
        Some((conv, ends))
    }

    /// Results before clamping, per image.
    fn run_conv(&self, layer: &FusedLayer, node: &Node, conv: &Conv) -> Vec<Vec<i32>> {
        let runner = IntegerConv::new(conv, node, self.tensors[layer.input].shape());
        let run = |i: usize| {
            let residual = conv.residual.as_ref().map(|r| self.values.integer(i, r.tensor));
            runner.run(self.values.integer(i, layer.input), residual)
        };
        (0..self.values.images()).into_par_iter().map(run).collect()
    }

    fn pool(&mut self, group: &Group, layer: &FusedLayer, scale: f64) -> Option<Pool> {
        let node = &self.graph.nodes[layer.node];
        let pool = layer.kind_of_pool(node)?;
        let input = &self.tensors[layer.input];
        let pooled = |i: usize| integer::pool(node, self.values.integer(i, layer.input), input.shape());
        let results = (0..self.values.images()).into_par_iter().map(pooled).collect();
        let measured = self.finish(group, layer, results, input.range(), scale);
        self.reports.push(measured);
        Some(pool)
    }
}

/// How many of `weights` there are of each value, `-MAX_WEIGHT` first.
fn weight_counts(weights: &[i8]) -> Vec<u64> {
    let mut counts = vec![0; 2 * MAX_WEIGHT as usize + 1];
    weights.iter().for_each(|&w| counts[(i32::from(w.max(-MAX_WEIGHT)) + i32::from(MAX_WEIGHT)) as usize] += 1);
    counts
}

//! Averages of windows on the machine: a convolution with one integer weight, the same for every pixel of a channel's own
//! window and zero elsewhere. The division is the rescale's, so the integers are right but for its one rounding.

use crate::given::Given;
use crate::graph::{Graph, Node, NodeId, Op, Padding};
use crate::quantize::fit::calibrate::{Calibration, Group};
use crate::quantize::fit::task::Solution;
use crate::quantize::forms::choice::WeightFormat;
use crate::quantize::fuse::{uses, FusedLayer};
use crate::quantize::round::weights::{Row, MULT_CAP};
use systole_net::{Conv, Multiplier};

/// Weights tried, smallest first: powers of two keep the division as exact as it is.
const WEIGHTS: [i8; 7] = [1, 2, 4, 8, 16, 32, 64];

/// A step that changes no value: what is no convolution becomes one.
pub(in crate::quantize) const IDENTITY: Op =
    Op::AveragePool { kernel: 1, stride: 1, pad: 0, ceil: false, count_pad: false };

/// The graph with a map of its own before the global average where nothing else can sum: behind a clip (8 bits saturate where
/// sums' 16 would not reach), a pool, an addition, a concatenation.
pub(in crate::quantize) fn sum_behind_a_layer(mut graph: Graph) -> Graph {
    let last = graph.nodes.len() - 1;
    let &[summed] = graph.nodes[last].inputs.as_slice() else { return graph };
    if graph.nodes[last].op == Op::GlobalAverage && !is_summable(&graph, summed) {
        let Node { name, shape, .. } = &graph.nodes[summed];
        let (name, shape) = (format!("{name}_pixels"), *shape);
        graph.nodes[last].inputs = vec![last];
        graph.nodes.insert(last, Node { name, op: IDENTITY, inputs: vec![summed], shape, given: Given::default() });
    }
    graph
}

/// Whether the node is a convolution, with or without ReLU, that nothing else reads.
fn is_summable(graph: &Graph, node: NodeId) -> bool {
    let uses = uses(graph);
    let mut at = node;
    while graph.nodes[at].op == Op::Relu && uses[at] == 1 {
        at = graph.nodes[at].inputs[0];
    }
    matches!(graph.nodes[at].op, Op::Conv { .. } | Op::AveragePool { .. }) && uses[at] == 1
}

/// The same padding on all four sides.
pub(in crate::quantize) fn square(pad: usize) -> Padding {
    Padding { top: pad, left: pad, bottom: pad, right: pad }
}

/// The float convolution that averages maps of `channels`; `None` for other operations.
pub(in crate::quantize) fn convolution(op: &Op, channels: usize) -> Option<Op> {
    let Op::AveragePool { kernel, stride, pad, .. } = *op else { return None };
    let window = kernel * kernel;
    let own = |index: usize| index / (channels * window) == index / window % channels;
    let weights = (0..channels * channels * window).map(|i| if own(i) { 1.0 / window as f32 } else { 0.0 });
    Some(Op::Conv {
        out_channels: channels,
        kernel: [kernel; 2],
        stride: [stride; 2],
        pad: square(pad),
        weights: weights.collect(),
        bias: vec![0.0; channels],
    })
}

/// Integers for real factors per channel, in multiplier counts for weight 1: the smallest weight whose multipliers are small.
fn solution(factors: &[f64], window: usize, real: impl Fn(usize) -> f64) -> Solution {
    let largest = factors.iter().fold(0f64, |m, &f| m.max(f));
    let fits = |w: &&i8| largest / f64::from(**w) <= f64::from(MULT_CAP.to_bits());
    let weight = *WEIGHTS.iter().find(fits).unwrap_or(&WEIGHTS[WEIGHTS.len() - 1]);
    let channels = factors.len();
    let row = |channel: usize| {
        let mut weights = vec![0; channels * window];
        weights[channel * window..][..window].fill(weight);
        let mult = (factors[channel] / f64::from(weight)).round().max(1.0) as u32;
        Row { weights, mult: Multiplier::from_bits(mult), scale: real(channel) / f64::from(weight) }
    };
    let rows = (0..channels).map(row).collect();
    Solution { rows, bias: vec![0; channels] }
}

impl Calibration<'_> {
    /// The averaging layer and its results; `scale` is the real value of one count of them.
    pub(in crate::quantize) fn average(&mut self, group: &Group, layer: &FusedLayer, scale: f64) -> Option<Conv> {
        let node = &self.graph.nodes[layer.node];
        let channels = self.tensors[layer.input].channels;
        let op = convolution(&node.op, channels)?;
        let Op::Conv { kernel: [height, width], .. } = op else { return None };
        let gains = &self.gains[self.gains.len() - 1];
        let units = self.average_units(layer, gains)?;
        let per_unit = self.tensors[layer.input].scale / scale * f64::from(Multiplier::ONE.to_bits());
        let factors: Vec<f64> = units.iter().map(|unit| unit * per_unit).collect();
        let solution = solution(&factors, height * width, |channel| units[channel]);
        let node = Node { op, ..node.clone() };
        let (conv, weight_scale) = self.assemble(layer, &node.op, scale, solution)?;
        self.measure(group, layer, &node, (&conv, weight_scale), WeightFormat::default());
        Some(conv)
    }

    /// Per channel the real weight of one pixel, between maps whose gains are taken out.
    pub(in crate::quantize) fn average_units(&self, layer: &FusedLayer, gains: &[f64]) -> Option<Vec<f64>> {
        let Op::AveragePool { kernel, .. } = self.graph.nodes[layer.node].op else { return None };
        let pairs = self.gains[layer.input].iter().zip(&gains[layer.first_channel()..]);
        Some(pairs.map(|(before, after)| before / after / (kernel * kernel) as f64).collect())
    }
}

//! Averages of windows taken into the convolution before or behind them: two linear steps in a row are one, with a larger
//! kernel. Done where that takes fewer weights than both by themselves.

use crate::given::Given;
use crate::graph::{Graph, Node, NodeId, Op, Padding};
use crate::quantize::fuse::uses;
use crate::quantize::prepare::average::square;
use crate::quantize::prepare::obstacle::changed_edge;
use systole_net::limits::MAX_WINDOW;

/// An average and a convolution that nothing lies between.
struct Pair<'a> {
    average: &'a Node,
    /// Channels that are averaged.
    channels: usize,
    conv: &'a Node,
    average_first: bool,
}

/// One output channel's weights on one input channel.
struct Kernel<'a> {
    size: [usize; 2],
    taps: &'a [f32],
}

/// The graph with every average that a neighbour takes along for less.
pub(in crate::quantize) fn compose_averages(mut graph: Graph) -> Graph {
    while let Some((first, second, node)) = next(&graph) {
        graph.nodes[second] = node;
        graph.nodes.remove(first);
        graph.nodes.iter_mut().flat_map(|n| &mut n.inputs).filter(|i| **i > first).for_each(|i| *i -= 1);
    }
    graph
}

/// Two nodes in a row, and what stands for both: the convolution by its name, without what the file says of its integers.
fn next(graph: &Graph) -> Option<(NodeId, NodeId, Node)> {
    let (uses, added) = (uses(graph), added(graph));
    (1..graph.nodes.len()).find_map(|second| {
        let last = &graph.nodes[second];
        let &[first] = last.inputs.as_slice() else { return None };
        let pair = Pair::of(graph, first, second).filter(|_| uses[first] == 1)?;
        let op = pair.composed()?;
        // Behind the first layer, what is added or summed over all pixels has no stride.
        if graph.nodes[first].inputs != [0] && has_stride(&op) && added[second] {
            return None;
        }
        let node = Node {
            name: pair.conv.name.clone(),
            op,
            inputs: graph.nodes[first].inputs.clone(),
            shape: last.shape,
            given: Given { result: last.given.result, ..Given::default() },
        };
        Some((first, second, node))
    })
}

fn has_stride(op: &Op) -> bool {
    matches!(op, Op::Conv { stride, .. } if *stride != [1, 1])
}

/// Per node: whether its values are added to others, or to each other, on their way to the next map.
fn added(graph: &Graph) -> Vec<bool> {
    let mut added = vec![false; graph.nodes.len()];
    for reader in (0..graph.nodes.len()).rev() {
        let passes = match graph.nodes[reader].op {
            Op::Add | Op::GlobalAverage => true,
            Op::Relu | Op::Clip { .. } | Op::Saturate { .. } | Op::Concat => added[reader],
            _ => false,
        };
        graph.nodes[reader].inputs.iter().for_each(|&input| added[input] |= passes);
    }
    added
}

impl<'a> Pair<'a> {
    fn of(graph: &'a Graph, first: NodeId, second: NodeId) -> Option<Self> {
        let (a, b) = (&graph.nodes[first], &graph.nodes[second]);
        let (average, conv, average_first, between) = match (&a.op, &b.op) {
            (Op::AveragePool { .. }, Op::Conv { pad, .. }) => (a, b, true, *pad),
            (Op::Conv { .. }, Op::AveragePool { pad, .. }) => (b, a, false, square(*pad)),
            _ => return None,
        };
        let source = graph.nodes[average.inputs[0]].shape;
        let floats = conv.given.weights.is_none() && conv.given.codebook.is_none() && a.given.result.is_none();
        let linear = floats && between == Padding::default() && changed_edge(average, source).is_none();
        linear.then_some(Pair { average, channels: source[0], conv, average_first })
    }

    /// One convolution for both, where it takes fewer weights.
    fn composed(&self) -> Option<Op> {
        let Op::AveragePool { kernel, stride: step, pad: zeros, .. } = self.average.op else { return None };
        let Op::Conv { out_channels, kernel: size, stride, pad, weights, bias } = &self.conv.op else { return None };
        let mean = vec![1.0 / (kernel * kernel) as f32; kernel * kernel];
        let mean = Kernel { size: [kernel; 2], taps: &mean };
        let both = |taps| {
            let own = Kernel { size: *size, taps };
            if self.average_first {
                mean.then(&own, [step; 2])
            } else {
                own.then(&mean, *stride)
            }
        };
        let (kernels, own) = (weights.len() / (size[0] * size[1]), size[0] * size[1]);
        let kernel = match self.average_first {
            true => [0, 1].map(|i| reach(kernel, size[i], step)),
            false => [0, 1].map(|i| reach(size[i], kernel, stride[i])),
        };
        let apart = weights.len() + self.channels * self.channels * mean.taps.len();
        let stride = stride.map(|s| s * step);
        if kernels * kernel[0] * kernel[1] >= apart || kernel.iter().chain(&stride).any(|&n| n > MAX_WINDOW) {
            return None;
        }
        let pad = if self.average_first { square(zeros) } else { *pad };
        let weights = weights.chunks_exact(own).flat_map(both).collect();
        Some(Op::Conv { out_channels: *out_channels, kernel, stride, pad, weights, bias: bias.clone() })
    }
}

impl Kernel<'_> {
    /// The kernel of `self` and then `next` on every `apart`th of its results, row by row.
    fn then(&self, next: &Kernel, apart: [usize; 2]) -> Vec<f32> {
        let [height, width] = [0, 1].map(|i| reach(self.size[i], next.size[i], apart[i]));
        let mut sums = vec![0f64; height * width];
        for (index, &outer) in next.taps.iter().enumerate() {
            let (top, left) = (index / next.size[1] * apart[0], index % next.size[1] * apart[1]);
            for (index, &inner) in self.taps.iter().enumerate() {
                let (y, x) = (top + index / self.size[1], left + index % self.size[1]);
                sums[y * width + x] += f64::from(outer) * f64::from(inner);
            }
        }
        sums.into_iter().map(|sum| sum as f32).collect()
    }
}

/// Size of a kernel of size `first` under each of `second` places, `apart` from each other.
fn reach(first: usize, second: usize, apart: usize) -> usize {
    (second - 1) * apart + first
}

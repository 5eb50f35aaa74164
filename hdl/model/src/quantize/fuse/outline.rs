//! The integer network without its numbers: what the machine is asked for, before any image is there.

use crate::error::Problem;
use crate::graph::{Graph, Node, Op};
use crate::quantize::fuse::{fuse, Fused, FusedKind, FusedLayer};
use crate::quantize::prepare::average;
use crate::quantize::QuantizeError;
use systole_net::Multiplier;
use systole_net::{
    Colour, Conv, InputEncoding, Layer, LayerKind, Net, NetError, Pool, PoolKind, Residual, Sink, TensorInfo,
};

/// The network that `graph` becomes, all weights zero and all scales one; it has layers, maps and windows alone.
///
/// # Errors
/// What the machine has no step for, all at once.
pub fn outline(graph: &Graph) -> Result<Net, Vec<Problem>> {
    let graph = crate::quantize::prepared(&crate::quantize::prepare::saturate::without_images(graph));
    // Maps of an image with values below zero take no fewer steps than those of one without.
    let fused = match fuse(&graph, true) {
        Ok(fused) => fused,
        Err(QuantizeError::Unsupported(problems)) => return Err(problems),
        Err(other) => return Err(vec![general(other.to_string())]),
    };
    checked(&graph, &fused)
}

/// What of `graph` the machine has no step for; empty when images are all that it takes to quantise it.
pub fn unsupported(graph: &Graph) -> Vec<Problem> {
    outline(graph).err().unwrap_or_default()
}

/// The outline of a fused graph, if it keeps the limits of a network.
pub(in crate::quantize) fn checked(graph: &Graph, fused: &Fused) -> Result<Net, Vec<Problem>> {
    let tensors: Vec<TensorInfo> = fused
        .maps
        .iter()
        .map(|map| crate::quantize::fit::calibrate::info(&graph.nodes[map.node], map.signed, 1.0))
        .collect();
    let colours = vec![Colour::Luma; tensors[Net::INPUT].channels];
    let tables = vec![vec![0; systole_net::input::LEVELS]; tensors[Net::INPUT].channels];
    let net = Net {
        name: graph.name.clone(),
        input: InputEncoding { colours, lut: Some(tables) },
        layers: fused.layers.iter().map(|layer| outlined(graph, &tensors, layer)).collect(),
        tensors,
        codebooks: Vec::new(),
        labels: Vec::new(),
        preprocessing: None,
        score_ends: None,
    };
    let net = net.fold_border();
    match net.check() {
        Ok(()) => Ok(net),
        Err(faults) => Err(problems(graph, faults)),
    }
}

fn outlined(graph: &Graph, tensors: &[TensorInfo], layer: &FusedLayer) -> Layer {
    let node = &graph.nodes[layer.node];
    let kind = match (layer.kind_of_conv(), layer.kind_of_pool(node)) {
        (None, Some(pool)) => LayerKind::Pool(pool),
        (sink, _) => {
            let (relu, residual, sink) = sink.unwrap_or((false, None, Sink::Sum { signed: true, border: 0 }));
            LayerKind::Conv(Conv { relu, residual, sink, ..windows(node, tensors[layer.input].channels) })
        }
    };
    Layer { name: node.name.clone(), input: layer.input, kind }
}

impl FusedLayer {
    fn kind_of_conv(&self) -> Option<(bool, Option<Residual>, Sink)> {
        let FusedKind::Conv { relu, residual, sink, .. } = self.kind else { return None };
        let residual =
            residual.map(|(tensor, channel_offset)| Residual { tensor, channel_offset, mult: Multiplier::DELTA });
        Some((relu, residual, sink))
    }

    /// The pool that a node is on the machine.
    pub(in crate::quantize) fn kind_of_pool(&self, node: &Node) -> Option<Pool> {
        let Op::MaxPool { kernel, stride, pad, .. } = node.op else { return None };
        let FusedKind::Pool { output } = self.kind else { return None };
        Some(Pool { kind: PoolKind::Max, kernel, stride, pad, output })
    }
}

/// The windows of a convolution, or of an average that is one on the machine.
fn windows(node: &Node, channels: usize) -> Conv {
    let in_channels = node.op.group_channels().unwrap_or(channels);
    let (out_channels, kernel, stride, pad) = match &node.op {
        Op::Conv { out_channels, kernel, stride, pad, .. } => (*out_channels, *kernel, *stride, *pad),
        Op::AveragePool { kernel, stride, pad, .. } => (channels, [*kernel; 2], [*stride; 2], average::square(*pad)),
        _ => (0, [0; 2], [0; 2], average::square(0)),
    };
    Conv {
        in_channels,
        out_channels,
        kernel_h: kernel[0],
        kernel_w: kernel[1],
        stride_y: stride[0],
        stride_x: stride[1],
        pad,
        codebook: None,
        weights: vec![0; out_channels * in_channels * kernel[0] * kernel[1]],
        bias: vec![0; out_channels],
        mult: vec![Multiplier::DELTA; out_channels],
        relu: false,
        residual: None,
        sink: Sink::Sum { signed: true, border: 0 },
        out_scale: 1.0,
    }
}

/// Faults of an outline, each once, in the words of a model's problems.
fn problems(graph: &Graph, faults: Vec<NetError>) -> Vec<Problem> {
    let mut all: Vec<Problem> = Vec::new();
    for fault in faults {
        let problem = match fault {
            NetError::Value { at, what, found, wanted } => Problem {
                operator: graph.nodes.iter().find(|n| n.name == at).map_or("map", |n| n.op.name()).to_string(),
                node: at,
                attribute: Some(what.to_string()),
                why: format!("is {found}"),
                nearest: wanted.replace("..=", " to "),
            },
            other => general(other.to_string()),
        };
        if !all.contains(&problem) {
            all.push(problem);
        }
    }
    all
}

fn general(why: String) -> Problem {
    let (operator, nearest) = ("network".to_string(), "the forms of docs/operators.md".to_string());
    Problem { node: String::new(), operator, attribute: None, why, nearest }
}

//! What is joined or added and is no convolution: a 1x1 layer that changes no value stands behind it, where the machine writes a
//! part of a map, or adds one. It takes a weight a channel.

use crate::given::Given;
use crate::graph::{Graph, Node, NodeId, Op, Padding};
use crate::quantize::fuse::first_lack;
use crate::quantize::prepare::average::IDENTITY;

/// The graph with such a layer in front of every concatenation and addition that lacks a convolution.
pub(in crate::quantize) fn behind_a_layer(mut graph: Graph) -> Graph {
    let operands: usize = graph.nodes.iter().map(|node| node.inputs.len()).sum();
    for _ in 0..operands {
        let Some((id, operand)) = first_lack(&graph) else { break };
        let node = &graph.nodes[id];
        let (source, name) = (node.inputs[operand], format!("{}_{operand}", node.name));
        let copy = copy(graph.nodes[source].shape[0]);
        let ops = match (&node.op, end(&graph, source)) {
            (Op::Concat, Op::Saturate { .. }) => vec![IDENTITY],
            (Op::Concat, Op::Clip { max }) => vec![copy, Op::Clip { max: *max }],
            _ if never_negative(&graph)[source] => vec![copy, Op::Relu],
            _ => vec![copy],
        };
        insert(&mut graph, (id, operand), &name, ops);
    }
    graph
}

/// Operations one behind the other, between a node and one of its operands.
fn insert(graph: &mut Graph, (id, operand): (NodeId, usize), name: &str, ops: Vec<Op>) {
    let (count, mut source) = (ops.len(), graph.nodes[id].inputs[operand]);
    let shape = graph.nodes[source].shape;
    graph.nodes.iter_mut().flat_map(|n| &mut n.inputs).filter(|input| **input >= id).for_each(|input| *input += count);
    graph.nodes[id].inputs[operand] = id + count - 1;
    for (index, op) in ops.into_iter().enumerate() {
        let name = if index == 0 { name.to_string() } else { format!("{name}_relu") };
        graph.nodes.insert(id + index, Node { name, op, inputs: vec![source], shape, given: Given::default() });
        source = id + index;
    }
}

/// The operation that ends the values of a node, behind pools and ReLUs.
fn end(graph: &Graph, mut node: NodeId) -> &Op {
    while matches!(graph.nodes[node].op, Op::MaxPool { .. } | Op::Relu) {
        node = graph.nodes[node].inputs[0];
    }
    &graph.nodes[node].op
}

/// Per node, whether no value of it can lie below zero.
fn never_negative(graph: &Graph) -> Vec<bool> {
    let mut never: Vec<bool> = Vec::new();
    for node in &graph.nodes {
        never.push(match &node.op {
            Op::Relu | Op::Clip { .. } => true,
            Op::Saturate { least, .. } => least.iter().all(|&low| low >= 0.0),
            Op::Input | Op::Conv { .. } => false,
            Op::MaxPool { .. } | Op::AveragePool { .. } | Op::Add | Op::Concat | Op::GlobalAverage => {
                node.inputs.iter().all(|&input| never[input])
            }
        });
    }
    never
}

/// A convolution of every channel by itself that changes no value, and knows no end of what it copies.
fn copy(channels: usize) -> Op {
    let weights = vec![1.0; channels];
    let (kernel, stride, pad) = ([1, 1], [1, 1], Padding::default());
    Op::Conv { out_channels: channels, kernel, stride, pad, weights, bias: vec![0.0; channels] }
}

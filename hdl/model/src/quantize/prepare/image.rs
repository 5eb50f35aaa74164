//! Readers of the image: convolutions of one stride. Everything else reads a layer that copies it.

use crate::given::Given;
use crate::graph::{Graph, Node, NodeId, Op};
use crate::quantize::prepare::average::IDENTITY;
use systole_net::Preprocess;

/// The graph without ReLUs of an image that has no negative values.
pub(in crate::quantize) fn without_idle_relus(graph: Graph, preprocess: &Preprocess) -> Graph {
    let is_relu = |node: &Node| node.op == Op::Relu && node.inputs == [0];
    let ends = |(&mean, &scale): (&f32, &f32)| [0.0, 255.0].map(|byte| (byte - mean) * scale);
    let negative = preprocess.mean.iter().zip(&preprocess.scale).flat_map(ends).any(|end| end < 0.0);
    if negative || !graph.nodes.iter().any(is_relu) {
        return graph;
    }
    let Graph { name, nodes, notes, image } = graph;
    let (mut places, mut made): (Vec<NodeId>, Vec<Node>) = (Vec::new(), Vec::new());
    for mut node in nodes {
        let idle = is_relu(&node);
        places.push(if idle { 0 } else { made.len() });
        if !idle {
            node.inputs.iter_mut().for_each(|input| *input = places[*input]);
            made.push(node);
        }
    }
    Graph { name, nodes: made, notes, image }
}

/// The graph with a 1x1 layer between the image and whatever the machine cannot do to the image itself.
pub(in crate::quantize) fn behind_a_layer(graph: Graph) -> Graph {
    let image = stored(&graph);
    let direct =
        |stride| graph.nodes.iter().all(|node| !node.inputs.contains(&image) || stride_of(&node.op) == Some(stride));
    let first = graph.nodes.iter().find(|node| node.inputs.contains(&image)).and_then(|node| stride_of(&node.op));
    if first.is_some_and(direct) {
        return graph;
    }
    let Graph { name, nodes, notes, image: of_file } = graph;
    let (mut places, mut made): (Vec<NodeId>, Vec<Node>) = (Vec::new(), Vec::new());
    for mut node in nodes {
        let reads_directly = stride_of(&node.op) == Some([1, 1]);
        for (index, input) in node.inputs.iter_mut().enumerate() {
            let of_image = *input == image && !reads_directly;
            *input = places[*input];
            if of_image {
                let (name, shape) = (format!("{}_image{index}", node.name), made[0].shape);
                made.push(Node { name, op: IDENTITY, inputs: vec![*input], shape, given: Given::default() });
                *input = made.len() - 1;
            }
        }
        places.push(made.len());
        made.push(node);
    }
    Graph { name, nodes: made, notes, image: of_file }
}

/// The image as the table that encodes it has it, which may saturate.
fn stored(graph: &Graph) -> NodeId {
    let mut readers = (0..graph.nodes.len()).filter(|&id| graph.nodes[id].inputs.contains(&0));
    match (readers.next(), readers.next()) {
        (Some(id), None) if matches!(graph.nodes[id].op, Op::Saturate { .. }) => id,
        _ => 0,
    }
}

/// Stride of what the machine does to an image.
fn stride_of(op: &Op) -> Option<[usize; 2]> {
    match op {
        Op::Conv { stride, .. } => Some(*stride),
        Op::AveragePool { stride, .. } => Some([*stride; 2]),
        _ => None,
    }
}

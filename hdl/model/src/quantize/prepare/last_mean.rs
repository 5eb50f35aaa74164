//! A mean over a whole map with nothing but 1x1 convolutions behind it, which come before it: so it is the last step, which the
//! machine sums in 16 bits. Storage of the mean that cuts nothing leaves such graphs.

use crate::graph::{Graph, NodeId, Op, Padding};
use crate::quantize::fuse::uses;

/// The graph with such a mean moved to its end.
pub(in crate::quantize) fn last_mean(mut graph: Graph) -> Graph {
    let Some(mean) = mean(&graph) else { return graph };
    let source = graph.nodes.remove(mean).inputs[0];
    let [_, height, width] = graph.nodes[source].shape;
    let last = graph.nodes.len() - 1;
    let moved = |input: NodeId| match input {
        _ if input == mean => source,
        _ => input - usize::from(input > mean),
    };
    graph.nodes[mean..].iter_mut().flat_map(|node| &mut node.inputs).for_each(|input| *input = moved(*input));
    for node in &mut graph.nodes[mean..last] {
        node.shape = [node.shape[0], height, width];
        // What the file says of means says nothing of the values of a map.
        node.given.result = None;
        if let Op::Conv { stride, .. } = &mut node.op {
            *stride = [1, 1];
        }
    }
    graph
}

/// The average of one window that lies over its whole map, with a row of 1x1 convolutions up to the end.
fn mean(graph: &Graph) -> Option<NodeId> {
    let uses = uses(graph);
    let last = graph.nodes.last().filter(|node| node.op == Op::GlobalAverage)?;
    let mut at = *last.inputs.first()?;
    loop {
        let node = &graph.nodes[at];
        let &[input] = node.inputs.as_slice() else { return None };
        match node.op {
            _ if uses[at] != 1 => return None,
            Op::Conv { kernel: [1, 1], pad, .. }
                if pad == Padding::default() && graph.nodes[input].shape[1..] == [1, 1] =>
            {
                at = input;
            }
            Op::AveragePool { kernel, pad: 0, .. } if graph.nodes[input].shape[1..] == [kernel; 2] => return Some(at),
            _ => return None,
        }
    }
}

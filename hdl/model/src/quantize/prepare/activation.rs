//! ReLUs and clips in front of the max pools that they follow (they commute), where a convolution can take them along.

use crate::graph::{Graph, Op};
use crate::quantize::fuse::uses;

/// The graph with every such pair swapped. What a file says of the result is so of both: a pool keeps its input's integers.
pub(in crate::quantize) fn before_pool(mut graph: Graph) -> Graph {
    let uses = uses(&graph);
    for last in 1..graph.nodes.len() {
        let mut relu = last;
        while matches!(graph.nodes[relu].op, Op::Relu | Op::Clip { .. } | Op::Saturate { .. }) {
            let pool = graph.nodes[relu].inputs[0];
            if !matches!(graph.nodes[pool].op, Op::MaxPool { .. }) || uses[pool] != 1 {
                break;
            }
            let (before, after) = graph.nodes.split_at_mut(relu);
            std::mem::swap(&mut before[pool].op, &mut after[0].op);
            std::mem::swap(&mut before[pool].name, &mut after[0].name);
            before[pool].given.result = after[0].given.result;
            graph.nodes[pool].shape = graph.nodes[graph.nodes[pool].inputs[0]].shape;
            relu = pool;
        }
    }
    graph
}

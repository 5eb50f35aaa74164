//! Strides behind the first layer as the machine has them: every pixel is computed, and a pool of one pixel takes those that
//! are wanted. (The first layer reads the image in phases.)

use crate::given::Given;
use crate::graph::{Graph, Node, NodeId, Op};
use crate::quantize::prepare::obstacle::obstacle;
use crate::shape::infer;

/// The graph with every such stride as a max pool of 1x1 windows behind the operation.
pub(in crate::quantize) fn pick_behind(graph: Graph) -> Graph {
    let Graph { name, nodes, notes, image } = graph;
    // Where each node of the old graph is in the new one.
    let (mut places, mut made): (Vec<NodeId>, Vec<Node>) = (Vec::new(), Vec::new());
    for (id, mut node) in nodes.into_iter().enumerate() {
        let strided = node.inputs.first().filter(|&&input| id > 0 && input != 0).copied();
        node.inputs.iter_mut().for_each(|input| *input = places[*input]);
        let parted = strided.and_then(|_| part(&node, made[node.inputs[0]].shape));
        match parted {
            Some((every, pick)) => made.extend([every, Node { inputs: vec![made.len()], ..pick }]),
            None => made.push(node),
        }
        places.push(made.len() - 1);
    }
    Graph { name, nodes: made, notes, image }
}

/// The node without its stride, and the pool that keeps it; the node's name and what a file says of its weights go with the
/// first, what it says of the result with both.
fn part(node: &Node, input: [usize; 3]) -> Option<(Node, Node)> {
    let (op, step) = match node.op.clone() {
        Op::Conv { out_channels, kernel, stride: [step, across], pad, weights, bias } if step == across && step > 1 => {
            (Op::Conv { out_channels, kernel, stride: [1; 2], pad, weights, bias }, step)
        }
        Op::AveragePool { kernel, stride, pad, count_pad, .. } if stride > 1 && obstacle(node, input).is_none() => {
            (Op::AveragePool { kernel, stride: 1, pad, ceil: false, count_pad }, stride)
        }
        _ => return None,
    };
    let shape = infer(&op, &[input]).ok()?;
    let pick = Op::MaxPool { kernel: 1, stride: step, pad: 0, ceil: false };
    let given = Given { result: node.given.result, ..Given::default() };
    let name = format!("{}_stride", node.name);
    let pick = Node { name, op: pick, inputs: Vec::new(), shape: node.shape, given };
    Some((Node { op, shape, ..node.clone() }, pick))
}

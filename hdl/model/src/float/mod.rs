//! Runs a graph in floating point: the reference, and what calibration looks at.
//!
//! Every sum is taken in one fixed order, so results are the same bits on every machine and any number of threads.

mod conv;
mod pool;

use crate::error::ModelError;
use crate::graph::{Graph, Node, Op};
use crate::groups::Groups;
use crate::shape::Shape;

/// Runs the graph on an image `[channels][height][width]` as the file takes it: what the file does to it first is done here.
///
/// Returns the result of every node, in the order of [`Graph::nodes`], each `[channels][height][width]`; the last one is
/// the scores (before any softmax).
///
/// # Errors
/// [`ModelError::Length`] when the image does not have the shape of node 0.
pub fn run(graph: &Graph, image: &[f32]) -> Result<Vec<Vec<f32>>, ModelError> {
    let wanted = graph.nodes[0].shape.iter().product();
    if image.len() != wanted {
        return Err(ModelError::Length { what: format!("image for {}", graph.name), wanted, found: image.len() });
    }
    let mut results: Vec<Vec<f32>> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let inputs: Vec<(&[f32], Shape)> =
            node.inputs.iter().map(|&i| (results[i].as_slice(), graph.nodes[i].shape)).collect();
        let result = if node.op == Op::Input { graph.image.node_0(image) } else { evaluate(node, &inputs) };
        results.push(result);
    }
    Ok(results)
}

/// Result of one node on values and shapes of its inputs.
pub(crate) fn evaluate(node: &Node, inputs: &[(&[f32], Shape)]) -> Vec<f32> {
    let (first, shape) = inputs[0];
    match &node.op {
        Op::Input => first.to_vec(),
        Op::Conv { kernel, stride, pad, weights, bias, .. } => conv::run(
            first,
            shape,
            node.shape,
            &conv::Filter {
                groups: Groups::of(&node.op, shape[0]),
                kernel: *kernel,
                stride: *stride,
                pad: *pad,
                weights,
                bias,
            },
        ),
        Op::Relu => first.iter().map(|v| v.max(0.0)).collect(),
        Op::Clip { max } => first.iter().map(|v| v.max(0.0).min(*max)).collect(),
        Op::Saturate { least, most } => {
            let pixels = shape[1] * shape[2];
            let ends = |index: usize| (least[index / pixels], most[index / pixels]);
            let cut = |(index, &value): (usize, &f32)| value.max(ends(index).0).min(ends(index).1);
            first.iter().enumerate().map(cut).collect()
        }
        Op::MaxPool { .. } => pool::max(first, shape, node),
        Op::AveragePool { .. } => pool::average(first, shape, node),
        Op::Add => first.iter().zip(inputs[1].0).map(|(a, b)| a + b).collect(),
        Op::Concat => inputs.iter().flat_map(|(values, _)| values.iter().copied()).collect(),
        Op::GlobalAverage => {
            let pixels = shape[1] * shape[2];
            let mean = |map: &[f32]| (map.iter().map(|&v| f64::from(v)).sum::<f64>() / pixels as f64) as f32;
            first.chunks_exact(pixels).map(mean).collect()
        }
    }
}

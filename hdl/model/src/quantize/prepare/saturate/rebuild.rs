//! A graph with another form of its saturations.

use super::{is_relu, Fate};
use crate::given::{Given, Quantisation};
use crate::graph::{Graph, Node, NodeId, Op, Padding};
use crate::quantize::fuse::uses;

/// A graph in the making, and where each node of the old one is in it.
struct Rebuilt {
    nodes: Vec<Node>,
    places: Vec<NodeId>,
}

pub(in crate::quantize) fn rebuild(graph: &Graph, fate: impl Fn(NodeId) -> Fate) -> Graph {
    let uses = uses(graph);
    let mut made = Rebuilt { nodes: Vec::new(), places: Vec::new() };
    for (id, node) in graph.nodes.iter().enumerate() {
        let mut node = node.clone();
        node.inputs.iter_mut().for_each(|input| *input = made.places[*input]);
        let place = match (&node.op, fate(id)) {
            (Op::Saturate { least, .. }, Fate::LeftOut) if !is_relu(least) => made.leave_out(node),
            (Op::Saturate { .. }, Fate::LeftOut) => made.push(Node { op: Op::Relu, ..node }),
            (Op::Saturate { .. }, Fate::Apart) => made.set_apart(node, uses[graph.nodes[id].inputs[0]] == 1),
            _ => made.push(node),
        };
        made.places.push(place);
    }
    Graph { name: graph.name.clone(), nodes: made.nodes, notes: graph.notes.clone(), image: graph.image.clone() }
}

impl Rebuilt {
    fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn leave_out(&mut self, node: Node) -> NodeId {
        let input = node.inputs[0];
        let given = &mut self.nodes[input].given;
        given.result = given.result.or(node.given.result);
        input
    }

    /// From the lower end on the values are stored as a map without negative values; then the end is added again.
    fn set_apart(&mut self, node: Node, alone: bool) -> NodeId {
        let Node { name, op, inputs, shape, given } = node;
        let Op::Saturate { least, most } = op else { return inputs[0] };
        let part = |suffix: &str, op: Op, input: NodeId, given: Given| {
            let name = format!("{name}_{suffix}");
            Node { name, op, inputs: vec![input], shape, given }
        };
        let down: Vec<f32> = least.iter().map(|low| -low).collect();
        let input = match &mut self.nodes[inputs[0]] {
            Node { op: Op::Conv { bias, .. }, .. } if alone => {
                bias.iter_mut().zip(&down).for_each(|(bias, down)| *bias += down);
                inputs[0]
            }
            _ => self.push(part("from_least", identity(&down), inputs[0], Given::default())),
        };
        let range: Vec<f32> = most.iter().zip(&least).map(|(most, least)| most - least).collect();
        // A channel of one value has no range; any holds it.
        let widest = range.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        let range: Vec<f32> = range.into_iter().map(|r| if r > 0.0 { r } else { widest }).collect();
        let scale = given.result.map(|given| given.scale).filter(|_| range.iter().all(|&r| r == range[0]));
        let result = scale.map(|scale| Quantisation { scale, zero_point: 0, signed: false });
        let op = Op::Saturate { least: vec![0.0; range.len()], most: range };
        let stored = self.push(part("range", op, input, Given { result, ..Given::default() }));
        self.push(Node {
            name,
            op: identity(&least),
            inputs: vec![stored],
            shape,
            given: Given { result: None, ..given },
        })
    }
}

/// A 1x1 convolution that adds a constant per channel.
fn identity(bias: &[f32]) -> Op {
    let channels = bias.len();
    let weights = (0..channels * channels).map(|i| if i % (channels + 1) == 0 { 1.0 } else { 0.0 });
    let (kernel, stride, pad) = ([1; 2], [1; 2], Padding::default());
    Op::Conv { out_channels: channels, kernel, stride, pad, weights: weights.collect(), bias: bias.to_vec() }
}

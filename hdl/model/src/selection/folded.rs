//! Selections of channels into the convolutions around them: those before them make no channel that is left out, those behind
//! them take the channels where they are. What neither can take on stays a 1x1 convolution.

use super::convolution;
use super::given::{given_rows, given_spread, rows, spread};
use crate::given::Given;
use crate::graph::{Node, NodeId, Op};
use crate::selections::{Order, Selections};
use std::collections::BTreeMap;

/// A node of the file's graph: channels of a node of the new one, all of them in order where there is no order.
#[derive(Clone)]
struct Picked {
    node: NodeId,
    order: Option<Order>,
}

#[derive(Default)]
struct Folder {
    nodes: Vec<Node>,
    /// Nodes with some of the channels of others.
    narrowed: BTreeMap<(NodeId, Vec<usize>), Option<NodeId>>,
    /// Selections that stay convolutions.
    kept: BTreeMap<(NodeId, Order), NodeId>,
}

/// The nodes up to `output`, which becomes the last one, without the selections that could be folded.
pub(crate) fn folded(nodes: Vec<Node>, selections: &Selections, output: NodeId) -> (Vec<Node>, NodeId) {
    if selections.is_empty() {
        return (nodes, output);
    }
    let mut folder = Folder::default();
    let mut known: Vec<Picked> = Vec::new();
    for (id, node) in nodes.into_iter().take(output + 1).enumerate() {
        let inputs: Vec<Picked> = node.inputs.iter().map(|&input| known[input].clone()).collect();
        known.push(match (selections.get(&id), inputs.as_slice()) {
            (Some(order), [input]) => folder.selection(order, input),
            _ => folder.rewritten(node, inputs),
        });
    }
    let last = known.swap_remove(output);
    let last = folder.closed(last);
    (folder.nodes, last)
}

impl Folder {
    fn channels(&self, node: NodeId) -> usize {
        self.nodes[node].shape[0]
    }

    fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// The same operation on other nodes, of so many channels.
    fn again(&mut self, node: &Node, op: Op, inputs: Vec<NodeId>, channels: usize, given: Given) -> NodeId {
        let [_, height, width] = node.shape;
        self.push(Node { name: node.name.clone(), op, inputs, shape: [channels, height, width], given })
    }

    fn selection(&mut self, order: &Order, input: &Picked) -> Picked {
        let of = |channel: usize| input.order.as_ref().map_or(Some(channel), |order| order[channel]);
        let order: Order = order.iter().map(|channel| channel.and_then(of)).collect();
        let mut used: Vec<usize> = order.iter().copied().flatten().collect();
        used.sort_unstable();
        used.dedup();
        let narrowed = if used.is_empty() { None } else { self.narrowed(input.node, &used) };
        match narrowed {
            Some(node) => {
                let place = |channel: usize| used.binary_search(&channel).ok();
                self.picked(node, order.into_iter().map(|channel| channel.and_then(place)).collect())
            }
            None => self.picked(input.node, order),
        }
    }

    fn picked(&self, node: NodeId, order: Order) -> Picked {
        let all = order.iter().copied().eq((0..self.channels(node)).map(Some));
        Picked { node, order: (!all).then_some(order) }
    }

    fn rewritten(&mut self, node: Node, inputs: Vec<Picked>) -> Picked {
        if inputs.iter().all(|input| input.order.is_none()) {
            let inputs = inputs.iter().map(|input| input.node).collect();
            return Picked { node: self.push(Node { inputs, ..node }), order: None };
        }
        match (&node.op, inputs.as_slice()) {
            (op @ Op::Conv { .. }, [Picked { node: source, order: Some(order) }]) if op.groups(order.len()) == 1 => {
                let (op, given) = self.spread(&node, *source, order);
                Picked { node: self.again(&node, op, vec![*source], node.shape[0], given), order: None }
            }
            (op @ Op::Conv { .. }, [Picked { node: source, order: Some(order) }]) => {
                match per_channel(op, order, self.channels(*source)) {
                    Some((op, place)) => {
                        let given = given_rows(&node.given, place.len(), &place);
                        self.behind(&Node { given, ..node }, op, *source, order.clone())
                    }
                    None => self.plain(node, &inputs),
                }
            }
            (Op::Concat, _) => self.joined(&node, &inputs),
            (Op::Add, [a, b]) if a.order == b.order && self.channels(a.node) == self.channels(b.node) => {
                let channels = self.channels(a.node);
                let sum = self.again(&node, Op::Add, vec![a.node, b.node], channels, node.given.clone());
                Picked { node: sum, order: a.order.clone() }
            }
            (Op::Saturate { least, most }, [Picked { node: source, order: Some(order) }]) => {
                match ends(order, self.channels(*source), least, most) {
                    Some(op) => self.behind(&node, op, *source, order.clone()),
                    None => self.plain(node, &inputs),
                }
            }
            (
                Op::Relu | Op::Clip { .. } | Op::MaxPool { .. } | Op::AveragePool { .. } | Op::GlobalAverage,
                [Picked { node: source, order: Some(order) }],
            ) => self.behind(&node, node.op.clone(), *source, order.clone()),
            _ => self.plain(node, &inputs),
        }
    }

    /// An operation channel by channel, before the selection instead of behind it.
    fn behind(&mut self, node: &Node, op: Op, source: NodeId, order: Order) -> Picked {
        let channels = self.channels(source);
        Picked { node: self.again(node, op, vec![source], channels, node.given.clone()), order: Some(order) }
    }

    /// The operation on selections that stay convolutions.
    fn plain(&mut self, node: Node, inputs: &[Picked]) -> Picked {
        let inputs = inputs.iter().map(|input| self.kept(input)).collect();
        Picked { node: self.push(Node { inputs, ..node }), order: None }
    }

    /// The selection as a convolution, where it is one.
    fn kept(&mut self, picked: &Picked) -> NodeId {
        let Some(order) = &picked.order else { return picked.node };
        let key = (picked.node, order.clone());
        if let Some(&node) = self.kept.get(&key) {
            return node;
        }
        let source = self.nodes[picked.node].clone();
        let name = format!("{}_channels", source.name);
        let given = Given { result: source.given.result, ..Given::default() };
        let op = convolution(order, source.shape[0]);
        let node = self.again(&Node { name, ..source }, op, vec![picked.node], order.len(), given);
        self.kept.insert(key, node);
        node
    }

    /// Weights for all channels of the source.
    fn spread(&self, node: &Node, source: NodeId, order: &Order) -> (Op, Given) {
        let Op::Conv { out_channels, kernel, stride, pad, weights, bias } = node.op.clone() else {
            return (node.op.clone(), node.given.clone());
        };
        let form = (order, self.channels(source), kernel[0] * kernel[1]);
        let weights = spread(&weights, form, |sum, weight| sum + weight);
        (Op::Conv { out_channels, kernel, stride, pad, weights, bias }, given_spread(&node.given, form))
    }

    /// Maps that are joined: every one of them once and whole, and the order of their channels.
    fn joined(&mut self, node: &Node, inputs: &[Picked]) -> Picked {
        let (mut parts, mut order) = (Vec::new(), Order::new());
        let mut firsts: BTreeMap<NodeId, usize> = BTreeMap::new();
        let mut channels = 0;
        for input in inputs {
            let first = *firsts.entry(input.node).or_insert_with(|| {
                parts.push(input.node);
                channels += self.nodes[input.node].shape[0];
                channels - self.nodes[input.node].shape[0]
            });
            match &input.order {
                Some(of) => order.extend(of.iter().map(|channel| channel.map(|channel| first + channel))),
                None => order.extend((first..first + self.channels(input.node)).map(Some)),
            }
        }
        let joined = match parts.as_slice() {
            [one] => *one,
            _ => self.again(node, Op::Concat, parts, channels, node.given.clone()),
        };
        self.picked(joined, order)
    }

    /// A node that has only these channels of another, in their order, and nothing made in vain; none where what makes them all
    /// is no convolution.
    fn narrowed(&mut self, node: NodeId, used: &[usize]) -> Option<NodeId> {
        if used.len() == self.channels(node) {
            return Some(node);
        }
        let key = (node, used.to_vec());
        if let Some(&known) = self.narrowed.get(&key) {
            return known;
        }
        let narrowed = self.narrow(node, used);
        self.narrowed.insert(key, narrowed);
        narrowed
    }

    fn narrow(&mut self, node: NodeId, used: &[usize]) -> Option<NodeId> {
        let old = self.nodes[node].clone();
        let picked = |ends: &[f32]| used.iter().map(|&channel| ends[channel]).collect();
        let (op, inputs, given) = match &old.op {
            Op::Conv { out_channels, kernel, stride, pad, weights, bias } => {
                let channels = self.channels(old.inputs[0]);
                let inputs = match old.op.groups(channels) {
                    1 => old.inputs.clone(),
                    // A channel by itself needs no other.
                    groups if groups == channels && channels == *out_channels => {
                        vec![self.narrowed(old.inputs[0], used)?]
                    }
                    _ => return None,
                };
                let op = Op::Conv {
                    out_channels: used.len(),
                    kernel: *kernel,
                    stride: *stride,
                    pad: *pad,
                    weights: rows(weights, *out_channels, used),
                    bias: rows(bias, *out_channels, used),
                };
                (op, inputs, given_rows(&old.given, *out_channels, used))
            }
            Op::Relu | Op::Clip { .. } | Op::MaxPool { .. } | Op::AveragePool { .. } => {
                (old.op.clone(), vec![self.narrowed(old.inputs[0], used)?], old.given.clone())
            }
            Op::Saturate { least, most } => {
                let op = Op::Saturate { least: picked(least), most: picked(most) };
                (op, vec![self.narrowed(old.inputs[0], used)?], old.given.clone())
            }
            Op::Concat => return self.narrow_joined(&old, used),
            Op::Input | Op::Add | Op::GlobalAverage => return None,
        };
        Some(self.again(&old, op, inputs, used.len(), given))
    }

    fn narrow_joined(&mut self, old: &Node, used: &[usize]) -> Option<NodeId> {
        let (mut parts, mut first) = (Vec::new(), 0);
        for &input in &old.inputs {
            let channels = self.channels(input);
            let own = used.iter().filter_map(|channel| channel.checked_sub(first)).filter(|&own| own < channels);
            let own: Vec<usize> = own.collect();
            if !own.is_empty() {
                parts.push(self.narrowed(input, &own)?);
            }
            first += channels;
        }
        match parts.as_slice() {
            [one] => Some(*one),
            _ => Some(self.again(old, Op::Concat, parts, used.len(), old.given.clone())),
        }
    }

    /// The graph's last node: the average of what was selected.
    fn closed(&mut self, last: Picked) -> NodeId {
        let Picked { node, order: Some(order) } = last else { return last.node };
        let average = self.nodes[node].clone();
        if average.op != Op::GlobalAverage {
            return self.kept(&Picked { node, order: Some(order) });
        }
        let channels = order.len();
        let selected = self.kept(&Picked { node: average.inputs[0], order: Some(order) });
        self.again(&average, Op::GlobalAverage, vec![selected], channels, average.given.clone())
    }
}

/// A depthwise convolution of selected channels as one of all channels, in their own order, with its row for each of them; none where
/// an output sees several channels or the selection is no other order of all.
fn per_channel(op: &Op, order: &Order, channels: usize) -> Option<(Op, Vec<usize>)> {
    let Op::Conv { out_channels, kernel, stride, pad, weights, bias } = op else { return None };
    if op.group_channels() != Some(1) || *out_channels != order.len() || order.len() != channels {
        return None;
    }
    let mut place = vec![None; channels];
    for (at, channel) in order.iter().enumerate() {
        place[(*channel)?] = Some(at);
    }
    let place: Vec<usize> = place.into_iter().collect::<Option<_>>()?;
    let op = Op::Conv {
        out_channels: *out_channels,
        kernel: *kernel,
        stride: *stride,
        pad: *pad,
        weights: rows(weights, *out_channels, &place),
        bias: rows(bias, *out_channels, &place),
    };
    Some((op, place))
}

/// The ends of selected channels for all of them; none where they contradict each other or cut zeros.
fn ends(order: &Order, channels: usize, least: &[f32], most: &[f32]) -> Option<Op> {
    let widest = [least.iter().copied().fold(f32::MAX, f32::min), most.iter().copied().fold(f32::MIN, f32::max)];
    let mut all = vec![None; channels];
    for (channel, ends) in order.iter().zip(least.iter().zip(most)) {
        match channel {
            Some(channel) if all[*channel].is_some_and(|other| other != ends) => return None,
            Some(channel) => all[*channel] = Some(ends),
            None if *ends.0 > 0.0 || *ends.1 < 0.0 => return None,
            None => {}
        }
    }
    let least = all.iter().map(|ends| ends.map_or(widest[0], |ends| *ends.0)).collect();
    let most = all.iter().map(|ends| ends.map_or(widest[1], |ends| *ends.1)).collect();
    Some(Op::Saturate { least, most })
}

//! Nodes of an ONNX graph in an order in which every value is made before it is used.

use super::message::Node;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// Indices of the nodes in such an order, that of the file as far as possible; then those that wait for each other.
pub(crate) fn execution_order(nodes: &[Node]) -> (Vec<usize>, Vec<usize>) {
    let makers = nodes.iter().enumerate().flat_map(|(i, n)| n.output.iter().map(move |o| (o.as_str(), i)));
    let maker: HashMap<&str, usize> = makers.filter(|(name, _)| !name.is_empty()).collect();
    let mut waits = vec![0usize; nodes.len()];
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (i, node) in nodes.iter().enumerate() {
        for &made_by in node.input.iter().filter_map(|name| maker.get(name.as_str())) {
            waits[i] += 1;
            users[made_by].push(i);
        }
    }
    let mut ready: BinaryHeap<Reverse<usize>> = (0..nodes.len()).filter(|&i| waits[i] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(Reverse(i)) = ready.pop() {
        order.push(i);
        for &user in &users[i] {
            waits[user] -= 1;
            if waits[user] == 0 {
                ready.push(Reverse(user));
            }
        }
    }
    let stuck = (0..nodes.len()).filter(|&i| waits[i] > 0).collect();
    (order, stuck)
}

//! The end of an import: what the output does not need goes, names become unique, and the graph ends in its average.

use crate::builder::{Builder, Site, Value, View};
use crate::error::{printable, Problem};
use crate::graph::{Graph, Node, Op};
use crate::selection::folded;
use std::collections::HashMap;

impl Builder {
    /// The graph that computes `output`, or everything that is wrong with the file.
    pub fn finish(mut self, name: String, output: Option<Value>) -> Result<Graph, Vec<Problem>> {
        let found = self.problems.len();
        let closed = output.and_then(|value| self.close(value));
        let last = match closed {
            Some(last) if found == 0 => self.settle_image(last.node).map(|image| (last, image)),
            _ => None,
        };
        match last {
            Some((last, image)) => {
                let (nodes, last) = folded(self.nodes, &self.selections, last.node);
                let nodes = prune(nodes, last);
                Ok(Graph { name: printable(&name), nodes, notes: self.notes, image })
            }
            None => {
                if self.problems.is_empty() {
                    self.report(Site { node: "", operator: "network" }, "", "has no layers", "at least one layer");
                }
                Err(self.problems)
            }
        }
    }

    /// Every graph ends in a global average, if only over one pixel.
    fn close(&mut self, output: Value) -> Option<Value> {
        let node = &self.nodes[output.node];
        let (name, shape) = (node.name.clone(), node.shape);
        let site = Site { node: &name, operator: "network output" };
        if node.op == Op::Input || matches!(output.view, View::Padded(_)) || shape[1..] != [1, 1] {
            let nearest = "a global average or a fully connected layer at the end";
            self.report(site, "", format!("the network ends in a map of {shape:?}"), nearest);
            return None;
        }
        let output = self.ordered(site, output)?;
        if self.nodes[output.node].op == Op::GlobalAverage {
            self.cut_by_host(output);
            return Some(output);
        }
        let average = format!("{name}_average");
        let map = Value { view: View::Map, ..output };
        self.apply(Site { node: &average, ..site }, Op::GlobalAverage, &[map])
    }
}

/// The nodes that `output` needs and node 0, in order, with unique names.
fn prune(nodes: Vec<Node>, output: usize) -> Vec<Node> {
    let mut needed = vec![false; nodes.len()];
    needed[0] = true;
    needed[output] = true;
    for id in (0..=output).rev() {
        if needed[id] {
            nodes[id].inputs.iter().for_each(|&i| needed[i] = true);
        }
    }
    let mut place = vec![0; nodes.len()];
    let mut kept = Vec::new();
    let mut names = HashMap::new();
    for (id, mut node) in nodes.into_iter().enumerate().filter(|(id, _)| needed[*id]) {
        place[id] = kept.len();
        node.inputs.iter_mut().for_each(|i| *i = place[*i]);
        node.name = unique(&mut names, node.name);
        kept.push(node);
    }
    kept
}

/// `name`, or the first of `name_2`, `name_3` ... that is free; `taken` counts how often each name was asked for.
fn unique(taken: &mut HashMap<String, usize>, name: String) -> String {
    let mut candidate = name.clone();
    while taken.contains_key(&candidate) {
        let count = taken.entry(name.clone()).or_insert(1);
        *count += 1;
        candidate = format!("{name}_{count}");
    }
    taken.insert(candidate.clone(), 1);
    candidate
}

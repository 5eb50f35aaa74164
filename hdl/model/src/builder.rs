//! Builds the graph node by node for every importer: checks shapes and sizes, collects problems, folds what folds.

use crate::error::Problem;
use crate::given::Given;
use crate::graph::{Node, NodeId, Op};
use crate::shape::{infer, Shape};
use systole_net::Padding;

/// Most values of all feature maps together, and most parameters: 1 GB each as f32.
const MAX_VALUES: usize = 1 << 28;

/// Where in the file something comes from.
#[derive(Clone, Copy)]
pub(crate) struct Site<'a> {
    pub node: &'a str,
    pub operator: &'a str,
}

/// How the file sees a node's result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum View {
    Map,
    /// All values in one row, channel-major.
    Flat,
    /// With zeros around it that have not been put anywhere yet.
    Padded(Padding),
    /// Behind a softmax: only the host goes on from here.
    Scores,
}

/// A result in the file: a node of the graph, seen in some way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Value {
    pub node: NodeId,
    pub view: View,
}

/// The graph so far. Methods that return `None` have reported a problem.
#[derive(Default)]
pub(crate) struct Builder {
    pub nodes: Vec<Node>,
    pub notes: Vec<String>,
    pub problems: Vec<Problem>,
    /// Per node: no value can be below zero.
    non_negative: Vec<bool>,
    values: usize,
    parameters: usize,
}

impl Builder {
    /// Adds to the list of problems; an empty `attribute` blames the node as a whole.
    pub fn report(&mut self, site: Site, attribute: &str, why: impl Into<String>, nearest: impl Into<String>) {
        self.problems.push(Problem {
            node: site.node.to_string(),
            operator: site.operator.to_string(),
            attribute: (!attribute.is_empty()).then(|| attribute.to_string()),
            why: why.into(),
            nearest: nearest.into(),
        });
    }

    /// An operation of the file that the host does, or nobody has to do.
    pub fn note(&mut self, site: Site, what: &str) {
        self.notes.push(format!("{} ({}): {what}", site.node, site.operator));
    }

    pub fn shape(&self, value: Value) -> Shape {
        self.nodes[value.node].shape
    }

    /// Height and width, with the padding that has not been put anywhere yet.
    pub fn padded_size(&self, value: Value) -> [usize; 2] {
        let [_, height, width] = self.shape(value);
        match value.view {
            View::Padded(p) => [height + p.top + p.bottom, width + p.left + p.right],
            View::Map | View::Flat | View::Scores => [height, width],
        }
    }

    /// Whether a map is one pixel, so that every order of its values is the same.
    pub fn is_pixel(&self, value: Value) -> bool {
        self.shape(value)[1..] == [1, 1]
    }

    /// The image. A second call is a problem of the file.
    pub fn input(&mut self, site: Site, shape: Shape) -> Option<Value> {
        if !self.nodes.is_empty() {
            self.report(site, "", "a second input", "one image input");
            return None;
        }
        if shape.contains(&0) {
            self.report(site, "shape", format!("image of {shape:?}"), "channels, height and width of 1 or more");
            return None;
        }
        self.insert(site, Op::Input, Vec::new(), shape, false)
    }

    /// Takes `count` parameters from what a graph may hold, before they are decoded.
    pub fn reserve_parameters(&mut self, site: Site, count: usize) -> Option<()> {
        let total = self.parameters.saturating_add(count);
        if total > MAX_VALUES {
            let nearest = format!("{MAX_VALUES} parameters in all");
            self.report(site, "weights", format!("{count} more parameters"), nearest);
            return None;
        }
        self.parameters = total;
        Some(())
    }

    /// Applies an operation; padding of the input is folded into a convolution, and a convolution behind the global
    /// average is moved before it.
    pub fn apply(&mut self, site: Site, op: Op, inputs: &[Value]) -> Option<Value> {
        for &input in inputs {
            self.check_view(site, &op, input)?;
        }
        let op = fold_padding(op, inputs);
        if let [input] = inputs {
            if self.nodes[input.node].op == Op::GlobalAverage {
                return self.apply_behind_average(site, op, *input);
            }
        }
        if inputs.iter().any(|i| self.nodes[i.node].op == Op::GlobalAverage) {
            self.report(site, "inputs", "works on a global average", "the global average as the last operation");
            return None;
        }
        self.append(site, op, inputs)
    }

    fn check_view(&mut self, site: Site, op: &Op, input: Value) -> Option<()> {
        let (why, nearest) = match (input.view, op) {
            (View::Map, _)
            | (View::Flat, Op::Relu | Op::Clip { .. } | Op::Add)
            | (View::Padded(_), Op::Conv { .. }) => return Some(()),
            (View::Flat, _) if self.is_pixel(input) => return Some(()),
            (View::Flat, _) => {
                ("works on a flattened map", "flatten only before a fully connected layer or at the end")
            }
            (View::Padded(_), _) => ("works on a padded map", "padding only before a convolution or a max pool"),
            (View::Scores, _) => ("works on a softmax", "softmax only at the end"),
        };
        self.report(site, "inputs", why, nearest);
        None
    }

    /// `mean(x)` is linear: a 1x1 convolution behind it gives the same as before it.
    fn apply_behind_average(&mut self, site: Site, op: Op, input: Value) -> Option<Value> {
        let average = self.nodes[input.node].clone();
        match op {
            Op::Relu if self.non_negative[input.node] => {
                self.note(site, "left out: nothing below zero goes in");
                Some(input)
            }
            Op::GlobalAverage => Some(input),
            Op::Conv { kernel: [1, 1], pad, .. } if pad == Padding::default() => {
                let source = Value { node: average.inputs[0], view: View::Map };
                let conv = self.append(site, op, &[source])?;
                self.note(site, "moved before the global average");
                let average = Site { node: &average.name, operator: site.operator };
                let moved = self.append(average, Op::GlobalAverage, &[conv])?;
                Some(Value { view: input.view, ..moved })
            }
            _ => {
                self.report(site, "", "works on a global average", "a fully connected layer or 1x1 convolution there");
                None
            }
        }
    }

    fn append(&mut self, site: Site, op: Op, inputs: &[Value]) -> Option<Value> {
        let shapes: Vec<Shape> = inputs.iter().map(|i| self.shape(*i)).collect();
        let shape = match infer(&op, &shapes) {
            Ok(shape) => shape,
            Err(fault) => {
                self.report(site, fault.attribute, fault.why, fault.nearest);
                return None;
            }
        };
        let ids: Vec<NodeId> = inputs.iter().map(|i| i.node).collect();
        let mut all = ids.iter().map(|&i| self.non_negative[i]);
        let non_negative = match op {
            Op::Relu | Op::Clip { .. } => true,
            Op::MaxPool { .. } | Op::AveragePool { .. } | Op::Add | Op::Concat | Op::GlobalAverage => all.all(|n| n),
            Op::Conv { .. } | Op::Input => false,
        };
        let flat = matches!(op, Op::Relu | Op::Clip { .. } | Op::Add) && inputs.iter().any(|i| i.view == View::Flat);
        let value = self.insert(site, op, ids, shape, non_negative)?;
        Some(Value { view: if flat { View::Flat } else { View::Map }, ..value })
    }

    fn insert(&mut self, site: Site, op: Op, inputs: Vec<NodeId>, shape: Shape, non_negative: bool) -> Option<Value> {
        let total = shape.into_iter().try_fold(1usize, usize::checked_mul).and_then(|n| n.checked_add(self.values));
        self.values = match total {
            Some(total) if total <= MAX_VALUES => total,
            _ => {
                let nearest = format!("feature maps of {MAX_VALUES} values in all");
                self.report(site, "shape", format!("a result of {shape:?} is too large"), nearest);
                return None;
            }
        };
        self.nodes.push(Node { name: site.node.to_string(), op, inputs, shape, given: Given::default() });
        self.non_negative.push(non_negative);
        Some(Value { node: self.nodes.len() - 1, view: View::Map })
    }

    pub fn is_non_negative(&self, value: Value) -> bool {
        self.non_negative[value.node]
    }
}

/// Sum of two paddings.
pub(crate) fn add_padding(a: Padding, b: Padding) -> Padding {
    Padding { top: a.top + b.top, left: a.left + b.left, bottom: a.bottom + b.bottom, right: a.right + b.right }
}

fn fold_padding(op: Op, inputs: &[Value]) -> Op {
    match (op, inputs) {
        (Op::Conv { out_channels, kernel, stride, pad, weights, bias }, [Value { view: View::Padded(around), .. }]) => {
            Op::Conv { out_channels, kernel, stride, pad: add_padding(pad, *around), weights, bias }
        }
        (op, _) => op,
    }
}

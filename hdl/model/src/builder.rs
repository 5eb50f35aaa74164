//! Builds the graph node by node for every importer: checks shapes and sizes, collects problems, folds what folds.

use crate::error::{printable, Problem};
use crate::given::Given;
use crate::graph::{Node, NodeId, Op};
use crate::layout::Layout;
use crate::selections::Selections;
use crate::shape::{infer, Shape};
use crate::stored_mean::StoredMean;
use std::collections::{BTreeMap, BTreeSet};
use systole_net::{Affine, Padding, Preprocess};

/// Most values of all feature maps together, and most parameters: 1 GB each as f32.
const MAX_VALUES: usize = 1 << 28;

/// Range of values of which nothing is known.
pub(crate) const UNBOUNDED: [f32; 2] = [f32::NEG_INFINITY, f32::INFINITY];

/// Where in the file something comes from.
#[derive(Clone, Copy)]
pub(crate) struct Site<'a> {
    pub node: &'a str,
    pub operator: &'a str,
}

/// How the file sees a node's result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum View {
    /// Batch, channels, height, width.
    Map,
    /// Batch, all values in one row, channel-major.
    Flat,
    /// A map with zeros around it that have not been put anywhere yet.
    Padded(Padding),
    /// Any other order or grouping of the axes, by its place in [`Builder::layouts`].
    Axes(usize),
    /// Behind a softmax or the like, on such axes: only the host goes on from here.
    Scores(usize),
}

/// A result in the file: a node of the graph, seen in some way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Value {
    pub node: NodeId,
    pub view: View,
}

/// The graph so far. Methods that return `None` have reported a problem.
pub(crate) struct Builder {
    pub nodes: Vec<Node>,
    pub notes: Vec<String>,
    pub problems: Vec<Problem>,
    /// Images per run that the file was made for.
    pub batch: usize,
    /// What [`View::Axes`] and [`View::Scores`] are numbers of; each is there once.
    layouts: Vec<Layout>,
    /// What the host does to a node's values, by name and operator.
    hosts: BTreeMap<NodeId, String>,
    stand_ins: BTreeSet<NodeId>,
    /// Convolutions that select channels alone.
    pub selections: Selections,
    /// Global averages that are also there as maps of one pixel.
    pub pixels: BTreeMap<NodeId, NodeId>,
    /// Global averages that the file stores where their values may lie beyond the ends.
    pub means: BTreeMap<NodeId, StoredMean>,
    /// Per node: what no value can be below, and above.
    ranges: Vec<[f32; 2]>,
    /// Images behind operations of the file, and what those make of its input.
    pub normalised: BTreeMap<NodeId, Affine>,
    /// How the file says that image bytes become its input.
    pub preprocess: Option<Preprocess>,
    values: usize,
    parameters: usize,
}

impl Default for Builder {
    fn default() -> Self {
        let (nodes, notes, problems) = (Vec::new(), Vec::new(), Vec::new());
        let (layouts, ranges) = (Vec::new(), Vec::new());
        let (hosts, pixels, means, stand_ins) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        let selections = BTreeMap::new();
        let (normalised, preprocess) = (BTreeMap::new(), None);
        let (batch, values, parameters) = (1, 0, 0);
        Builder {
            nodes,
            notes,
            problems,
            batch,
            layouts,
            hosts,
            stand_ins,
            selections,
            pixels,
            means,
            normalised,
            preprocess,
            ranges,
            values,
            parameters,
        }
    }
}

impl Builder {
    /// Adds to the list of problems; an empty `attribute` blames the node as a whole.
    pub fn report(&mut self, site: Site, attribute: &str, why: impl Into<String>, nearest: impl Into<String>) {
        self.problems.push(Problem {
            node: printable(site.node),
            operator: printable(site.operator),
            attribute: (!attribute.is_empty()).then(|| printable(attribute)),
            why: printable(&why.into()),
            nearest: printable(&nearest.into()),
        });
    }

    /// An operation of the file that the host does, or nobody has to do.
    pub fn note(&mut self, site: Site, what: &str) {
        self.notes.push(printable(&format!("{} ({}): {what}", site.node, site.operator)));
    }

    pub fn shape(&self, value: Value) -> Shape {
        self.nodes[value.node].shape
    }

    /// Height and width, with the padding that has not been put anywhere yet.
    pub fn padded_size(&self, value: Value) -> [usize; 2] {
        let [_, height, width] = self.shape(value);
        match value.view {
            View::Padded(p) => [height + p.top + p.bottom, width + p.left + p.right],
            View::Map | View::Flat | View::Axes(_) | View::Scores(_) => [height, width],
        }
    }

    /// How the file sees the value; a padded map has no layout.
    pub fn layout(&self, value: Value) -> Option<Layout> {
        match value.view {
            View::Map => Some(Layout::map(self.batch, self.shape(value))),
            View::Flat => Some(Layout::flat(self.batch, self.shape(value))),
            View::Axes(layout) | View::Scores(layout) => self.layouts.get(layout).cloned(),
            View::Padded(_) => None,
        }
    }

    /// The value on other axes.
    pub fn seen(&mut self, value: Value, layout: Layout) -> Value {
        let shape = self.shape(value);
        let view = match value.view {
            View::Scores(_) => View::Scores(self.intern(layout)),
            _ if layout == Layout::map(self.batch, shape) => View::Map,
            _ if layout == Layout::flat(self.batch, shape) => View::Flat,
            _ => View::Axes(self.intern(layout)),
        };
        Value { view, ..value }
    }

    fn intern(&mut self, layout: Layout) -> usize {
        self.layouts.iter().position(|known| *known == layout).unwrap_or_else(|| {
            self.layouts.push(layout);
            self.layouts.len() - 1
        })
    }

    /// The value as one that only the host works on, by the operator at `site`; `how` is its note.
    pub fn left_to_host(&mut self, site: Site, value: Value, layout: Layout, how: &str) -> Value {
        self.cut_by_host(value);
        self.note(site, how);
        self.hosts.entry(value.node).or_insert_with(|| format!("{} ({})", site.node, site.operator));
        Value { view: View::Scores(self.intern(layout)), ..value }
    }

    /// Whether a map is one pixel.
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
        self.insert(site, Op::Input, Vec::new(), shape, UNBOUNDED)
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

    /// Applies an operation; padding of the input is folded into a convolution, and what follows the global average is
    /// moved before it, or works on its one pixel.
    pub fn apply(&mut self, site: Site, op: Op, inputs: &[Value]) -> Option<Value> {
        for &input in inputs {
            self.check_view(site, &op, input)?;
        }
        if let Some(other) = inputs.iter().find(|input| input.view != inputs[0].view) {
            let [a, b] = [inputs[0], *other].map(|value| self.layout(value).map_or("padded".into(), |l| l.to_string()));
            self.report(site, "inputs", format!("joins {a} and {b}"), "maps on the same axes");
            return None;
        }
        let op = fold_padding(op, inputs);
        match inputs {
            [input] if self.nodes[input.node].op == Op::GlobalAverage => self.apply_behind_average(site, op, *input),
            _ => {
                let inputs: Option<Vec<Value>> = inputs.iter().map(|&input| self.as_pixel(site, input)).collect();
                self.append(site, op, &inputs?)
            }
        }
    }

    /// Whether the operation works on values seen so.
    fn check_view(&mut self, site: Site, op: &Op, input: Value) -> Option<()> {
        let by_value = works_by_value(op);
        let keeps_zero = matches!(op, Op::Conv { .. } | Op::Relu | Op::Clip { .. });
        let (why, nearest) = match input.view {
            View::Map => return Some(()),
            View::Flat | View::Axes(_) if by_value => return Some(()),
            View::Padded(_) if keeps_zero => return Some(()),
            View::Flat => (
                "works on a flattened map".to_string(),
                "flatten only before a fully connected layer or at the end".to_string(),
            ),
            View::Padded(_) => {
                ("works on a padded map".to_string(), "padding only before a convolution or a pool".to_string())
            }
            View::Axes(layout) => (
                format!("works on a map whose axes are {}", self.layouts[layout]),
                "batch, channels, height, width (tf2onnx: --inputs-as-nchw), or a Transpose back before it".to_string(),
            ),
            View::Scores(_) => self.behind_host(input),
        };
        self.report(site, "inputs", why, nearest);
        None
    }

    /// Whether the file sees the value as batch, channels, height, width, padded or not; a report where it does not.
    pub fn is_map(&mut self, site: Site, input: Value) -> Option<()> {
        self.check_view(
            site,
            &Op::GlobalAverage,
            match input.view {
                View::Padded(_) => Value { view: View::Map, ..input },
                _ => input,
            },
        )
    }

    /// Why the machine cannot go on from what the host does.
    pub fn behind_host(&self, value: Value) -> (String, String) {
        let host = self.hosts.get(&value.node).map_or("the host's operator", String::as_str);
        (format!("works on the result of {host}"), format!("{host} as the last operator; within a network, ReLU"))
    }

    pub(super) fn append(&mut self, site: Site, op: Op, inputs: &[Value]) -> Option<Value> {
        let shapes: Vec<Shape> = inputs.iter().map(|i| self.shape(*i)).collect();
        let shape = match infer(&op, &shapes) {
            Ok(shape) => shape,
            Err(fault) => {
                self.report(site, fault.attribute, fault.why, fault.nearest);
                return None;
            }
        };
        let ids: Vec<NodeId> = inputs.iter().map(|i| i.node).collect();
        let range = self.range(&op, &ids);
        let by_value = works_by_value(&op);
        let value = self.insert(site, op, ids, shape, range)?;
        Some(Value { view: if by_value { inputs[0].view } else { View::Map }, ..value })
    }

    pub fn insert(&mut self, site: Site, op: Op, inputs: Vec<NodeId>, shape: Shape, range: [f32; 2]) -> Option<Value> {
        let total = shape.into_iter().try_fold(1usize, usize::checked_mul).and_then(|n| n.checked_add(self.values));
        self.values = match total {
            Some(total) if total <= MAX_VALUES => total,
            _ => {
                let nearest = format!("feature maps of {MAX_VALUES} values in all");
                self.report(site, "shape", format!("a result of {shape:?} is too large"), nearest);
                return None;
            }
        };
        self.nodes.push(Node { name: printable(site.node), op, inputs, shape, given: Given::default() });
        self.ranges.push(range);
        Some(Value { node: self.nodes.len() - 1, view: View::Map })
    }

    /// A value of that shape in place of one that cannot be computed, so that what is behind it is looked at as well. Only
    /// where a problem has been reported.
    pub fn stand_in(&mut self, site: Site, input: Value, shape: Shape) -> Option<Value> {
        debug_assert!(!self.problems.is_empty());
        let value = self.insert(site, Op::Relu, vec![input.node], shape, [0.0, f32::INFINITY])?;
        self.stand_ins.insert(value.node);
        Some(Value { view: input.view, ..value })
    }

    /// Whether the value stands in for one that cannot be computed.
    pub fn is_stand_in(&self, value: Value) -> bool {
        self.stand_ins.contains(&value.node)
    }

    pub fn is_non_negative(&self, value: Value) -> bool {
        self.ranges[value.node][0] >= 0.0
    }

    /// Between which values the results of an operation on the nodes `ids` must lie.
    fn range(&self, op: &Op, ids: &[NodeId]) -> [f32; 2] {
        let hull = |a: [f32; 2], b: [f32; 2]| [a[0].min(b[0]), a[1].max(b[1])];
        let inputs = ids.iter().map(|&id| self.ranges[id]);
        let Some(all) = inputs.clone().reduce(hull) else { return UNBOUNDED };
        let ends = |least: f32, most: f32| all.map(|end| end.max(least).min(most));
        match op {
            Op::Input | Op::Conv { .. } => UNBOUNDED,
            Op::Relu => ends(0.0, f32::INFINITY),
            Op::Clip { max } => ends(0.0, *max),
            Op::Saturate { least, most } => {
                let [low, high] = [least, most].map(|all| all.iter().copied());
                ends(low.fold(f32::INFINITY, f32::min), high.fold(f32::NEG_INFINITY, f32::max))
            }
            Op::Add => inputs.reduce(|a, b| [a[0] + b[0], a[1] + b[1]]).unwrap_or(UNBOUNDED),
            Op::AveragePool { count_pad: true, .. } => hull(all, [0.0; 2]),
            Op::MaxPool { .. } | Op::AveragePool { .. } | Op::Concat | Op::GlobalAverage => all,
        }
    }

    /// Between which values the results of a node lie.
    pub fn range_of(&self, value: Value) -> [f32; 2] {
        self.ranges[value.node]
    }

    /// Between which values the results of a node are known to lie.
    pub fn set_range(&mut self, node: NodeId, range: [f32; 2]) {
        self.ranges[node] = range;
    }

    /// Whether values may lie below `least` or above `most`.
    pub fn exceeds(&self, value: Value, [least, most]: [f32; 2]) -> bool {
        let [low, high] = self.ranges[value.node];
        low < least || high > most
    }

    /// Cuts every value to `least..=most`, as storage that has no others does; nothing where no value can lie beyond.
    /// Storage after storage is one.
    pub fn saturate(&mut self, site: Site, value: Value, [least, most]: [f32; 2]) -> Option<Value> {
        if !self.exceeds(value, [least, most]) {
            return Some(value);
        }
        let node = &self.nodes[value.node];
        let inside = |ends: &[f32]| ends.iter().map(|end| end.max(least).min(most)).collect();
        let (input, op) = match &node.op {
            Op::Saturate { least, most } => (node.inputs[0], Op::Saturate { least: inside(least), most: inside(most) }),
            _ => {
                let channels = node.shape[0];
                (value.node, Op::Saturate { least: vec![least; channels], most: vec![most; channels] })
            }
        };
        // Zero is stored as it is, so padding may as well come behind.
        let stored = self.append(site, op, &[Value { node: input, view: View::Map }])?;
        Some(Value { view: value.view, ..stored })
    }
}

/// Whether the operation is the same for every value by itself, whatever the axes are.
fn works_by_value(op: &Op) -> bool {
    matches!(op, Op::Relu | Op::Clip { .. } | Op::Saturate { .. } | Op::Add)
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

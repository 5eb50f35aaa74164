//! Saturations of a quantised file on the machine, which has them where a map is stored: at zero and above, or alike on both
//! sides. What cuts nothing goes, the others get a form that the machine has, and what is left out is measured and told.

use super::fuse::uses;
use super::QuantizeError;
use crate::float;
use crate::given::{Given, Quantisation};
use crate::graph::{Graph, Node, NodeId, Op, Padding};
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use systole_net::{Image, Preprocess};

/// How far the scores of the calibration images may move by saturations that are left out, relative to their size.
const MOST_MOVED: f64 = 0.01;
/// How far they may move by all of them together where none is worth a scale of its own.
const HARDLY_MOVED: f64 = 0.001;
/// Largest side of the identity that an exact saturation may take beside the map: a million weights.
const MOST_CHANNELS: usize = 1024;
/// Counts of an 8-bit map between its ends.
const COUNTS: f32 = 255.0;
/// How far the two ends of a map may differ from -128 and 127 counts of one scale.
const EVEN: f32 = 1e-3;

/// The graph with the saturations that the machine has, and what became of the others.
pub(super) struct Settled {
    pub graph: Graph,
    pub notes: Vec<String>,
}

/// What becomes of one saturation.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    /// Nothing, or a ReLU, stays.
    LeftOut,
    /// The map that is stored saturates there.
    Kept,
    /// A map of its own is stored from the lower end on, and a 1x1 convolution puts it back.
    Apart,
}

/// What a saturation cuts on the calibration images.
#[derive(Clone, Copy, Default)]
struct Cut {
    values: usize,
    all: usize,
    /// By how much at most, in parts of the range.
    most: f32,
}

/// All saturations taken for cutting nothing, as far as one can know without images.
pub(super) fn without_images(graph: &Graph) -> Graph {
    rebuild(graph, |_| Fate::LeftOut)
}

/// Only the images of those indices are looked at.
///
/// # Errors
/// [`QuantizeError::Saturation`] where what would have to be left out changes the scores.
pub(super) fn settle(
    graph: &Graph,
    preprocess: &Preprocess,
    images: &[Image],
    calibrating: &[usize],
) -> Result<Settled, QuantizeError> {
    let saturations: Vec<NodeId> = (0..graph.nodes.len()).filter(|&id| is_saturation(graph, id)).collect();
    if saturations.is_empty() {
        return Ok(Settled { graph: graph.clone(), notes: Vec::new() });
    }
    let inputs = inputs(preprocess, images, calibrating)?;
    let measured = measure(graph, &saturations, &inputs)?;
    let left_out = |moved: f64| format!("left out, which moves the scores by {:.2} %", 100.0 * moved);
    let cutting = cutting(&saturations, &measured);
    let plain = without_images(graph);
    let moved = difference(&plain, &inputs, &measured.scores)?;
    if moved <= HARDLY_MOVED {
        let notes = cutting.iter().map(|cutting| cutting.told(graph, &left_out(moved))).collect();
        return Ok(Settled { graph: plain, notes });
    }
    let (kept, mut apart): (Vec<Cutting>, Vec<Cutting>) =
        cutting.into_iter().partition(|cutting| is_free(graph, cutting.id));
    let fate = |id: NodeId| if kept.iter().any(|kept| kept.id == id) { Fate::Kept } else { Fate::LeftOut };
    let settled = rebuild(graph, fate);
    let mut notes: Vec<String> = kept.iter().map(|kept| kept.told(graph, "the map saturates there")).collect();
    let moved = difference(&settled, &inputs, &measured.scores)?;
    if moved <= MOST_MOVED {
        notes.extend(apart.iter().map(|cutting| cutting.told(graph, &left_out(moved))));
        return Ok(Settled { graph: settled, notes });
    }
    if apart.is_empty() {
        // Each cuts less than a count, but all of them together do not.
        let left = saturations.iter().filter(|&&id| fate(id) == Fate::LeftOut && is_possible(graph, id));
        apart = left.map(|&id| Cutting { id, cut: Cut::default() }).collect();
    }
    are_possible(graph, &apart, moved)?;
    let cost = "a map of its own saturates there, at the cost of a 1x1 layer";
    notes.extend(apart.iter().map(|cutting| cutting.told(graph, cost)));
    let fate = |id: NodeId| if apart.iter().any(|apart| apart.id == id) { Fate::Apart } else { fate(id) };
    Ok(Settled { graph: rebuild(graph, fate), notes })
}

/// What the network reads of the images of those indices.
fn inputs(preprocess: &Preprocess, images: &[Image], indices: &[usize]) -> Result<Vec<Vec<f32>>, QuantizeError> {
    let input = |&index: &usize| {
        let of = |source| QuantizeError::Image { index, source };
        preprocess.apply(&images[index]).map_err(of)
    };
    indices.iter().map(input).collect()
}

/// Whether a saturation can have a map of its own.
fn is_possible(graph: &Graph, id: NodeId) -> bool {
    let node = &graph.nodes[id];
    node.shape[0] <= MOST_CHANNELS && node.inputs != [0]
}

/// Whether all of them can have maps of their own, without which the scores are `moved`.
fn are_possible(graph: &Graph, apart: &[Cutting], moved: f64) -> Result<(), QuantizeError> {
    let Some(cutting) = apart.iter().find(|cutting| !is_possible(graph, cutting.id)) else { return Ok(()) };
    let (node, cut) = (graph.nodes[cutting.id].name.clone(), cutting.told(graph, ""));
    Err(QuantizeError::Saturation { node, cut, moved: 100.0 * moved, most: MOST_CHANNELS })
}

/// A saturation, and what it cuts.
struct Cutting {
    id: NodeId,
    cut: Cut,
}

impl Cutting {
    fn told(&self, graph: &Graph, what: &str) -> String {
        told(graph, self.id, self.cut, what)
    }
}

/// The saturations that cut anything.
fn cutting(saturations: &[NodeId], measured: &Measured) -> Vec<Cutting> {
    let all = saturations.iter().zip(&measured.cuts).map(|(&id, &cut)| Cutting { id, cut });
    all.filter(|cutting| cutting.cut.values > 0).collect()
}

fn is_saturation(graph: &Graph, id: NodeId) -> bool {
    matches!(graph.nodes[id].op, Op::Saturate { .. })
}

fn ends(graph: &Graph, id: NodeId) -> (&[f32], &[f32]) {
    match &graph.nodes[id].op {
        Op::Saturate { least, most } => (least, most),
        _ => (&[], &[]),
    }
}

/// What a saturation does, for a reader of the report.
fn told(graph: &Graph, id: NodeId, cut: Cut, what: &str) -> String {
    let (least, most) = ends(graph, id);
    let low = least.iter().copied().fold(f32::INFINITY, f32::min);
    let high = most.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let share = 100.0 * cut.values as f64 / cut.all.max(1) as f64;
    let (name, beyond) = (&graph.nodes[id].name, 100.0 * cut.most);
    let hint = match graph.nodes[id].inputs == [0] && share > 1.0 {
        true => " (is --preprocess what the file was made for?)",
        false => "",
    };
    let end = if what.is_empty() { String::new() } else { format!(": {what}") };
    format!("{name}: the file saturates at {low}..{high}; {share:.3} % of the values of the calibration images lie beyond, by up to {beyond:.1} % of the range{hint}{end}")
}

struct Measured {
    cuts: Vec<Cut>,
    /// Of every image.
    scores: Vec<Vec<f32>>,
}

fn measure(graph: &Graph, saturations: &[NodeId], inputs: &[Vec<f32>]) -> Result<Measured, QuantizeError> {
    let one = |image: &Vec<f32>| {
        let mut results = float::run(graph, image)?;
        let cuts = saturations.iter().map(|&id| cut(graph, id, &results[graph.nodes[id].inputs[0]]));
        let cuts: Vec<Cut> = cuts.collect();
        Ok((cuts, results.pop().unwrap_or_default()))
    };
    let all: Vec<(Vec<Cut>, Vec<f32>)> = inputs.par_iter().map(one).collect::<Result<_, QuantizeError>>()?;
    let join = |a: Cut, b: &Cut| Cut { values: a.values + b.values, all: a.all + b.all, most: a.most.max(b.most) };
    let cuts = (0..saturations.len()).map(|at| all.iter().fold(Cut::default(), |sum, (cuts, _)| join(sum, &cuts[at])));
    Ok(Measured { cuts: cuts.collect(), scores: all.iter().map(|(_, scores)| scores.clone()).collect() })
}

/// Values beyond the ends by more than half a count, which rounding would not take away. Where a ReLU stays in place
/// of the saturation, what it makes of them counts.
fn cut(graph: &Graph, id: NodeId, values: &[f32]) -> Cut {
    let (least, most) = ends(graph, id);
    let pixels = values.len() / least.len();
    let mut sum = Cut { all: values.len(), ..Cut::default() };
    let relu = is_relu(least);
    for (channel, values) in values.chunks(pixels).enumerate() {
        let (low, high) = (least[channel], most[channel]);
        let range = (high - low).max(f32::MIN_POSITIVE);
        for &value in values {
            let below = low - if relu { value.max(0.0) } else { value };
            let beyond = below.max(value - high);
            if beyond > range / COUNTS / 2.0 {
                sum.values += 1;
                sum.most = sum.most.max(beyond / range);
            }
        }
    }
    sum
}

/// Whether what is left without upper ends is a ReLU.
fn is_relu(least: &[f32]) -> bool {
    least.iter().all(|&low| low >= 0.0)
}

/// Root mean square of what the scores move by, relative to their own.
fn difference(graph: &Graph, inputs: &[Vec<f32>], wanted: &[Vec<f32>]) -> Result<f64, QuantizeError> {
    let one = |image: &Vec<f32>| Ok(float::run(graph, image)?.pop().unwrap_or_default());
    let found: Vec<Vec<f32>> = inputs.par_iter().map(one).collect::<Result<_, QuantizeError>>()?;
    let pairs = || wanted.iter().flatten().zip(found.iter().flatten()).map(|(&w, &f)| (f64::from(w), f64::from(f)));
    let (signal, noise) = pairs().fold((0.0, 0.0), |(s, n), (w, f)| (s + w * w, n + (w - f) * (w - f)));
    Ok(if noise == 0.0 { 0.0 } else { (noise / signal).sqrt() })
}

/// Whether the layer that makes the value takes the saturation along, and no reader minds.
fn is_free(graph: &Graph, id: NodeId) -> bool {
    let (least, most) = ends(graph, id);
    let input = graph.nodes[id].inputs[0];
    if input == 0 {
        return uses(graph)[0] == 1;
    }
    let zero = least.iter().all(|&low| low == 0.0);
    let high = most[0];
    let alike = |low: f32, high: f32, end: f32| (low / -128.0 - end / 127.0).abs() <= EVEN * end / 127.0 && high == end;
    let even = high > 0.0 && least.iter().zip(most).all(|(&low, &end)| alike(low, end, high));
    let made = is_pending(graph, input) || is_pooled(graph, input);
    let summed = matches!(graph.nodes[input].op, Op::Add);
    (zero || even) && most.iter().all(|&m| m > 0.0) && made && readers_take(graph, id, summed)
}

/// Whether the machine has not stored the value yet when it could saturate.
fn is_pending(graph: &Graph, id: NodeId) -> bool {
    let node = &graph.nodes[id];
    uses(graph)[id] == 1
        && match node.op {
            Op::Conv { .. } | Op::AveragePool { .. } | Op::Add => true,
            Op::Relu | Op::Clip { .. } | Op::Saturate { .. } => is_pending(graph, node.inputs[0]),
            Op::Concat => node.inputs.iter().all(|&input| is_pending(graph, input)),
            Op::Input | Op::MaxPool { .. } | Op::GlobalAverage => false,
        }
}

/// Whether the value is a max pool's, in front of which the machine can saturate.
fn is_pooled(graph: &Graph, id: NodeId) -> bool {
    let node = &graph.nodes[id];
    let pooled = matches!(node.op, Op::MaxPool { .. }) && uses(graph)[id] == 1;
    pooled && (is_pending(graph, node.inputs[0]) || is_pooled(graph, node.inputs[0]))
}

/// Whether all that becomes of the value goes into convolutions: what is saturated carries no addition, and sums of 16 bits
/// do not saturate there.
fn readers_take(graph: &Graph, id: NodeId, summed: bool) -> bool {
    let readers = (0..graph.nodes.len()).filter(|&reader| graph.nodes[reader].inputs.contains(&id));
    readers.into_iter().all(|reader| match graph.nodes[reader].op {
        Op::Conv { .. } | Op::AveragePool { .. } => true,
        Op::Concat => !summed && readers_take(graph, reader, summed),
        Op::Relu | Op::Clip { .. } | Op::Saturate { .. } | Op::MaxPool { .. } => readers_take(graph, reader, summed),
        Op::Add | Op::GlobalAverage | Op::Input => false,
    })
}

/// A graph in the making, and where each node of the old one is in it.
struct Rebuilt {
    nodes: Vec<Node>,
    places: Vec<NodeId>,
}

fn rebuild(graph: &Graph, fate: impl Fn(NodeId) -> Fate) -> Graph {
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

//! Saturations of a quantised file on the machine, which has them where a map is stored: at zero and above, or alike on both
//! sides. What cuts nothing goes, the others get a form that the machine has, and what is left out is measured and told.

mod rebuild;
#[cfg(test)]
mod tests;

use crate::float;
use crate::graph::{Graph, NodeId, Op};
use crate::quantize::fuse::uses;
use crate::quantize::QuantizeError;
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use rebuild::rebuild;
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
pub(in crate::quantize) struct Settled {
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
pub(in crate::quantize) fn without_images(graph: &Graph) -> Graph {
    rebuild(graph, |_| Fate::LeftOut)
}

/// Only the images of those indices are looked at.
///
/// # Errors
/// [`QuantizeError::Saturation`] where what would have to be left out changes the scores.
pub(in crate::quantize) fn settle(
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
    let Measured { cuts, scores } = measure(graph, &saturations, &inputs)?;
    let all: Vec<Cutting> = saturations.into_iter().zip(cuts).map(|(id, cut)| Cutting { id, cut }).collect();
    let case = Case { graph, inputs, scores };
    let cutting: Vec<Cutting> = all.iter().copied().filter(|cutting| cutting.cut.values > 0).collect();
    let plain = without_images(graph);
    let moved = case.moved(&plain)?;
    if moved <= HARDLY_MOVED {
        let notes = cutting.iter().map(|cutting| cutting.told(graph, &left_out(moved))).collect();
        return Ok(Settled { graph: plain, notes });
    }
    match case.settled(&cutting)? {
        Some(settled) => Ok(settled),
        None => case.settled_together(&all),
    }
}

fn left_out(moved: f64) -> String {
    format!("left out, which moves the scores by {:.2} %", 100.0 * moved)
}

/// A graph with what it makes of the images.
struct Case<'a> {
    graph: &'a Graph,
    inputs: Vec<Vec<f32>>,
    scores: Vec<Vec<f32>>,
}

impl Case<'_> {
    fn moved(&self, graph: &Graph) -> Result<f64, QuantizeError> {
        difference(graph, &self.inputs, &self.scores)
    }

    /// The graph with those saturations; none where the scores want others as well.
    fn settled(&self, cutting: &[Cutting]) -> Result<Option<Settled>, QuantizeError> {
        let graph = self.graph;
        let (kept, apart): (Vec<Cutting>, Vec<Cutting>) =
            cutting.iter().partition(|cutting| is_free(graph, cutting.id));
        let fate = |id: NodeId| if kept.iter().any(|kept| kept.id == id) { Fate::Kept } else { Fate::LeftOut };
        let settled = rebuild(graph, fate);
        let mut notes: Vec<String> = kept.iter().map(|kept| kept.told(graph, "the map saturates there")).collect();
        let moved = self.moved(&settled)?;
        if moved <= MOST_MOVED {
            notes.extend(apart.iter().map(|cutting| cutting.told(graph, &left_out(moved))));
            return Ok(Some(Settled { graph: settled, notes }));
        }
        if apart.is_empty() {
            return Ok(None);
        }
        are_possible(graph, &apart, moved)?;
        let cost = "a map of its own saturates there, at the cost of a 1x1 layer";
        notes.extend(apart.iter().map(|cutting| cutting.told(graph, cost)));
        let fate = |id: NodeId| if apart.iter().any(|apart| apart.id == id) { Fate::Apart } else { fate(id) };
        Ok(Some(Settled { graph: rebuild(graph, fate), notes }))
    }

    /// The graph with all saturations that can be had: each cuts less than a count, but all of them together do not.
    fn settled_together(&self, all: &[Cutting]) -> Result<Settled, QuantizeError> {
        let had = |cutting: &Cutting| is_free(self.graph, cutting.id) || is_possible(self.graph, cutting.id);
        let (had, left): (Vec<Cutting>, Vec<Cutting>) = all.iter().partition(|cutting| had(cutting));
        match (self.settled(&had)?, left.first()) {
            (Some(settled), None) => Ok(settled),
            (None, None) => Ok(Settled { graph: self.graph.clone(), notes: Vec::new() }),
            (Some(settled), _) if self.moved(&settled.graph)? <= MOST_MOVED => Ok(settled),
            (_, Some(first)) => Err(first.refused(self.graph, self.moved(&without_images(self.graph))?)),
        }
    }
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
    match apart.iter().find(|cutting| !is_possible(graph, cutting.id)) {
        Some(cutting) => Err(cutting.refused(graph, moved)),
        None => Ok(()),
    }
}

/// A saturation, and what it cuts.
#[derive(Clone, Copy)]
struct Cutting {
    id: NodeId,
    cut: Cut,
}

impl Cutting {
    fn told(&self, graph: &Graph, what: &str) -> String {
        told(graph, self.id, self.cut, what)
    }

    /// It cannot be had, and without it the scores are `moved`.
    fn refused(&self, graph: &Graph, moved: f64) -> QuantizeError {
        let (node, cut) = (graph.nodes[self.id].name.clone(), self.told(graph, ""));
        QuantizeError::Saturation { node, cut, moved: 100.0 * moved, most: MOST_CHANNELS }
    }
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

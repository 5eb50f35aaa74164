//! What a graph is made of, for people and programs: layers, shapes, parameters, multiply-accumulates.

use crate::coded_size::CodedSize;
use crate::graph::{Graph, Node, Op, Padding};
use serde::Serialize;
use std::fmt;

/// Columns of names and operations at most; what is longer moves its line's rest to the right.
const WIDEST: usize = 80;

/// A graph in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub name: String,
    /// Channels, height, width of the image.
    pub input: [usize; 3],
    /// Scores per image.
    pub classes: usize,
    /// One per node, in order.
    pub layers: Vec<LayerSummary>,
    /// Weights and biases of all layers.
    pub parameters: u64,
    /// Multiply-accumulates of one image, those on zero padding included.
    pub macs: u64,
    /// All coded weights together; absent where none are.
    pub coded: Option<CodedSize>,
    /// Operations of the file that are left to the host or dropped.
    pub notes: Vec<String>,
}

/// A node in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LayerSummary {
    pub name: String,
    /// Operation and its attributes, such as `conv 3x3 /2 pad 1`.
    pub operation: String,
    /// Channels, height, width of the result.
    pub shape: [usize; 3],
    pub parameters: u64,
    pub macs: u64,
    /// Where the file has the weights in a codebook.
    pub coded: Option<CodedSize>,
}

/// Sums up a graph.
pub fn describe(graph: &Graph) -> Summary {
    let layers: Vec<LayerSummary> = graph.nodes.iter().map(|node| layer(graph, node)).collect();
    Summary {
        name: graph.name.clone(),
        input: graph.nodes.first().map_or([0; 3], |n| n.shape),
        classes: graph.nodes.last().map_or(0, |n| n.shape[0]),
        parameters: layers.iter().map(|l| l.parameters).sum(),
        macs: layers.iter().map(|l| l.macs).sum(),
        coded: layers.iter().any(|l| l.coded.is_some()).then(|| layers.iter().filter_map(|l| l.coded).sum()),
        layers,
        notes: graph.notes.clone(),
    }
}

fn layer(graph: &Graph, node: &Node) -> LayerSummary {
    let (parameters, macs) = match &node.op {
        Op::Conv { weights, bias, .. } => {
            (weights.len() + bias.len(), weights.len() as u64 * (node.shape[1] * node.shape[2]) as u64)
        }
        _ => (0, 0),
    };
    let groups = node.inputs.first().map_or(1, |&input| node.op.groups(graph.nodes[input].shape[0]));
    let operation = operation(&node.op) + &grouped(groups);
    let coded = node.given.codebook.as_ref().map(|codebook| CodedSize::of(codebook, node.shape[0]));
    LayerSummary { name: node.name.clone(), operation, shape: node.shape, parameters: parameters as u64, macs, coded }
}

fn operation(op: &Op) -> String {
    match op {
        Op::Input => "image".to_string(),
        Op::Conv { kernel: [h, w], stride: [y, x], pad, .. } => {
            let stride = if y == x { format!("/{y}") } else { format!("/{y}x{x}") };
            format!("conv {h}x{w} {stride}{}", padding(*pad))
        }
        Op::Relu => "relu".to_string(),
        Op::Clip { max } => format!("clip 0..{max}"),
        Op::Saturate { least, most } => {
            let low = least.iter().copied().fold(f32::INFINITY, f32::min);
            let high = most.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            format!("saturate {low}..{high}")
        }
        Op::MaxPool { kernel, stride, pad, ceil } => pool("max", [*kernel, *stride, *pad], *ceil),
        Op::AveragePool { kernel, stride, pad, ceil, .. } => pool("average", [*kernel, *stride, *pad], *ceil),
        Op::Add => "add".to_string(),
        Op::Concat => "concat".to_string(),
        Op::GlobalAverage => "global average".to_string(),
    }
}

fn grouped(groups: usize) -> String {
    if groups > 1 {
        format!(", {groups} groups")
    } else {
        String::new()
    }
}

fn pool(kind: &str, [kernel, stride, pad]: [usize; 3], ceil: bool) -> String {
    let pad = padding(Padding { top: pad, left: pad, bottom: pad, right: pad });
    format!("{kind} pool {kernel}x{kernel} /{stride}{pad}{}", if ceil { " ceil" } else { "" })
}

fn padding(pad: Padding) -> String {
    let Padding { top, left, bottom, right } = pad;
    match [top, left, bottom, right] {
        [0, 0, 0, 0] => String::new(),
        [a, b, c, d] if a == b && b == c && c == d => format!(" pad {a}"),
        sides => format!(" pad {sides:?}"),
    }
}

/// Characters of a column that holds these texts, or most of them.
fn column<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0).min(WIDEST)
}

impl Summary {
    /// Sizes of coded weights, layer by layer.
    fn coded_sizes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(total) = self.coded else { return Ok(()) };
        let width = column(self.layers.iter().map(|l| l.name.as_str()));
        let (name, bytes) = ("coded weights, bytes", ["indices", "gaps", "codebook", "biases", "sum", "or bitmap"]);
        let [indices, gaps, codebook, biases, sum, bitmap] = bytes;
        write!(f, "  {name:width$}  {:>9} {:>6}", "not zero", "share")?;
        writeln!(f, "  {indices:>8} {gaps:>8} {codebook:>8} {biases:>8} {sum:>8} {bitmap:>9}")?;
        let layers = self.layers.iter().filter_map(|l| Some((l.name.as_str(), l.coded?)));
        for (name, size) in layers.chain([("all, with header", total)]) {
            let CodedSize { index_bytes, gap_bytes, codebook_bytes, bias_bytes, bitmap_bytes, .. } = size;
            write!(f, "  {name:width$}  {:>9} {:>5.1}%", size.non_zero, 100.0 * size.density())?;
            write!(f, "  {index_bytes:>8} {gap_bytes:>8} {codebook_bytes:>8} {bias_bytes:>8}")?;
            writeln!(f, " {:>8} {bitmap_bytes:>9}", size.file_bytes())?;
        }
        Ok(())
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [channels, height, width] = self.input;
        writeln!(f, "{}: {channels}x{height}x{width} image, {} classes", self.name, self.classes)?;
        let name_width = column(self.layers.iter().map(|l| l.name.as_str()));
        let kind_width = column(self.layers.iter().map(|l| l.operation.as_str()));
        for l in &self.layers {
            let [c, h, w] = l.shape;
            let shape = format!("{c}x{h}x{w}");
            write!(f, "  {:name_width$}  {:kind_width$}  {shape:>13}", l.name, l.operation)?;
            match l.macs {
                0 => writeln!(f)?,
                macs => writeln!(f, "  {:>9} parameters  {macs:>11} MAC", l.parameters)?,
            }
        }
        writeln!(f, "  {} parameters, {:.2} M MAC per image", self.parameters, self.macs as f64 / 1e6)?;
        self.coded_sizes(f)?;
        self.notes.iter().try_for_each(|note| writeln!(f, "  note: {note}"))
    }
}

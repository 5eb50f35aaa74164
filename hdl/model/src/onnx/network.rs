//! An ONNX network: inputs, nodes in execution order, the output.

use super::channels::Sliced;
use super::channels_last::has_channels_last;
use super::constant::{held, take_constants, Constants};
use super::evaluate::Budget;
use super::integers::Content;
use super::message::{data_type, Graph as File, Model, Node, Tensor, ValueInfo};
use super::order::execution_order;
use super::stored::Stored;
use crate::builder::{Builder, Site, Value};
use crate::error::Problem;
use crate::graph::Graph;
use crate::layout::Layout;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::rc::Rc;

/// Oldest operator set whose attributes mean what is read here.
const OLDEST_OPSET: i64 = 7;
/// Names in a report of a cycle.
const NAMES_SHOWN: usize = 8;

/// What a name in the file stands for.
#[derive(Clone)]
pub(crate) enum Operand {
    Value(Value),
    /// Known when the file is read, whatever computed it.
    Constant(Rc<Tensor>),
    /// Some rows and columns of a map, until it is known which.
    Sliced(Sliced),
    /// Sizes that are not known, and side outputs: no feature map.
    Other,
    /// Behind a problem.
    Unknown,
}

/// A network on its way to a graph.
pub(crate) struct Importer<'a> {
    pub builder: Builder,
    pub operands: HashMap<&'a str, Operand>,
    /// Nodes that read a value, by its name.
    pub readers: HashMap<&'a str, Vec<&'a Node>>,
    /// Results of the network, by name.
    pub outputs: HashSet<&'a str>,
    /// Results of the node being read beside the first.
    pub others: Vec<Operand>,
    /// 8-bit weights by the name of their float form.
    pub stored: HashMap<&'a str, Stored>,
    /// What maps hold, by name; real numbers where there is no entry.
    pub contents: HashMap<&'a str, Content>,
    /// What the result of the node being read holds.
    pub written: Content,
    /// What computing constants may still take.
    pub budget: Budget,
    /// Where external data lies.
    pub folder: &'a Path,
    pub opset: i64,
    /// Images per run that the file was exported for.
    pub batch: usize,
}

/// The graph of a decoded file, or all problems.
pub(crate) fn import(model: Model, folder: &Path, input_size: Option<[usize; 2]>) -> Result<Graph, Vec<Problem>> {
    let opsets = model.opset_import.iter().filter(|o| o.domain.is_empty() || o.domain == "ai.onnx");
    let opset = opsets.map(|o| o.version).max().unwrap_or(1);
    let mut file = model.graph.unwrap_or_default();
    let (constants, repeated) = take_constants(&mut file);
    let mut importer = Importer {
        builder: Builder::default(),
        operands: HashMap::new(),
        readers: HashMap::new(),
        outputs: HashSet::new(),
        others: Vec::new(),
        stored: HashMap::new(),
        contents: HashMap::new(),
        written: Content::Reals,
        budget: Budget::new(held(&constants, folder)),
        folder,
        opset,
        batch: 1,
    };
    if opset < OLDEST_OPSET {
        let site = Site { node: "", operator: "opset_import" };
        importer.builder.report(site, "version", format!("is {opset}"), format!("opset {OLDEST_OPSET} or newer"));
    }
    for name in &repeated {
        let site = Site { node: name, operator: "constant" };
        importer.builder.report(site, "", "is there twice", "one initialiser or Constant node for every name");
    }
    importer.inputs(&file, &constants, input_size);
    importer.nodes(&file);
    let output = importer.output(&file);
    let name = if file.name.is_empty() { "network" } else { &file.name };
    importer.builder.finish(name.to_string(), output)
}

impl<'a> Importer<'a> {
    fn inputs(&mut self, file: &'a File, constants: &'a Constants, size: Option<[usize; 2]>) {
        for (name, tensor) in constants {
            self.operands.insert(name, Operand::Constant(tensor.clone()));
        }
        let images: Vec<&ValueInfo> = file.input.iter().filter(|i| !constants.contains_key(&i.name)).collect();
        if images.is_empty() {
            self.builder.report(Site { node: "", operator: "graph" }, "input", "there is none", "one image input");
        }
        for info in images {
            let last = has_channels_last(file, &info.name);
            let operand = self.image(info, size, last).map_or(Operand::Unknown, Operand::Value);
            self.operands.insert(&info.name, operand);
        }
    }

    fn image(&mut self, info: &ValueInfo, size: Option<[usize; 2]>, channels_last: bool) -> Option<Value> {
        let site = Site { node: &info.name, operator: "graph input" };
        let tensor = info.kind.as_ref().and_then(|k| k.tensor.as_ref());
        let float = [data_type::FLOAT, data_type::FLOAT16, data_type::BFLOAT16, data_type::DOUBLE];
        if let Some(other) = tensor.map(|t| t.elem_type).filter(|t| !float.contains(t)) {
            self.builder.report(site, "elem_type", format!("is data type {other}"), "a float type");
            return None;
        }
        let shape = tensor.and_then(|t| t.shape.as_ref());
        // Sizes left open have no value, or (Paddle) a negative one.
        let mut dims: Vec<i64> = shape.map(|s| s.dim.iter().map(|d| d.value.max(0)).collect()).unwrap_or_default();
        if channels_last && dims.len() == 4 {
            dims[1..].rotate_right(1);
        }
        if let ([_, _, h, w], Some([height, width])) = (dims.as_mut_slice(), size) {
            (*h, *w) = (height as i64, width as i64);
        }
        let known = super::attributes::sizes(&dims);
        let Some(&[batch, channels, height, width]) = known.as_deref().filter(|s| s.len() == 4 && !s[1..].contains(&0))
        else {
            let nearest = "batch, channels, height, width of fixed size (or name the input size when loading)";
            self.builder.report(site, "shape", format!("is {dims:?}, 0 for sizes left open"), nearest);
            return None;
        };
        self.batch = batch.max(1);
        self.builder.batch = self.batch;
        let image = self.builder.input(site, [channels, height, width])?;
        if !channels_last {
            return Some(image);
        }
        self.builder.note(site, "the image's channels come last in the file");
        let layout = Layout::map(self.batch, [channels, height, width]).permuted(&[0, 2, 3, 1])?;
        Some(self.builder.seen(image, layout))
    }

    fn nodes(&mut self, file: &'a File) {
        self.repeated_names(file);
        self.outputs.extend(file.output.iter().map(|output| output.name.as_str()));
        for node in &file.node {
            node.input.iter().for_each(|input| self.readers.entry(input).or_default().push(node));
        }
        let (order, stuck) = execution_order(&file.node);
        for index in order {
            self.node(&file.node[index], index);
        }
        if !stuck.is_empty() {
            let names: Vec<String> = stuck.iter().take(NAMES_SHOWN).map(|&i| name_of(&file.node[i], i)).collect();
            let why = format!("{} nodes wait for each other: {} ...", stuck.len(), names.join(", "));
            self.builder.report(Site { node: "", operator: "graph" }, "", why, "no cycles");
        }
        for name in stuck.iter().flat_map(|&i| &file.node[i].output) {
            self.operands.insert(name, Operand::Unknown);
        }
    }

    fn repeated_names(&mut self, file: &File) {
        let mut seen: HashSet<&str> = self.operands.keys().copied().collect();
        for (index, node) in file.node.iter().enumerate() {
            for name in node.output.iter().filter(|n| !n.is_empty() && !seen.insert(n)) {
                let site_name = name_of(node, index);
                let site = Site { node: &site_name, operator: &node.op_type };
                self.builder.report(site, "output", format!("'{name}' is made twice"), "one name for every value");
            }
        }
    }

    fn output(&mut self, file: &'a File) -> Option<Value> {
        let [output] = file.output.as_slice() else {
            let why = format!("{} outputs", file.output.len());
            self.builder.report(Site { node: "", operator: "graph" }, "output", why, "one output");
            return None;
        };
        let site = Site { node: &output.name, operator: "graph output" };
        if let Some(Content::Integers(counts)) = self.contents.get(output.name.as_str()) {
            let why = format!("is a map of integers, {counts}");
            self.builder.report(site, "output", why, "real numbers: DequantizeLinear at the end");
        }
        let operand = self.operands.get(output.name.as_str()).cloned();
        self.value_of(site, "output", operand)
    }

    /// The feature map that an operand is, or a report.
    pub fn value_of(&mut self, site: Site, attribute: &str, operand: Option<Operand>) -> Option<Value> {
        let why = match operand {
            Some(Operand::Value(value)) => return Some(value),
            Some(Operand::Sliced(sliced)) => return self.builder.picked_pixels(site, sliced),
            Some(Operand::Unknown) => return None,
            Some(Operand::Constant(_)) => "is a constant",
            Some(Operand::Other) => "is a side output, or computed from sizes that are not known",
            None => "is made by no node",
        };
        self.builder.report(site, attribute, why, "a feature map that depends on the image");
        None
    }
}

/// Name of a node: its own, that of its first output, or its place.
pub(crate) fn name_of(node: &Node, index: usize) -> String {
    let names = std::iter::once(&node.name).chain(&node.output);
    names.into_iter().find(|n| !n.is_empty()).cloned().unwrap_or_else(|| format!("node_{index}"))
}

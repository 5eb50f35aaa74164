//! A Caffe network: layers in execution order, blobs by name (rebound by layers that work in place).

use super::source::Source;
use super::text::{Content, Message};
use crate::builder::{Builder, Site, Value};
use crate::error::Problem;
use crate::graph::Graph;
use std::collections::BTreeMap;

/// A named blob; `value` is absent behind a problem.
struct Blob {
    value: Option<Value>,
    consumed: bool,
}

/// A network on its way to a graph.
pub(crate) struct Importer {
    pub builder: Builder,
    pub weights: Source,
    blobs: BTreeMap<String, Blob>,
    /// Height and width in place of those of the description.
    input_size: Option<[usize; 2]>,
}

/// The graph of a description and its weights, or all problems.
pub(crate) fn import(
    network: &Message,
    weights: Source,
    input_size: Option<[usize; 2]>,
) -> Result<Graph, Vec<Problem>> {
    let mut importer = Importer { builder: Builder::default(), weights, blobs: BTreeMap::new(), input_size };
    importer.legacy_input(network);
    for field in network.fields.iter().filter(|f| f.name == "layer" || f.name == "layers") {
        match &field.content {
            Content::Message(layer) => importer.layer(layer),
            _ => importer.builder.report(Site { node: "", operator: "layer" }, "", "is not a message", "layer { ... }"),
        }
    }
    importer.transform(network);
    let output = importer.output();
    importer.weights.finish(&mut importer.builder);
    let name = network.last_word("name").unwrap_or("network").to_string();
    importer.builder.finish(name, output)
}

impl Importer {
    /// `input: "data"` with `input_dim` four times or `input_shape`.
    fn legacy_input(&mut self, network: &Message) {
        for name in network.texts("input") {
            let site = Site { node: name, operator: "input" };
            let mut dims: Vec<&str> = words(network, "input_dim");
            if dims.is_empty() {
                dims = shape_words(network, "input_shape");
            }
            let value = self.input(site, &dims);
            self.bind(name, value);
        }
    }

    /// The image of the given dims: batch (any), channels, height, width.
    pub fn input(&mut self, site: Site, dims: &[&str]) -> Option<Value> {
        let numbers: Option<Vec<usize>> = dims.iter().map(|d| d.parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[_, c, h, w]) => {
                let [h, w] = self.input_size.unwrap_or([h, w]);
                self.builder.input(site, [c, h, w])
            }
            _ => {
                self.builder.report(site, "shape", format!("is {dims:?}"), "four: batch, channels, height, width");
                None
            }
        }
    }

    fn bind(&mut self, name: &str, value: Option<Value>) {
        self.blobs.insert(name.to_string(), Blob { value, consumed: false });
    }

    fn layer(&mut self, layer: &Message) {
        if only_in_training(layer) {
            return;
        }
        let name = layer.last_word("name").unwrap_or_default();
        let operator = layer.last_word("type").unwrap_or_default();
        let site = Site { node: name, operator };
        let bottoms: Vec<Option<Value>> = layer.texts("bottom").iter().map(|b| self.consume(site, b)).collect();
        let value = self.translate(site, layer, &bottoms);
        for top in layer.texts("top") {
            self.bind(top, value);
        }
    }

    fn consume(&mut self, site: Site, bottom: &str) -> Option<Value> {
        match self.blobs.get_mut(bottom) {
            Some(blob) => {
                blob.consumed = true;
                blob.value
            }
            None => {
                let why = format!("no earlier layer makes '{bottom}' (misspelt, out of order or a cycle)");
                self.builder.report(site, "bottom", why, "the top of an earlier layer");
                None
            }
        }
    }

    /// The one blob that nobody consumes.
    fn output(&mut self) -> Option<Value> {
        let open: Vec<(&String, &Blob)> = self.blobs.iter().filter(|(_, b)| !b.consumed).collect();
        if let [(_, blob)] = open.as_slice() {
            return blob.value;
        }
        if open.iter().all(|(_, b)| b.value.is_some()) && !open.is_empty() {
            let names: Vec<&str> = open.iter().map(|(name, _)| name.as_str()).collect();
            let why = format!("has {} outputs: {}", names.len(), names.join(", "));
            self.builder.report(Site { node: "", operator: "network" }, "", why, "one output");
        }
        None
    }
}

/// Dims of a shape message, as written.
pub(crate) fn shape_words<'a>(message: &'a Message, name: &str) -> Vec<&'a str> {
    let shape = message.fields.iter().rev().find(|f| f.name == name);
    match shape.map(|f| &f.content) {
        Some(Content::Message(shape)) => words(shape, "dim"),
        _ => Vec::new(),
    }
}

fn words<'a>(message: &'a Message, name: &str) -> Vec<&'a str> {
    let fields = message.fields.iter().filter(|f| f.name == name);
    fields.filter_map(|f| if let Content::Word(word) = &f.content { Some(word.as_str()) } else { None }).collect()
}

/// Whether the rules of the layer keep it out of the test phase.
pub(crate) fn only_in_training(layer: &Message) -> bool {
    let phases = |rule: &'static str| -> Vec<&str> {
        let rules = layer.fields.iter().filter(move |f| f.name == rule);
        let messages = rules.filter_map(|f| if let Content::Message(m) = &f.content { Some(m) } else { None });
        messages.filter_map(|m| m.last_word("phase")).collect()
    };
    let included = phases("include");
    (!included.is_empty() && !included.contains(&"TEST")) || phases("exclude").contains(&"TEST")
}

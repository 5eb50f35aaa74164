//! The image before the first layer: what a file does to it there is part of its preprocessing, not of the graph.

use crate::builder::{Builder, Site, Value, UNBOUNDED};
use crate::graph::{FileImage, Node, NodeId, Op};
use systole_net::Affine;

/// What to do with a file that normalises an image whose integers it has.
const LEAVE_OUT: &str =
    "an image that is not quantised: leave this node and QuantizeLinear and DequantizeLinear before it out, and give mean and scale with --preprocess";
/// What to do with one whose layers read several images.
const ONE_IMAGE: &str =
    "one image for all layers: a 1x1 Conv of it in place of this normalisation (its factors on the diagonal of the weights, its offsets as bias), or the same normalisation for all";

impl Builder {
    /// Whether a value is the image, or the image normalised.
    pub fn is_image(&self, value: Value) -> bool {
        self.nodes[value.node].op == Op::Input
    }

    /// `y[c] = x[c] * factor[c] + offset[c]` of the image, one of each per channel: a second image, which must be the one that
    /// all layers read. Zeros that are kept around it stay zeros: the caller sees to it that their offset is zero.
    pub fn normalise(&mut self, site: Site, input: Value, factor: &[f32], offset: &[f32]) -> Option<Value> {
        let shape = self.shape(input);
        let channels = shape[0];
        if self.nodes[input.node].given.result.is_some() {
            return self.refuse_stored_image(site);
        }
        let untouched = || Affine { factor: vec![1.0; channels], offset: vec![0.0; channels] };
        let before = self.normalised.get(&input.node).cloned().unwrap_or_else(untouched);
        let composed = Affine {
            factor: before.factor.iter().zip(factor).map(|(b, f)| b * f).collect(),
            offset: before.offset.iter().zip(factor.iter().zip(offset)).map(|(b, (f, o))| b * f + o).collect(),
        };
        let depends = composed.factor.iter().all(|f| f.is_finite() && *f != 0.0);
        if !depends || !composed.offset.iter().all(|o| o.is_finite()) {
            let why = format!("makes {composed} of the image");
            self.report(site, "scale", why, "finite factors that are not zero, and finite offsets");
            return None;
        }
        let value = self.insert(site, Op::Input, vec![input.node], shape, UNBOUNDED)?;
        self.normalised.insert(value.node, composed);
        self.note(site, "goes into the preprocessing");
        Some(Value { view: input.view, ..value })
    }

    /// What is normalised is an image as the file stores it, which the machine does not have.
    pub fn refuse_stored_image(&mut self, site: Site) -> Option<Value> {
        self.report(site, "inputs", "normalises an image that is quantised already", LEAVE_OUT);
        None
    }

    /// Makes the image that the layers read node 0; what the file does to it before comes back. `None` where they read several.
    pub fn settle_image(&mut self, output: NodeId) -> Option<FileImage> {
        let mut read: Vec<NodeId> = images_read(&self.nodes, output);
        let image = read.pop().unwrap_or(0);
        if !read.is_empty() {
            let name = self.nodes[image].name.clone();
            let site = Site { node: &name, operator: "image" };
            self.report(
                site,
                "",
                "is not the only image that layers read: others are normalised otherwise, or not",
                ONE_IMAGE,
            );
            return None;
        }
        for node in self.nodes.iter_mut().filter(|node| node.op != Op::Input) {
            node.inputs.iter_mut().filter(|input| **input == image).for_each(|input| *input = 0);
        }
        self.nodes[0].given = self.nodes[image].given.clone();
        Some(FileImage { inside: self.normalised.remove(&image), preprocess: self.preprocess.take() })
    }
}

/// The images that the layers which `output` needs read, each once, in order.
fn images_read(nodes: &[Node], output: NodeId) -> Vec<NodeId> {
    let mut needed = vec![false; nodes.len()];
    needed[output] = true;
    let mut images = Vec::new();
    for id in (0..=output).rev().filter(|&id| nodes[id].op != Op::Input) {
        if needed[id] {
            for &input in &nodes[id].inputs {
                needed[input] = true;
                if nodes[input].op == Op::Input && !images.contains(&input) {
                    images.push(input);
                }
            }
        }
    }
    images.sort_unstable();
    images
}

//! What is imported from each format, and how: the tables that the importers dispatch on, as rows and as a page.

use crate::operator::{Operator, Support};
use crate::{caffe, onnx, safetensors};

/// Every format and what is imported from it. Deep Compression files go with the same descriptions as caffemodels, but
/// hold the parameters of convolutions and fully connected layers alone.
pub fn operators() -> [(&'static str, Vec<Operator>); 4] {
    let caffe: Vec<Operator> = caffe::operators::OPERATORS.iter().map(|entry| entry.operator).collect();
    let without_parameters = |operator: &Operator| match caffe::operators::CAFFEMODEL_ONLY.contains(&operator.name) {
        true => Operator {
            support: Support::No,
            form: "a caffemodel, or parameters folded before compression",
            ..*operator
        },
        false => *operator,
    };
    let compressed = caffe.iter().map(without_parameters).collect();
    let onnx = onnx::operators::OPERATORS.iter().map(|entry| entry.operator);
    let onnx = onnx.chain(onnx::operators::of_constants()).collect();
    let safetensors = safetensors::OPERATORS.to_vec();
    [("ONNX", onnx), ("Caffe", caffe), ("Deep Compression", compressed), ("safetensors", safetensors)]
}

/// The table as a Markdown page: one row per concept, one column per format, and what the cells mean below.
pub fn operators_page() -> String {
    let formats = operators();
    let mut concepts: Vec<&str> = Vec::new();
    for operator in formats.iter().flat_map(|(_, all)| all) {
        if !concepts.contains(&operator.concept) {
            concepts.push(operator.concept);
        }
    }
    let heading: Vec<&str> = std::iter::once("operator").chain(formats.iter().map(|(name, _)| *name)).collect();
    let mut page = format!("{INTRODUCTION}\n| {} |\n|{}\n", heading.join(" | "), "---|".repeat(heading.len()));
    for concept in &concepts {
        let cells: Vec<String> = formats.iter().map(|(_, all)| cell(all, concept)).collect();
        page.push_str(&format!("| {concept} | {} |\n", cells.join(" | ")));
    }
    page.push_str("\n## What is taken\n\n| format | operator | | form |\n|---|---|---|---|\n");
    for (format, operator) in formats.iter().flat_map(|(format, all)| all.iter().map(move |o| (format, o))) {
        let Operator { name, support, form, .. } = operator;
        page.push_str(&format!("| {format} | {name} | {support} | {form} |\n"));
    }
    page + &crate::rewrites::section()
}

/// Where an operator that no table knows is sent.
pub(crate) const PAGE: &str = "the operators of docs/operators.md";

const INTRODUCTION: &str = "\
# Operators

*yes*: the machine runs it. *folded*: it goes into another operator when the file is read. *host*: the host does it behind the
machine. *no*: `systole check` names it, with the form given below. A dash: the format has no such operator, or a file of it
cannot say so. This page is printed by the tables that the importers dispatch on; a test compares the two.

What depends on constants alone is a constant, whatever computes it: ONNX's operators of the row *constants*, and Add, Cast, Clip,
Concat, DequantizeLinear, Div, Flatten, Identity, MatMul, Mul, QuantizeLinear, ReduceMean, Reshape, Squeeze, Sub, Sum, Transpose and
Unsqueeze, are then computed when the file is read. So are sizes of maps; a batch that the file leaves open is one image.

What windows cost: a max pool has its own unit and no weights. An average pool is a convolution with one weight for every pixel of a
channel's own window: channels x channels x window bytes of weights, and as many multiply-accumulates for every output pixel
(256 channels, 2x2: 262,144); behind the first layer a stride saves none of these, as with every convolution. Directly before
a convolution without padding, or directly behind one (no ReLU between), it goes into that convolution's kernel where this takes
fewer weights: 1x1 and then an average of 2x2 is one 2x2 convolution of stride 2. A clip (ReLU6) costs nothing, results
saturate at its upper end. Branches that are concatenated may each have their own where nothing is added before or behind. One more
1x1 layer (channels x channels bytes of weights, and as many multiply-accumulates for every pixel) is taken before the global average
behind anything but a convolution of stride 1 (a clip, a pool, a stride, an addition), and between the image and anything but
convolutions of one stride. One of a weight a channel is taken where zeros must be put around a map, where a batch norm follows no
convolution, behind every part of a concatenation that is no convolution which it alone reads (a pool, a map that others read), and
behind one operand of an addition if neither is such a convolution, without a clip.

Groups: a convolution may have any number that parts its input and output channels evenly, up to one a channel (depthwise, also with
several outputs a channel); only the weights that a group has are stored.

Limits: kernels and strides of 1 to 31, padding of 0 to 31 on every side (so a fully connected layer takes a map of up to 31x31),
strides behind the first layer of 1 to 4 and the same both ways, 32,768 pixels under the global average, 65,536 channels, rows or
columns. `systole check` holds all of them against a model.
";

fn cell(all: &[Operator], concept: &str) -> String {
    let mut here = all.iter().filter(|o| o.concept == concept).peekable();
    if here.peek().is_none() {
        return "-".to_string();
    }
    let mut cell = String::new();
    for support in [Support::Yes, Support::Folded, Support::Host, Support::No] {
        let names: Vec<&str> = here.clone().filter(|o| o.support == support).map(|o| o.name).collect();
        if !names.is_empty() {
            let gap = if cell.is_empty() { "" } else { "; " };
            cell.push_str(&format!("{gap}{support}: {}", names.join(", ")));
        }
    }
    cell
}

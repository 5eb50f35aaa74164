//! ONNX's operators: the table that the importer dispatches on.

use super::network::Importer;
use super::node::Call;
use crate::builder::Value;
use crate::operator::{entry, no, Entry, Operator, Support};

pub(crate) type Import = fn(&mut Importer, &Call) -> Option<Value>;

/// The entry of an operator.
pub(crate) fn find(name: &str) -> Option<&'static Entry<Import>> {
    OPERATORS.iter().find(|entry| entry.operator.name == name)
}

/// Names of what feature maps can go through.
pub(crate) fn supported() -> String {
    let names: Vec<&str> = OPERATORS.iter().filter(|e| e.import.is_some()).map(|e| e.operator.name).collect();
    names.join(", ")
}

const fn and_sizes(entry: Entry<Import>) -> Entry<Import> {
    Entry { sizes: true, ..entry }
}

const fn sizes(name: &'static str) -> Entry<Import> {
    let (concept, form) = ("sizes", "of shapes and constants, for a Reshape behind a global average");
    Entry { operator: Operator { concept, name, support: Folded, form }, import: None, sizes: true }
}

use Support::{Folded, Host, Yes};

const BEHIND_CONVOLUTION: &str = "a constant per channel, behind a convolution";
const QUANTISED: &str = "8 bits; integers and scales are kept where the machine can hold them";
const PIXEL: &str = "behind a global average";

pub(crate) const OPERATORS: &[Entry<Import>] = &[
    entry("convolution", "Conv", Yes, "any kernel, stride and padding; group and dilation 1", |i, c| i.conv(c)),
    entry("fully connected", "Gemm", Yes, "transA 0, of a flattened map; the kernel is the whole map", |i, c| {
        i.gemm(c)
    }),
    entry("fully connected", "MatMul", Yes, "of a flattened map with constant weights", |i, c| i.mat_mul(c)),
    entry("ReLU", "Relu", Yes, "any", |i, c| i.relu(c)),
    entry("ReLU", "Clip", Yes, "from 0 on, to a maximum above (ReLU6) or to none", |i, c| i.clip(c)),
    entry("pooling", "MaxPool", Yes, "square windows, rounded up or down", |i, c| i.max_pool(c)),
    entry(
        "pooling",
        "AveragePool",
        Yes,
        "square windows that fit, padding counted; or the whole map at the end",
        |i, c| i.average_pool(c),
    ),
    entry(
        "global average",
        "GlobalAveragePool",
        Yes,
        "at the end; 1x1 layers behind it are moved before it",
        |i, c| i.global_average_pool(c),
    ),
    entry("global average", "ReduceMean", Yes, "over height and width, as GlobalAveragePool", |i, c| i.reduce_mean(c)),
    and_sizes(entry("concatenation", "Concat", Yes, "over channels", |i, c| i.concat(c))),
    and_sizes(entry("addition", "Add", Yes, "of two maps; a constant per channel goes into a convolution", |i, c| {
        i.add(c)
    })),
    entry("addition", "Sum", Yes, "of any number of maps", |i, c| i.add(c)),
    entry("batch norm", "BatchNormalization", Folded, "behind a convolution", |i, c| i.batch_normalization(c)),
    and_sizes(entry("scale and offset per channel", "Mul", Folded, BEHIND_CONVOLUTION, |i, c| i.mul(c))),
    entry("padding", "Pad", Folded, "zeros around height and width, before a convolution or pool", |i, c| i.pad(c)),
    entry("dropout", "Dropout", Folded, "outside training", |i, c| i.unchanged(c)),
    entry("no operation", "Identity", Folded, "any", |i, c| i.map(c, 0)),
    and_sizes(entry("no operation", "Cast", Folded, "between float types", |i, c| i.unchanged(c))),
    entry("flattening", "Flatten", Folded, "axis 1, before a fully connected layer or at the end", |i, c| i.flatten(c)),
    and_sizes(entry("flattening", "Reshape", Folded, "to [batch, values]", |i, c| i.reshape(c))),
    and_sizes(entry("flattening", "Squeeze", Folded, PIXEL, |i, c| i.reorder_pixel(c))),
    and_sizes(entry("flattening", "Unsqueeze", Folded, PIXEL, |i, c| i.reorder_pixel(c))),
    entry("flattening", "Transpose", Folded, PIXEL, |i, c| i.reorder_pixel(c)),
    entry("softmax", "Softmax", Host, "at the end", |i, c| i.softmax(c)),
    entry("quantised", "QuantizeLinear", Folded, QUANTISED, |i, c| i.quantize_linear(c)),
    entry("quantised", "DequantizeLinear", Folded, QUANTISED, |i, c| i.dequantize_linear(c)),
    entry("quantised convolution", "QLinearConv", Yes, QUANTISED, |i, c| i.q_linear_conv(c)),
    entry("quantised addition", "com.microsoft::QLinearAdd", Yes, QUANTISED, |i, c| i.q_linear_add(c)),
    entry("quantised concatenation", "com.microsoft::QLinearConcat", Yes, QUANTISED, |i, c| i.q_linear_concat(c)),
    entry("quantised average", "com.microsoft::QLinearAveragePool", Yes, QUANTISED, |i, c| i.q_linear_average_pool(c)),
    entry("quantised average", "com.microsoft::QLinearGlobalAveragePool", Yes, QUANTISED, |i, c| {
        i.q_linear_global_average(c)
    }),
    sizes("Shape"),
    sizes("Gather"),
    sizes("Slice"),
    sizes("Sub"),
    sizes("Div"),
    sizes("Range"),
    no("local response normalisation", "LRN", "BatchNormalization, or none"),
    no("other normalisations", "InstanceNormalization", "BatchNormalization behind a convolution"),
    no("other normalisations", "LayerNormalization", "BatchNormalization behind a convolution"),
    no("other activations", "Sigmoid", "Relu"),
    no("other activations", "HardSigmoid", "Relu"),
    no("other activations", "HardSwish", "Relu"),
    no("other activations", "Tanh", "Relu"),
    no("other activations", "LeakyRelu", "Relu"),
    no("other activations", "PRelu", "Relu"),
    no("other activations", "Elu", "Relu"),
    no("transposed convolution", "ConvTranspose", "Conv; the machine never enlarges a map"),
    no("enlarging", "Resize", "Conv; the machine never enlarges a map"),
    no("enlarging", "Upsample", "Conv; the machine never enlarges a map"),
];

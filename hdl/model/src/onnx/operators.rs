//! ONNX's operators: the table that the importer dispatches on.

use super::evaluate::COMPUTED;
use super::network::Importer;
use super::node::Call;
use crate::builder::Value;
use crate::operator::{entry, no, Entry, Operator, Support};

pub(crate) type Import = fn(&mut Importer, &Call) -> Option<Value>;

/// The entry of an operator.
pub(crate) fn find(name: &str) -> Option<&'static Entry<Import>> {
    OPERATORS.iter().find(|entry| entry.operator.name == name)
}

use Support::{Folded, Host, Yes};

const BEHIND_CONVOLUTION: &str =
    "a constant per channel, of the image or behind a convolution; else a 1x1 convolution of every channel by itself";
const QUANTISED: &str =
    "8 bits, read with the scale and zero point of what wrote it; integers and scales are kept where the machine can hold them";
const QUANTISED_MAP: &str =
    "ONNX's or com.microsoft's; 8 bits, read with the scale and zero point of what wrote it; integers and scales are kept where the machine can hold them";
const AXES: &str = "anywhere; a map that goes on needs batch, channels, height, width again, weights of a fully connected layer follow";
const SCORES_ALONE: &str = "at the end, where it keeps the order of classes; Relu within a network";
const SCORES: &str = "at the end, over all classes; the order of classes is kept";
const QDQ: &str = "static quantisation with QuantizeLinear and DequantizeLinear around float operators (onnxruntime: quantize_static with quant_format=QuantFormat.QDQ), or the float model";

const QUANTISED_SCALE: &str = "Mul by a constant per channel, between DequantizeLinear and QuantizeLinear";

/// Operators that are read on constants and sizes alone, beside those of [`OPERATORS`].
pub(crate) fn of_constants() -> impl Iterator<Item = Operator> {
    let form = "of constants, and of sizes: computed when the file is read";
    let others = COMPUTED.iter().filter(|(name, _)| find(name).is_none());
    others.map(move |(name, _)| Operator { concept: "constants", name, support: Folded, form })
}

pub(crate) const OPERATORS: &[Entry<Import>] = &[
    entry("convolution", "Conv", Yes, "kernel, stride and padding of up to 31; any groups, dilation 1", |i, c| {
        i.conv(c)
    }),
    entry("fully connected", "Gemm", Yes, "transA 0, of all values of a map of up to 31x31", |i, c| i.gemm(c)),
    entry("fully connected", "MatMul", Yes, "of all values of a map of up to 31x31, constant weights", |i, c| {
        i.mat_mul(c)
    }),
    entry("ReLU", "Relu", Yes, "any", |i, c| i.relu(c)),
    entry("ReLU", "Clip", Yes, "from 0 on, to a maximum above (ReLU6) or to none", |i, c| i.clip(c)),
    entry("ReLU", "Max", Yes, "of a map and 0", |i, c| i.max(c)),
    entry("ReLU", "Min", Yes, "of a map and a maximum above 0, behind or before Relu, Max with 0 or a clip from 0", |i, c| {
        i.min(c)
    }),
    entry(
        "pooling",
        "MaxPool",
        Yes,
        "square windows, rounded up or down; behind a ReLU any padding, else the same on all sides",
        |i, c| i.max_pool(c),
    ),
    entry("pooling", "GlobalMaxPool", Yes, "any", |i, c| i.global_max_pool(c)),
    entry("pooling", "AveragePool", Yes, "square windows that fit, padding counted; or the whole map", |i, c| {
        i.average_pool(c)
    }),
    entry(
        "global average",
        "GlobalAveragePool",
        Yes,
        "1x1 layers behind it are moved before it, what is not linear works on its pixel",
        |i, c| i.global_average_pool(c),
    ),
    entry("global average", "ReduceMean", Yes, "over height and width, as GlobalAveragePool", |i, c| i.reduce_mean(c)),
    entry("concatenation", "Concat", Yes, "over channels", |i, c| i.concat(c)),
    entry(
        "addition",
        "Add",
        Yes,
        "of two maps; a constant per channel goes into a convolution, or of the image into its preprocessing",
        |i, c| i.add(c),
    ),
    entry("addition", "Sum", Yes, "of any number of maps", |i, c| i.add(c)),
    entry("batch norm", "BatchNormalization", Folded, "of the image or behind a convolution", |i, c| {
        i.batch_normalization(c)
    }),
    entry("scale and offset per channel", "Mul", Folded, BEHIND_CONVOLUTION, |i, c| i.mul(c)),
    entry("scale and offset per channel", "Sub", Folded, BEHIND_CONVOLUTION, |i, c| i.sub(c)),
    entry("scale and offset per channel", "Div", Folded, BEHIND_CONVOLUTION, |i, c| i.div(c)),
    entry(
        "padding",
        "Pad",
        Folded,
        "zeros around height and width (around integers their zero point), before a convolution or pool; channels of zeros",
        |i, c| i.pad(c),
    ),
    entry("channels taken", "Slice", Folded, "channels in any steps; every n-th row and column alike", |i, c| {
        i.map(c, 0)
    }),
    entry("channels taken", "Split", Folded, "over channels", |i, c| i.split(c)),
    entry("channels taken", "Gather", Folded, "a row of channels by constant numbers; of constants", |i, c| i.gather(c)),
    entry("dropout", "Dropout", Folded, "outside training", |i, c| i.unchanged(c)),
    entry("no operation", "Identity", Folded, "any", |i, c| i.map(c, 0)),
    entry("no operation", "Cast", Folded, "between float types", |i, c| i.unchanged(c)),
    entry("flattening", "Flatten", Folded, AXES, |i, c| i.flatten(c)),
    entry("flattening", "Reshape", Folded, AXES, |i, c| i.reshape(c)),
    entry("flattening", "Squeeze", Folded, AXES, |i, c| i.squeeze(c)),
    entry("flattening", "Unsqueeze", Folded, AXES, |i, c| i.unsqueeze(c)),
    entry("flattening", "Transpose", Folded, AXES, |i, c| i.transpose(c)),
    entry("softmax", "Softmax", Host, SCORES, |i, c| i.softmax(c)),
    entry("softmax", "LogSoftmax", Host, SCORES, |i, c| i.softmax(c)),
    entry("best class", "ArgMax", Host, SCORES, |i, c| i.arg_max(c)),
    entry("other activations", "Sigmoid", Host, SCORES_ALONE, |i, c| i.sigmoid(c)),
    entry("other activations", "HardSigmoid", Host, SCORES_ALONE, |i, c| i.hard_sigmoid(c)),
    entry("quantised", "QuantizeLinear", Folded, QUANTISED_MAP, |i, c| i.quantize_linear(c)),
    entry("quantised", "DequantizeLinear", Folded, QUANTISED_MAP, |i, c| i.dequantize_linear(c)),
    entry("quantised convolution", "QLinearConv", Yes, QUANTISED, |i, c| i.q_linear_conv(c)),
    entry("quantised fully connected", "QLinearMatMul", Yes, QUANTISED, |i, c| i.q_linear_mat_mul(c)),
    entry("quantised fully connected", "com.microsoft::QGemm", Yes, QUANTISED, |i, c| i.q_gemm(c)),
    entry("quantised addition", "com.microsoft::QLinearAdd", Yes, QUANTISED, |i, c| i.q_linear_add(c)),
    entry("quantised concatenation", "com.microsoft::QLinearConcat", Yes, QUANTISED, |i, c| i.q_linear_concat(c)),
    entry("quantised average", "com.microsoft::QLinearAveragePool", Yes, QUANTISED, |i, c| i.q_linear_average_pool(c)),
    entry("quantised average", "com.microsoft::QLinearGlobalAveragePool", Yes, QUANTISED, |i, c| {
        i.q_linear_global_average(c)
    }),
    no("other quantised operators", "ConvInteger", QDQ),
    no("other quantised operators", "MatMulInteger", QDQ),
    no("other quantised operators", "DynamicQuantizeLinear", QDQ),
    no("other quantised operators", "com.microsoft::QLinearSigmoid", QDQ),
    no("other quantised operators", "com.microsoft::QLinearSoftmax", QDQ),
    no("other quantised operators", "com.microsoft::QLinearLeakyRelu", QDQ),
    no("other quantised operators", "com.microsoft::QLinearMul", QUANTISED_SCALE),
    no("other quantised operators", "com.microsoft::QLinearReduceMean", QDQ),
    no("local response normalisation", "LRN", "BatchNormalization, or none"),
    no("other normalisations", "InstanceNormalization", "BatchNormalization behind a convolution"),
    no("other normalisations", "LayerNormalization", "BatchNormalization behind a convolution"),
    no("other activations", "HardSwish", "Relu"),
    no("other activations", "Tanh", "Relu"),
    no("other activations", "LeakyRelu", "Relu"),
    no("other activations", "PRelu", "Relu"),
    no("other activations", "Elu", "Relu"),
    no("transposed convolution", "ConvTranspose", "Conv; the machine never enlarges a map"),
    no("enlarging", "Resize", "Conv; the machine never enlarges a map"),
    no("enlarging", "Upsample", "Conv; the machine never enlarges a map"),
];

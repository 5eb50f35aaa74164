//! Caffe's layer types: the table that the importer dispatches on.

use super::network::Importer;
use super::text::Message;
use crate::builder::{Site, Value};
use crate::operator::{entry, no, Entry, Support};

pub(crate) type Import = fn(&mut Importer, Site, &Message, &[Option<Value>]) -> Option<Value>;

/// Layers whose parameters only a caffemodel holds.
pub(crate) const CAFFEMODEL_ONLY: [&str; 2] = ["BatchNorm", "Scale"];

impl Entry<Import> {
    /// Whether the type is spelt so, or as before 2014 (`INNER_PRODUCT`).
    pub fn is_called(&self, found: &str) -> bool {
        let old = found.chars().filter(|c| *c != '_');
        let upper = !found.chars().any(|c| c.is_ascii_lowercase());
        found == self.operator.name || upper && old.eq(self.operator.name.chars().map(|c| c.to_ascii_uppercase()))
    }
}

use Support::{Folded, Host, Yes};

const CONVOLUTION: &str = "kernel, stride and padding of up to 31; any groups, dilation 1";
const DEPTHWISE: &str = "as Convolution; num_output as many as channels, or a multiple";
const POOLING: &str = "square windows: MAX in any rounding, AVE where they fit; AVE over the whole map last";

pub(crate) const OPERATORS: &[Entry<Import>] = &[
    entry("image", "Input", Yes, "one, with channels, height and width", |i, s, l, _| i.input_layer(s, l)),
    entry("convolution", "Convolution", Yes, CONVOLUTION, |i, s, l, b| i.convolution(s, l, b)),
    entry("convolution", "ConvolutionDepthwise", Yes, DEPTHWISE, |i, s, l, b| i.depthwise(s, l, b)),
    entry("convolution", "DepthwiseConvolution", Yes, DEPTHWISE, |i, s, l, b| i.depthwise(s, l, b)),
    entry(
        "fully connected",
        "InnerProduct",
        Yes,
        "a convolution whose kernel is the whole map, of up to 31x31",
        |i, s, l, b| i.inner_product(s, l, b),
    ),
    entry("ReLU", "ReLU", Yes, "negative_slope 0", |i, s, l, b| i.relu(s, l, b)),
    entry("ReLU", "ReLU6", Yes, "any", |i, s, _, b| i.relu6(s, b)),
    entry("ReLU", "Clip", Yes, "from 0 on, to a maximum above (ReLU6)", |i, s, l, b| i.clip(s, l, b)),
    entry("pooling", "Pooling", Yes, POOLING, |i, s, l, b| i.pooling(s, l, b)),
    entry("concatenation", "Concat", Yes, "over channels", |i, s, l, b| i.concat(s, l, b)),
    entry("addition", "Eltwise", Yes, "SUM of any number of maps, coefficients 1", |i, s, l, b| i.eltwise(s, l, b)),
    entry(
        "batch norm",
        "BatchNorm",
        Folded,
        "of the image or behind a convolution (else a 1x1 one of every channel by itself), stored statistics",
        |i, s, l, b| i.batch_norm(s, l, b),
    ),
    entry(
        "scale and offset per channel",
        "Scale",
        Folded,
        "of the image or behind a convolution (else a 1x1 one of every channel by itself), stored factors",
        |i, s, l, b| i.scale(s, l, b),
    ),
    entry("dropout", "Dropout", Folded, "does nothing outside training", |i, s, _, b| i.unchanged(s, b)),
    entry("no operation", "Split", Folded, "one bottom", |i, s, _, b| i.only(s, b)),
    entry("flattening", "Flatten", Folded, "axis 1: before a fully connected layer or at the end", |i, s, l, b| {
        i.flatten(s, l, b)
    }),
    entry("softmax", "Softmax", Host, "at the end", |i, s, l, b| i.softmax(s, l, b)),
    entry("other activations", "Sigmoid", Host, "at the end; ReLU within a network", |i, s, _, b| i.sigmoid(s, b)),
    no("local response normalisation", "LRN", "batch norm, or none"),
    no("other activations", "TanH", "ReLU"),
    no("other activations", "PReLU", "ReLU"),
    no("other activations", "ELU", "ReLU"),
    no("transposed convolution", "Deconvolution", "Convolution; the machine never enlarges a map"),
];

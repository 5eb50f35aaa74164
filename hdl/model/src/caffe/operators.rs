//! Caffe's layer types: the table that the importer dispatches on.

use super::network::Importer;
use super::text::Message;
use crate::builder::{Site, Value};
use crate::operators::{Operator, Support};

type Import = fn(&mut Importer, Site, &Message, &[Option<Value>]) -> Option<Value>;

/// A layer type and what reads it.
pub(crate) struct Entry {
    pub operator: Operator,
    /// `None` for what is known and cannot be imported.
    pub import: Option<Import>,
}

/// Layers whose parameters only a caffemodel holds.
pub(crate) const CAFFEMODEL_ONLY: [&str; 2] = ["BatchNorm", "Scale"];

impl Entry {
    /// Whether the type is spelt so, or as before 2014 (`INNER_PRODUCT`).
    pub fn is_called(&self, found: &str) -> bool {
        let old = found.chars().filter(|c| *c != '_');
        let upper = !found.chars().any(|c| c.is_ascii_lowercase());
        found == self.operator.name || upper && old.eq(self.operator.name.chars().map(|c| c.to_ascii_uppercase()))
    }
}

const fn entry(
    concept: &'static str,
    name: &'static str,
    support: Support,
    form: &'static str,
    import: Import,
) -> Entry {
    Entry { operator: Operator { concept, name, support, form }, import: Some(import) }
}

const fn no(concept: &'static str, name: &'static str, form: &'static str) -> Entry {
    Entry { operator: Operator { concept, name, support: Support::No, form }, import: None }
}

use Support::{Folded, Host, Yes};

pub(crate) const OPERATORS: &[Entry] = &[
    entry("image", "Input", Yes, "one, with channels, height and width", |i, s, l, _| i.input_layer(s, l)),
    entry("convolution", "Convolution", Yes, "any kernel, stride and padding; group and dilation 1", |i, s, l, b| {
        i.convolution(s, l, b)
    }),
    entry("fully connected", "InnerProduct", Yes, "a convolution whose kernel is the whole map", |i, s, l, b| {
        i.inner_product(s, l, b)
    }),
    entry("ReLU", "ReLU", Yes, "negative_slope 0", |i, s, l, b| i.relu(s, l, b)),
    entry(
        "pooling",
        "Pooling",
        Yes,
        "MAX and AVE, square windows, rounded up or down; AVE over the whole map last",
        |i, s, l, b| i.pooling(s, l, b),
    ),
    entry("concatenation", "Concat", Yes, "over channels", |i, s, l, b| i.concat(s, l, b)),
    entry("addition", "Eltwise", Yes, "SUM of any number of maps, coefficients 1", |i, s, l, b| i.eltwise(s, l, b)),
    entry("batch norm", "BatchNorm", Folded, "behind a convolution, stored statistics", |i, s, l, b| {
        i.batch_norm(s, l, b)
    }),
    entry("scale and offset per channel", "Scale", Folded, "behind a convolution, stored factors", |i, s, l, b| {
        i.scale(s, l, b)
    }),
    entry("dropout", "Dropout", Folded, "does nothing outside training", |i, s, _, b| i.unchanged(s, b)),
    entry("no operation", "Split", Folded, "one bottom", |i, s, _, b| i.only(s, b)),
    entry("flattening", "Flatten", Folded, "before a fully connected layer or at the end", |i, s, _, b| {
        i.flatten(s, b)
    }),
    entry("softmax", "Softmax", Host, "at the end", |i, s, _, b| i.softmax(s, b)),
    no("local response normalisation", "LRN", "batch norm, or none"),
    no("other activations", "Sigmoid", "ReLU"),
    no("other activations", "TanH", "ReLU"),
    no("other activations", "PReLU", "ReLU"),
    no("other activations", "ELU", "ReLU"),
    no("transposed convolution", "Deconvolution", "Convolution; the machine never enlarges a map"),
];

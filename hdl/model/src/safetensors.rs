//! safetensors with torchvision's names (`features.N.squeeze.weight`, `classifier.1.weight`) to a graph: the file holds weights
//! alone, so names tell the version and shapes the filters and classes.

use crate::builder::{Builder, Site, Value};
use crate::error::{printable, ModelError};
use crate::graph::{Graph, Op, Padding};
use crate::operator::{Operator, Support};
use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};
use std::collections::BTreeSet;
use std::path::Path;

/// torchvision's networks take images of this height and width where nobody says otherwise.
const INPUT_SIZE: [usize; 2] = [224, 224];
/// What training on several devices puts before every name.
const PREFIX: &str = "module.";
/// Place of the last convolution among the layers of `classifier`.
const CLASSIFIER: &str = "classifier.1";
const STEM: &str = "features.0";

/// Places of the fire modules among the layers of `features`; between them, where a number is left out, is a pool.
const VERSIONS: [(&str, [usize; 8]); 2] =
    [("squeezenet1_0", [3, 4, 5, 7, 8, 9, 10, 12]), ("squeezenet1_1", [3, 4, 6, 7, 9, 10, 11, 12])];

/// What the names stand for.
pub(crate) const OPERATORS: [Operator; 5] = [
    taken("convolution", "Conv2d", "features.0, squeeze, expand1x1, expand3x3 and classifier.1"),
    taken("ReLU", "ReLU", "behind every convolution"),
    taken("pooling", "MaxPool2d", "3x3/2 rounded up, where torchvision's version has it"),
    taken("concatenation", "cat", "of both expand layers"),
    taken("global average", "AdaptiveAvgPool2d", "at the end"),
];
const CONV: &str = OPERATORS[0].name;
const RELU: &str = OPERATORS[1].name;
const MAX_POOL: &str = OPERATORS[2].name;
const CONCAT: &str = OPERATORS[3].name;
const AVERAGE: &str = OPERATORS[4].name;

const fn taken(concept: &'static str, name: &'static str, form: &'static str) -> Operator {
    Operator { concept, name, support: Support::Yes, form }
}

struct Importer<'a> {
    builder: Builder,
    file: &'a SafeTensors<'a>,
    prefix: &'static str,
    used: BTreeSet<String>,
}

/// The graph of a whole safetensors file.
///
/// # Errors
/// [`ModelError::Corrupt`], or all [`ModelError::Problems`] of the network.
pub(crate) fn import(path: &Path, bytes: &[u8], input_size: Option<[usize; 2]>) -> Result<Graph, ModelError> {
    let corrupt = |e: safetensors::SafeTensorError| ModelError::Corrupt {
        path: path.into(),
        format: "safetensors",
        why: e.to_string(),
    };
    let file = SafeTensors::deserialize(bytes).map_err(corrupt)?;
    let prefix = if file.iter().any(|(name, _)| name.starts_with(PREFIX)) { PREFIX } else { "" };
    let mut importer = Importer { builder: Builder::default(), file: &file, prefix, used: BTreeSet::new() };
    let (name, output) = importer.network(input_size.unwrap_or(INPUT_SIZE));
    importer.note_unused();
    importer.builder.finish(name.to_string(), output).map_err(ModelError::Problems)
}

impl Importer<'_> {
    fn network(&mut self, [height, width]: [usize; 2]) -> (&'static str, Option<Value>) {
        let found = self.modules();
        let Some(&(name, modules)) = VERSIONS.iter().find(|(_, modules)| found == BTreeSet::from(*modules)) else {
            let known: Vec<String> = VERSIONS.iter().map(|(name, modules)| format!("{name} at {modules:?}")).collect();
            let why = format!("fire modules at features {found:?}");
            self.builder.report(site("", "features"), "names", why, format!("torchvision's {}", known.join(", ")));
            return ("", None);
        };
        self.note_missing(&modules);
        let channels = self.shape(&format!("{STEM}.weight")).get(1).copied().unwrap_or(0);
        let output = match self.builder.problems.is_empty() {
            true => self.layers(&modules, [channels, height, width]),
            false => None,
        };
        (name, output)
    }

    /// N of every `features.N.squeeze.weight`.
    fn modules(&self) -> BTreeSet<usize> {
        let number = |name: &str| {
            name.strip_prefix(self.prefix)?.strip_prefix("features.")?.strip_suffix(".squeeze.weight")?.parse().ok()
        };
        self.file.iter().filter_map(|(name, _)| number(name)).collect()
    }

    /// Reports every convolution without weights or biases.
    fn note_missing(&mut self, modules: &[usize]) {
        let parts = ["squeeze", "expand1x1", "expand3x3"];
        let fires = modules.iter().flat_map(|n| parts.map(|part| format!("features.{n}.{part}")));
        let layers: Vec<String> = std::iter::once(STEM.to_string()).chain(fires).chain([CLASSIFIER.into()]).collect();
        for (layer, part) in layers.iter().flat_map(|layer| ["weight", "bias"].map(|part| (layer, part))) {
            if self.file.tensor(&format!("{}{layer}.{part}", self.prefix)).is_err() {
                self.builder.report(site(layer, CONV), part, "is missing", format!("a tensor {layer}.{part}"));
            }
        }
    }

    fn layers(&mut self, modules: &[usize], image: [usize; 3]) -> Option<Value> {
        let image = self.builder.input(site("image", "input"), image)?;
        let mut value = self.conv(STEM, 2, 0, image)?;
        value = self.pool(2, value)?;
        for (index, &number) in modules.iter().enumerate() {
            value = self.fire(&format!("features.{number}"), value)?;
            if modules.get(index + 1).is_some_and(|&next| next > number + 1) {
                value = self.pool(number + 1, value)?;
            }
        }
        value = self.conv(CLASSIFIER, 1, 0, value)?;
        self.builder.apply(site("classifier.3", AVERAGE), Op::GlobalAverage, &[value])
    }

    fn fire(&mut self, name: &str, input: Value) -> Option<Value> {
        let squeezed = self.conv(&format!("{name}.squeeze"), 1, 0, input)?;
        let one = self.conv(&format!("{name}.expand1x1"), 1, 0, squeezed);
        let three = self.conv(&format!("{name}.expand3x3"), 1, 1, squeezed);
        self.builder.apply(site(&format!("{name}.cat"), CONCAT), Op::Concat, &[one?, three?])
    }

    fn pool(&mut self, number: usize, input: Value) -> Option<Value> {
        let op = Op::MaxPool { kernel: 3, stride: 2, pad: 0, ceil: true };
        self.builder.apply(site(&format!("features.{number}"), MAX_POOL), op, &[input])
    }

    /// A convolution and its ReLU.
    fn conv(&mut self, name: &str, stride: usize, pad: usize, input: Value) -> Option<Value> {
        let shape = self.shape(&format!("{name}.weight"));
        let (weights, bias) = (self.floats(name, "weight"), self.floats(name, "bias"));
        let channels = self.builder.shape(input)[0];
        let &[out_channels, in_channels, height, width] = shape.as_slice() else {
            self.builder.report(site(name, CONV), "weight", format!("has shape {shape:?}"), "four sizes");
            return None;
        };
        if in_channels != channels {
            let why = format!("has shape {shape:?} for an input of {channels} channels");
            self.builder.report(site(name, CONV), "weight", why, format!("[{out_channels}, {channels}, ...]"));
            return None;
        }
        let (weights, bias, kernel) = (weights?, bias?, [height, width]);
        let pad = Padding { top: pad, left: pad, bottom: pad, right: pad };
        let op = Op::Conv { out_channels, kernel, stride: [stride; 2], pad, weights, bias };
        let conv = self.builder.apply(site(name, CONV), op, &[input])?;
        self.builder.apply(site(&format!("{name}.relu"), RELU), Op::Relu, &[conv])
    }

    fn shape(&self, name: &str) -> Vec<usize> {
        self.file.tensor(&format!("{}{name}", self.prefix)).map(|t| t.shape().to_vec()).unwrap_or_default()
    }

    /// Finite values of a tensor of any float type.
    fn floats(&mut self, layer: &str, part: &str) -> Option<Vec<f32>> {
        let name = format!("{}{layer}.{part}", self.prefix);
        let tensor = self.file.tensor(&name).ok()?;
        self.used.insert(name);
        let site = site(layer, CONV);
        let count = tensor.shape().iter().try_fold(1usize, |n, &d| n.checked_mul(d)).unwrap_or(usize::MAX);
        self.builder.reserve_parameters(site, count)?;
        let data = tensor.data();
        let values = match tensor.dtype() {
            Dtype::F32 => decode(data, f32::from_le_bytes),
            Dtype::F64 => decode(data, |b| f64::from_le_bytes(b) as f32),
            Dtype::F16 => decode(data, |b| f16::from_le_bytes(b).to_f32()),
            Dtype::BF16 => decode(data, |b| bf16::from_le_bytes(b).to_f32()),
            other => {
                self.builder.report(site, part, format!("has type {other:?}"), "F32, F64, F16 or BF16");
                return None;
            }
        };
        if let Some(index) = values.iter().position(|v| !v.is_finite()) {
            self.builder.report(site, part, format!("value {index} is {}", values[index]), "finite values");
            return None;
        }
        Some(values)
    }

    fn note_unused(&mut self) {
        let unused = self.file.iter().map(|(name, _)| name).filter(|name| !self.used.contains(*name));
        self.builder
            .notes
            .extend(unused.map(|name| printable(&format!("{name}: a tensor that the network does not use"))));
    }
}

fn site<'a>(node: &'a str, operator: &'a str) -> Site<'a> {
    Site { node, operator }
}

fn decode<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.chunks_exact(N).map(|c| value(std::array::from_fn(|i| c[i]))).collect()
}

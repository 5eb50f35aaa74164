//! Quantised ONNX: QuantizeLinear and DequantizeLinear around float operators, and operators on integers. Both become float
//! operations whose nodes keep the integers and scales of the file.

use super::message::{data_type, Graph as File, Tensor};
use super::network::Importer;
use super::node::Call;
use super::pooling::Window;
use crate::builder::{Value, View};
use crate::given::{IntegerWeights, Quantisation};
use crate::graph::Op;
use std::collections::BTreeMap;
use std::path::Path;

/// Float forms of the file's integers, as a multiple of all its constants.
const MOST_FORMS: usize = 2;

/// Weights as the file has them, by the name of their float form.
pub(crate) type Stored = BTreeMap<String, IntegerWeights>;

/// Integers, the scales (one, or one per index of the first axis) and zero points that go with them.
struct Integers {
    values: Vec<i64>,
    scales: Vec<f32>,
    zeros: Vec<i64>,
    dims: Vec<i64>,
    data_type: i32,
}

/// Replaces every DequantizeLinear of constants by the float constant that it makes. What cannot be read stays, and is
/// reported as a node.
pub(crate) fn fold_constants(file: &mut File, constants: &mut BTreeMap<String, Tensor>, folder: &Path) -> Stored {
    let mut stored = Stored::new();
    // One constant may be asked for many times: few bytes must not become many.
    let held = constants.values().map(|tensor| tensor.raw_data.len().max(tensor.int32_data.len()));
    let mut left = MOST_FORMS * held.sum::<usize>();
    file.node.retain(|node| {
        if node.op_type != "DequantizeLinear" || node.output.len() != 1 {
            return true;
        }
        let axis = node.attribute.iter().find(|a| a.name == "axis").map_or(1, |a| a.i);
        let inputs: Option<Vec<&Tensor>> = node.input.iter().map(|name| constants.get(name)).collect();
        let Some(integers) = inputs.and_then(|inputs| Integers::read(&inputs, folder)) else { return true };
        if (integers.scales.len() > 1 && axis != 0) || integers.values.len() > left {
            return true;
        }
        left -= integers.values.len();
        stored.extend(integers.weights().map(|weights| (node.output[0].clone(), weights)));
        let (dims, float_data) = (integers.dims.clone(), integers.floats());
        let name = node.output[0].clone();
        constants
            .insert(name.clone(), Tensor { name, dims, data_type: data_type::FLOAT, float_data, ..Tensor::default() });
        false
    });
    stored
}

impl Integers {
    /// Values, scales and, where there are some, zero points.
    fn read(inputs: &[&Tensor], folder: &Path) -> Option<Self> {
        let (&values, scales) = (inputs.first()?, inputs.get(1)?.floats(folder).ok()?);
        let zeros = match inputs.get(2) {
            Some(zeros) => zeros.integers(folder).ok()?,
            None => vec![0; scales.len()],
        };
        let data = values.integers(folder).ok()?;
        let rows = values.dims.first().copied().unwrap_or(1);
        let count = scales.len();
        let fits = count == 1 || usize::try_from(rows) == Ok(count);
        let whole = fits && zeros.len() == count && !data.is_empty() && data.len() % count == 0;
        let (dims, data_type) = (values.dims.clone(), values.data_type);
        whole.then_some(Integers { values: data, scales, zeros, dims, data_type })
    }

    /// Index of the scale that goes with a value.
    fn scale_of(&self, index: usize) -> usize {
        index / (self.values.len() / self.scales.len())
    }

    fn floats(&self) -> Vec<f32> {
        let float = |(index, &value): (usize, &i64)| {
            let scale = self.scale_of(index);
            value.wrapping_sub(self.zeros[scale]) as f32 * self.scales[scale]
        };
        self.values.iter().enumerate().map(float).collect()
    }

    /// 8-bit weights without their zero points, where they are so within -128..=127.
    fn weights(&self) -> Option<IntegerWeights> {
        if ![data_type::INT8, data_type::UINT8].contains(&self.data_type) {
            return None;
        }
        let centred = self
            .values
            .iter()
            .enumerate()
            .map(|(i, v)| i8::try_from(v.checked_sub(self.zeros[self.scale_of(i)])?).ok());
        Some(IntegerWeights { weights: centred.collect::<Option<_>>()?, scales: self.scales.clone() })
    }
}

impl Importer<'_> {
    /// QuantizeLinear: the value stays what it is, and its node keeps scale and zero point.
    pub fn quantize_linear(&mut self, call: &Call) -> Option<Value> {
        call.attributes(self, &["axis", "saturate", "block_size", "output_dtype", "precision"]);
        let value = self.map(call, 0)?;
        self.quantised(call, value, [1, 2])
    }

    /// DequantizeLinear of a feature map: its values are real numbers all along.
    pub fn dequantize_linear(&mut self, call: &Call) -> Option<Value> {
        call.attributes(self, &["axis", "block_size", "output_dtype"]);
        self.map(call, 0)
    }

    /// Inputs x, its scale and zero point, weights, theirs, the scale and zero point of the result, 32-bit biases.
    pub fn q_linear_conv(&mut self, call: &Call) -> Option<Value> {
        let known = ["kernel_shape", "strides", "pads", "dilations", "group", "auto_pad"];
        let attributes = call.attributes(self, &known);
        if !self.is_plain(&attributes) {
            return self.conv_in_place(call, &attributes, 3);
        }
        let integers = self.integer_weights(call)?;
        let &[out, channels, height, width] = integers.dims.as_slice() else {
            self.blame_constant(call, 3, format!("has shape {:?}; wanted [out, in, height, width]", integers.dims));
            return None;
        };
        let sizes = super::attributes::sizes(&[out, channels, height, width]);
        let input = self.map(call, 0)?;
        let [out_channels, _, height, width] = <[usize; 4]>::try_from(sizes?).ok()?;
        let b = &mut self.builder;
        let kernel = attributes.sizes(b, "kernel_shape", Some([height, width]))?;
        let size = b.padded_size(input);
        let Window { kernel, stride, pad, .. } = Window::read(b, call.site, &attributes, kernel, size)?;
        let input_scale = self.floats(call, 1)?.first().copied().unwrap_or(1.0);
        let biases = if call.lacks(8) { vec![0; out_channels] } else { self.integers(call, 8)? };
        let per_channel = |i: usize| integers.scales[if integers.scales.len() == 1 { 0 } else { i }];
        let bias = biases.iter().enumerate().take(out_channels).map(|(i, &b)| b as f32 * input_scale * per_channel(i));
        let (bias, weights): (Vec<f32>, _) = (bias.collect(), integers.floats());
        if !weights.iter().chain(&bias).all(|w| w.is_finite()) {
            self.blame_constant(call, 4, "makes weights that are not finite".to_string());
            return None;
        }
        let given = integers.weights();
        let op = Op::Conv { out_channels, kernel, stride, pad, weights, bias };
        let conv = self.builder.apply(call.site, op, &[input])?;
        // Behind a global average the convolution is moved, and its result is the average.
        if matches!(self.builder.nodes[conv.node].op, Op::Conv { .. }) {
            self.builder.nodes[conv.node].given.weights = given;
        }
        self.quantised(call, conv, [6, 7])
    }

    fn integer_weights(&mut self, call: &Call) -> Option<Integers> {
        let inputs = [3, 4, 5].map(|index| self.tensor(call, index));
        let [values, scales, zeros] = inputs;
        let (values, scales, zeros) = (values?, scales?, zeros?);
        let count = values.count().unwrap_or(usize::MAX);
        self.builder.reserve_parameters(call.site, count)?;
        let integers = Integers::read(&[values, scales, zeros], self.folder);
        if integers.is_none() {
            let why = "has not as many values, scales and zero points as its shape says".to_string();
            self.blame_constant(call, 3, why);
        }
        integers
    }

    /// Inputs a, its scale and zero point, b, its scale and zero point, scale and zero point of the sum.
    pub fn q_linear_add(&mut self, call: &Call) -> Option<Value> {
        call.attributes(self, &[]);
        let (a, b) = (self.map(call, 0), self.map(call, 3));
        let sum = self.builder.sum(call.site, &[a?, b?])?;
        self.quantised(call, sum, [6, 7])
    }

    /// Inputs x, its scale and zero point, scale and zero point of the result.
    pub fn q_linear_average_pool(&mut self, call: &Call) -> Option<Value> {
        let averaged = self.average_pool(call)?;
        self.quantised(call, averaged, [3, 4])
    }

    pub fn q_linear_global_average(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["channels_last"]);
        attributes.expect(&mut self.builder, "channels_last", 0);
        let input = self.map(call, 0)?;
        self.builder.apply(call.site, Op::GlobalAverage, &[input])
    }

    /// Inputs scale and zero point of the result, then x, its scale and zero point for every part.
    pub fn q_linear_concat(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["axis"]);
        attributes.expect(&mut self.builder, "axis", 1);
        let parts: Vec<Option<Value>> = (2..call.inputs.len()).step_by(3).map(|i| self.map(call, i)).collect();
        let parts: Vec<Value> = parts.into_iter().collect::<Option<_>>()?;
        let joined = self.builder.apply(call.site, Op::Concat, &parts)?;
        self.quantised(call, joined, [0, 1])
    }

    /// Keeps the scale and zero point of inputs `places` with the value's node; where the least integer is zero, what is
    /// below zero is cut off.
    fn quantised(&mut self, call: &Call, value: Value, [scale, zero]: [usize; 2]) -> Option<Value> {
        let scales = self.floats(call, scale)?;
        let (zeros, signed) = match call.lacks(zero) {
            true => (vec![0], false),
            false => (self.integers(call, zero)?, self.tensor(call, zero)?.data_type == data_type::INT8),
        };
        let (&[scale], &[zero_point]) = (scales.as_slice(), zeros.as_slice()) else {
            let why = format!("{} scales of a feature map", scales.len());
            self.builder.report(call.site, "scale", why, "one scale and zero point per feature map");
            return None;
        };
        let zero_point = i32::try_from(zero_point).unwrap_or(i32::MAX);
        let least = if signed { i8::MIN.into() } else { 0 };
        let node = &self.builder.nodes[value.node];
        let cut = zero_point == least && !self.builder.is_non_negative(value) && value.view == View::Map;
        let cut = cut && !matches!(node.op, Op::GlobalAverage | Op::Input);
        let name = format!("{}_relu", node.name);
        let value = match cut {
            true => self.builder.apply(crate::builder::Site { node: &name, ..call.site }, Op::Relu, &[value])?,
            false => value,
        };
        let wanted = Quantisation { scale, zero_point, signed };
        let fate =
            match (&self.builder.nodes[value.node].op, wanted.zero_in_place(!self.builder.is_non_negative(value))) {
                (Op::Input, _) => "the image's bytes are taken as --preprocess says",
                (Op::GlobalAverage, _) => "the machine sums in 16 bits",
                (_, true) => "kept (a concatenation's for all its branches)",
                (_, false) => {
                    "the machine has zero at the least integer, or in the middle; systole quantize chooses a scale"
                }
            };
        self.builder.note(call.site, &format!("asks for {wanted}: {fate}"));
        self.builder.nodes[value.node].given.result = Some(wanted);
        Some(value)
    }
}

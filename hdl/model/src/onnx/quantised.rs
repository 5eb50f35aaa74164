//! Quantised ONNX: QuantizeLinear and DequantizeLinear around float operators, and operators on integers. Both become float
//! operations whose nodes keep the integers and scales of the file.

use super::evaluate::{dequantized, Array};
use super::message::data_type;
use super::network::Importer;
use super::node::Call;
use super::pooling::Window;
use super::stored::Stored;
use super::tensor::Why;
use crate::builder::{Value, View};
use crate::given::Quantisation;
use crate::graph::Op;

/// Integer constants as real numbers, and as they are.
struct Weights {
    real: Array,
    scales: Vec<f32>,
    stored: Option<Stored>,
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
        let weights = self.integer_constant(call, 3, 0)?;
        let &[out_channels, _, height, width] = weights.real.dims.as_slice() else {
            self.blame_constant(call, 3, format!("has shape {:?}; wanted [out, in, height, width]", weights.real.dims));
            return None;
        };
        let input = self.map(call, 0)?;
        let b = &mut self.builder;
        let kernel = attributes.sizes(b, "kernel_shape", Some([height, width]))?;
        let size = b.padded_size(input);
        let Window { kernel, stride, pad, .. } = Window::read(b, call.site, &attributes, kernel, size)?;
        let bias = self.integer_bias(call, (8, 1), &weights.scales, out_channels)?;
        let Weights { real, stored, .. } = weights;
        let op = Op::Conv { out_channels, kernel, stride, pad, weights: real.into_floats(), bias };
        let conv = self.builder.apply(call.site, op, &[input])?;
        self.keep_weights(conv, stored.and_then(Stored::rows));
        self.quantised(call, conv, [6, 7])
    }

    /// 32-bit biases of input `place`, or zeros: their scale is that of input `scale` times the weights'.
    fn integer_bias(
        &mut self,
        call: &Call,
        (place, scale): (usize, usize),
        scales: &[f32],
        outputs: usize,
    ) -> Option<Vec<f32>> {
        let input_scale = self.floats(call, scale)?;
        let &[input_scale] = input_scale.as_slice() else {
            self.blame_constant(call, scale, format!("has {} values; wanted one", input_scale.len()));
            return None;
        };
        let biases = if call.lacks(place) { vec![0; outputs] } else { self.integers(call, place)? };
        if biases.len() != outputs {
            self.blame_constant(call, place, format!("has {} values; wanted {outputs}", biases.len()));
            return None;
        }
        let per_channel = |i: usize| scales[if scales.len() == 1 { 0 } else { i }];
        let bias: Vec<f32> = biases.iter().enumerate().map(|(i, &b)| b as f32 * input_scale * per_channel(i)).collect();
        if bias.iter().all(|b| b.is_finite()) {
            return Some(bias);
        }
        self.blame_constant(call, place, "makes biases that are not finite".to_string());
        None
    }

    /// Inputs `place` and the two behind it: integers, scales (one, or one per index of `axis`) and zero points.
    fn integer_constant(&mut self, call: &Call, place: usize, axis: i64) -> Option<Weights> {
        let count = self.tensor(call, place)?.count().unwrap_or(usize::MAX);
        self.builder.reserve_parameters(call.site, count)?;
        let weights = self.read_weights(call, place, axis);
        let weights = weights.map_err(|why| self.blame_constant(call, place, why)).ok()?;
        if weights.real.values.len() == 0 || !weights.real.is_finite() {
            self.blame_constant(call, place + 1, "makes weights that are not finite, or none".to_string());
            return None;
        }
        Some(weights)
    }

    fn read_weights(&self, call: &Call, place: usize, axis: i64) -> Result<Weights, Why> {
        let read = |index: usize| call.constant(index).map(|tensor| Array::read(tensor, self.folder)).transpose();
        let values = read(place)?.ok_or("is not a constant")?;
        let (scale, zeros) = (read(place + 1)?.ok_or("has no scale")?, read(place + 2)?);
        let real = dequantized(&values, &scale, zeros.as_ref(), axis, 0)?;
        let stored = Stored::new(&values, &scale, zeros.as_ref(), axis, 0);
        Ok(Weights { real, scales: scale.into_floats(), stored })
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

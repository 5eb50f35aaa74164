//! Quantised ONNX: QuantizeLinear and DequantizeLinear around float operators, and operators on integers. Both become float
//! operations whose nodes keep the integers and scales of the file.

use super::evaluate::{self, dequantized, Array};
use super::integers::{Content, Counts};
use super::message::data_type;
use super::network::Importer;
use super::node::Call;
use super::pooling::Window;
use super::stored::Stored;
use super::tensor::Why;
use crate::builder::{Site, Value, View};
use crate::given::{IntegerWeights, Quantisation};
use crate::graph::Op;
use crate::mean::saturation_of_host;

/// Integer constants as real numbers, and as they are.
struct Weights {
    real: Array,
    scales: Vec<f32>,
    stored: Option<Stored>,
}

/// Integer weights of a fully connected layer, as real numbers `[outputs][inputs]` and as they are.
struct Matrix {
    weights: Vec<f32>,
    outputs: usize,
    scales: Vec<f32>,
    stored: Option<IntegerWeights>,
}

/// Those of ONNX's QuantizeLinear or DequantizeLinear that the node may have: com.microsoft's have the axis alone.
fn storage_attributes<'n>(call: &Call, of_onnx: &'n [&'n str]) -> &'n [&'n str] {
    match call.node.is_standard() {
        true => of_onnx,
        false => &of_onnx[..1],
    }
}

impl Importer<'_> {
    /// QuantizeLinear: the value stays what it is, and its node keeps scale and zero point.
    pub fn quantize_linear(&mut self, call: &Call) -> Option<Value> {
        call.attributes(
            self,
            storage_attributes(call, &["axis", "saturate", "block_size", "output_dtype", "precision"]),
        );
        self.unblocked(call)?;
        let value = self.map(call, 0)?;
        self.quantised(call, value, [1, 2])
    }

    /// DequantizeLinear of a feature map: its values are real numbers all along.
    pub fn dequantize_linear(&mut self, call: &Call) -> Option<Value> {
        call.attributes(self, storage_attributes(call, &["axis", "block_size", "output_dtype"]));
        self.unblocked(call)?;
        self.map(call, 0)
    }

    fn unblocked(&mut self, call: &Call) -> Option<()> {
        let Some(block) = call.node.attribute.iter().find(|a| a.name == "block_size" && a.i != 0) else {
            return Some(());
        };
        let nearest = "one scale and zero point per feature map";
        self.builder.report(call.site, "block_size", format!("is {} for a feature map", block.i), nearest);
        None
    }

    /// Inputs x, its scale and zero point, weights, theirs, the scale and zero point of the result, 32-bit biases.
    pub fn q_linear_conv(&mut self, call: &Call) -> Option<Value> {
        let known = ["kernel_shape", "strides", "pads", "dilations", "group", "auto_pad"];
        let attributes = call.attributes(self, &known);
        let Some(group) = self.plain_groups(&attributes) else {
            return self.conv_in_place(call, &attributes, 3);
        };
        let weights = self.integer_constant(call, 3, 0)?;
        let &[out_channels, channels, height, width] = weights.real.dims.as_slice() else {
            self.blame_constant(call, 3, format!("has shape {:?}; wanted [out, in, height, width]", weights.real.dims));
            return None;
        };
        let input = self.map_in_order(call, 0)?;
        let b = &mut self.builder;
        let kernel = attributes.sizes(b, "kernel_shape", Some([height, width]))?;
        let size = b.padded_size(input);
        let window = Window::read(b, call.site, &attributes, kernel, size)?;
        self.builder.is_map(call.site, input)?;
        let parted = [self.builder.shape(input)[0], out_channels];
        if self.builder.are_groups(call.site, "group", group, parted).is_none() {
            return self.conv_in_place(call, &attributes, 3);
        }
        self.fits_weights(call, (3, [out_channels, channels, height, width]), group, &window, input)?;
        let Window { kernel, stride, pad, .. } = window;
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
        let sum = match [0, 3].into_iter().find(|&place| call.constant(place).is_some()) {
            Some(place) => {
                let constant = self.integer_constant(call, place, 0)?.real;
                let (shape, values) = (constant.dims.clone(), constant.into_floats());
                let added = |values: &[f32], _| (vec![1.0; values.len()], values.to_vec());
                self.scale_by(call, (place, 3 - place), (&shape, &values), added)?
            }
            None => {
                let (a, b) = (self.map(call, 0), self.map(call, 3));
                self.builder.sum(call.site, &[a?, b?])?
            }
        };
        self.quantised(call, sum, [6, 7])
    }

    /// Inputs x, its scale and zero point, scale and zero point of the result.
    pub fn q_linear_average_pool(&mut self, call: &Call) -> Option<Value> {
        // onnxruntime's AveragePool leaves what is beyond the padding out, this one does not.
        let averaged = self.average_of_windows(call, true)?;
        self.quantised(call, averaged, [3, 4])
    }

    pub fn q_linear_global_average(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["channels_last"]);
        attributes.expect(&mut self.builder, "channels_last", 0);
        let input = self.map(call, 0)?;
        let averaged = self.builder.apply(call.site, Op::GlobalAverage, &[input])?;
        self.quantised(call, averaged, [3, 4])
    }

    /// Inputs a, its scale and zero point, a matrix `[inputs][outputs]`, its scales and zero points, scale and zero point of
    /// the result.
    pub fn q_linear_mat_mul(&mut self, call: &Call) -> Option<Value> {
        call.attributes(self, &[]);
        let matrix = self.integer_matrix(call, false)?;
        let bias = vec![0.0; matrix.outputs];
        let product = self.dense(call, matrix.weights, matrix.outputs, bias)?;
        self.keep_weights(product, matrix.stored);
        self.quantised(call, product, [6, 7])
    }

    /// `alpha * (a * b + c)`: inputs a, its scale and zero point, a matrix, its scales and zero points, 32-bit biases, and
    /// unless the result is in floats its scale and zero point.
    pub fn q_gemm(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["alpha", "transA", "transB"]);
        let b = &mut self.builder;
        attributes.expect(b, "transA", 0);
        let alpha = attributes.float(b, "alpha", 1.0)?;
        let transposed = attributes.int(b, "transB", 0)? != 0;
        let Matrix { mut weights, outputs, scales, stored } = self.integer_matrix(call, transposed)?;
        let mut bias = self.integer_bias(call, (6, 1), &scales, outputs)?;
        weights.iter_mut().chain(&mut bias).for_each(|value| *value *= alpha);
        let product = self.dense(call, weights, outputs, bias)?;
        self.keep_weights(product, stored.filter(|_| alpha == 1.0));
        if call.lacks(7) {
            Some(product)
        } else {
            self.quantised(call, product, [7, 8])
        }
    }

    /// Inputs 3 to 5 as `[outputs][inputs]`.
    fn integer_matrix(&mut self, call: &Call, transposed: bool) -> Option<Matrix> {
        let Weights { real, scales, stored } = self.integer_constant(call, 3, if transposed { 0 } else { 1 })?;
        let &[rows, columns] = real.dims.as_slice() else {
            self.blame_constant(call, 3, format!("has shape {:?}; wanted a matrix", real.dims));
            return None;
        };
        if transposed {
            let (weights, stored) = (real.into_floats(), stored.and_then(Stored::rows));
            return Some(Matrix { weights, outputs: rows, scales, stored });
        }
        let values = real.into_floats();
        let weights = (0..columns).flat_map(|c| values[c..].iter().step_by(columns).copied()).collect();
        let stored = stored.and_then(Stored::transposed).and_then(Stored::rows);
        Some(Matrix { weights, outputs: columns, scales, stored })
    }

    /// Inputs scale and zero point of the result, then x, its scale and zero point for every part.
    pub fn q_linear_concat(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["axis"]);
        attributes.expect(&mut self.builder, "axis", 1);
        let parts: Vec<Option<Value>> = (2..call.inputs.len()).step_by(3).map(|i| self.map_in_order(call, i)).collect();
        let parts: Vec<Value> = parts.into_iter().collect::<Option<_>>()?;
        let joined = self.builder.apply(call.site, Op::Concat, &parts)?;
        self.quantised(call, joined, [0, 1])
    }

    /// Scale and zero point of a feature map, inputs `places`, and between which values they can store.
    fn storage(&mut self, call: &Call, places: [usize; 2]) -> Option<(Option<Quantisation>, [f32; 2])> {
        let counts = self.counts(call, places, self.type_without_zero_point(call))?;
        let Counts { scale, zero_point, data_type: kind } = counts;
        let wide = [data_type::INT8, data_type::UINT8, data_type::INT16, data_type::UINT16].contains(&kind);
        let Some((least, most)) = evaluate::ends(kind).filter(|_| wide) else {
            let nearest = "int8 or uint8 (or 16 bits) for feature maps";
            self.builder.report(call.site, "zero point", format!("is data type {kind}"), nearest);
            return None;
        };
        let ends = [least, most].map(|end| (end - zero_point) as f32 * scale);
        if !(scale > 0.0 && ends.iter().all(|end| end.is_finite())) {
            self.builder.report(call.site, "scale", format!("is {scale}"), "a positive scale");
            return None;
        }
        self.written = Content::Integers(counts);
        let signed = kind == data_type::INT8;
        let eight = (signed || kind == data_type::UINT8).then_some(i32::try_from(zero_point).ok()).flatten();
        Some((eight.map(|zero_point| Quantisation { scale, zero_point, signed }), ends))
    }

    /// Stores the value with the scale and zero point of inputs `places`: it saturates, and its node keeps them.
    fn quantised(&mut self, call: &Call, value: Value, places: [usize; 2]) -> Option<Value> {
        let (wanted, ends) = self.storage(call, places)?;
        let [least, most] = ends;
        if let View::Scores(_) = value.view {
            self.builder.note(call.site, &saturation_of_host(least, most));
            return Some(value);
        }
        if self.builder.nodes[value.node].op == Op::GlobalAverage {
            return self.quantised_average(call, value, wanted, ends);
        }
        let name = format!("{}_saturated", self.builder.nodes[value.node].name);
        let stored = self.builder.saturate(Site { node: &name, ..call.site }, value, ends)?;
        let Some(wanted) = wanted else {
            self.builder.note(call.site, &format!("asks for 16 bits, from {least} to {most}; the machine stores 8"));
            return Some(stored);
        };
        let signed = !self.builder.is_non_negative(stored);
        let fate = match (&self.builder.nodes[value.node].op, wanted.zero_in_place(signed)) {
            (Op::Input, _) => "the image's bytes are taken as --preprocess says",
            (_, true) => "kept (a concatenation's for all its branches)",
            (_, false) => {
                "the machine has zero at the least integer, or in the middle; systole quantize chooses a scale"
            }
        };
        self.builder.note(call.site, &format!("asks for {wanted}: {fate}"));
        self.builder.nodes[stored.node].given.result = Some(wanted);
        Some(stored)
    }

    /// A mean, which the machine sums in 16 bits where the network ends in it.
    fn quantised_average(
        &mut self,
        call: &Call,
        value: Value,
        wanted: Option<Quantisation>,
        ends: [f32; 2],
    ) -> Option<Value> {
        let [least, most] = ends;
        if !self.builder.exceeds(value, ends) {
            let fate = "the machine sums in 16 bits, and nothing lies beyond these ends";
            self.builder.note(call.site, &format!("asks for storage from {least} to {most}: {fate}"));
            return Some(value);
        }
        if least >= 0.0 && !self.builder.is_non_negative(value) {
            // A ReLU, which needs a map of one pixel.
            let name = format!("{}_saturated", self.builder.nodes[value.node].name);
            let pixel = self.builder.as_pixel(call.site, value)?;
            return self.builder.saturate(Site { node: &name, ..call.site }, pixel, ends);
        }
        self.builder.store_mean(call.site, value, wanted, ends)
    }
}

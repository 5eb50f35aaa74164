//! ONNX operators that work value by value, or join maps.

use super::network::{Importer, Operand};
use super::node::Call;
use crate::builder::{Value, View};
use crate::graph::Op;

/// First operator set whose softmax works on one axis, the last by default.
const SOFTMAX_OF_ONE_AXIS: i64 = 13;

impl Importer<'_> {
    pub fn relu(&mut self, call: &Call) -> Option<Value> {
        call.attributes(self, &[]);
        let input = self.map(call, 0)?;
        self.builder.apply(call.site, Op::Relu, &[input])
    }

    /// A clip to zero and above is a ReLU; with a maximum it is a ReLU6 and the like.
    pub fn clip(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["min", "max"]);
        let mut low = attributes.float(&mut self.builder, "min", f32::MIN)?;
        let mut high = attributes.float(&mut self.builder, "max", f32::MAX)?;
        for (index, limit) in [(1, &mut low), (2, &mut high)] {
            if !call.lacks(index) {
                *limit = self.floats(call, index)?.first().copied().unwrap_or(*limit);
            }
        }
        let input = self.map(call, 0)?;
        self.builder.clip(call.site, input, low, high)
    }

    pub fn add(&mut self, call: &Call) -> Option<Value> {
        call.attributes(self, &[]);
        if call.constant(0).is_some() || call.constant(1).is_some() {
            return self.scale_by_constant(call, |constant| (vec![1.0; constant.len()], constant));
        }
        let inputs: Vec<Option<Value>> = (0..call.inputs.len()).map(|i| self.map(call, i)).collect();
        let inputs: Vec<Value> = inputs.into_iter().collect::<Option<_>>()?;
        self.builder.sum(call.site, &inputs)
    }

    pub fn mul(&mut self, call: &Call) -> Option<Value> {
        call.attributes(self, &[]);
        if call.constant(0).is_none() && call.constant(1).is_none() {
            self.builder.report(call.site, "", "multiplies two maps", "a constant per channel behind a convolution");
            return None;
        }
        self.scale_by_constant(call, |constant| {
            let zeros = vec![0.0; constant.len()];
            (constant, zeros)
        })
    }

    /// One constant per channel, or one for all, folded into the convolution before it.
    fn scale_by_constant(
        &mut self,
        call: &Call,
        factor_and_offset: impl Fn(Vec<f32>) -> (Vec<f32>, Vec<f32>),
    ) -> Option<Value> {
        let (constant, map) = if call.constant(0).is_some() { (0, 1) } else { (1, 0) };
        let shape = self.tensor(call, constant)?.shape();
        let values = self.floats(call, constant)?;
        let input = self.map(call, map)?;
        let channels = self.builder.shape(input)[0];
        let pixel = self.builder.is_pixel(input);
        let tail = if input.view == View::Flat || pixel { &[1, 1][..0] } else { &[1, 1][..] };
        let shape = shape.unwrap_or_default();
        let per_channel = values.len() == channels && (pixel || shape.ends_with(&[&[channels], tail].concat()));
        if call.inputs.len() != 2 || !(per_channel || values.len() == 1) || input.view == View::Flat && !pixel {
            let why = format!("has shape {shape:?} against {channels} channels");
            self.builder.report(call.site, &format!("input {constant}"), why, format!("[{channels}, 1, 1]"));
            return None;
        }
        let each = if values.len() == channels { values } else { vec![values[0]; channels] };
        let (factor, offset) = factor_and_offset(each);
        self.builder.scale_channels(call.site, input, &factor, &offset)
    }

    pub fn concat(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["axis"]);
        let axis = attributes.int(&mut self.builder, "axis", 1)?;
        let inputs: Vec<Option<Value>> = (0..call.inputs.len()).map(|i| self.map(call, i)).collect();
        let inputs: Vec<Value> = inputs.into_iter().collect::<Option<_>>()?;
        let flat = inputs.iter().any(|i| i.view == View::Flat);
        if axis != 1 && axis != if flat { -1 } else { -3 } {
            self.builder.report(call.site, "axis", format!("is {axis}"), "axis = 1, the channels");
            return None;
        }
        match inputs.as_slice() {
            [one] => Some(*one),
            _ => self.builder.apply(call.site, Op::Concat, &inputs),
        }
    }

    pub fn softmax(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["axis"]);
        let default = if self.opset < SOFTMAX_OF_ONE_AXIS { 1 } else { -1 };
        let axis = attributes.int(&mut self.builder, "axis", default)?;
        let input = self.map(call, 0)?;
        if input.view == View::Map && axis != 1 && axis != -3 {
            self.builder.report(call.site, "axis", format!("is {axis} of a map"), "axis = 1, the channels");
            return None;
        }
        self.builder.softmax(call.site, input)
    }

    /// Dropout outside training, and casts between float types.
    pub fn unchanged(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["ratio", "seed", "is_test", "to", "saturate"]);
        let to = attributes.int(&mut self.builder, "to", super::message::data_type::FLOAT.into())?;
        use super::message::data_type::{BFLOAT16, DOUBLE, FLOAT, FLOAT16};
        if ![FLOAT, FLOAT16, BFLOAT16, DOUBLE].iter().any(|&t| i64::from(t) == to) {
            self.builder.report(call.site, "to", format!("is data type {to}"), "a float type");
            return None;
        }
        if matches!(call.input(2), Some(Operand::Constant(mode)) if mode.int32_data == [1] || mode.raw_data == [1]) {
            self.builder.report(call.site, "training_mode", "is true", "a model exported for inference");
            return None;
        }
        self.builder.note(call.site, "changes no value");
        self.map(call, 0)
    }
}

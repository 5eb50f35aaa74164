//! What stands in for the result of a node that was refused: a map of its shape, so that what is behind it is looked at as well.

use super::attributes::{sizes, Attributes};
use super::network::{Importer, Operand};
use super::node::Call;
use super::pooling::Window;
use crate::builder::{Value, View};
use crate::shape::{window_count, Shape};

/// Operators whose result has the shape of their first map.
const SAME: [&str; 30] = [
    "Add",
    "BatchNormalization",
    "Celu",
    "Clip",
    "Div",
    "Dropout",
    "Elu",
    "Erf",
    "Exp",
    "Gelu",
    "HardSigmoid",
    "HardSwish",
    "InstanceNormalization",
    "LRN",
    "LeakyRelu",
    "Max",
    "Min",
    "Mish",
    "Mul",
    "PRelu",
    "Relu",
    "Selu",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Sub",
    "Sum",
    "Tanh",
    "ThresholdedRelu",
    "com.microsoft::QLinearLeakyRelu",
];

impl Importer<'_> {
    /// A map of the shape that the node's result has, where that is known. It reports nothing.
    pub fn in_place(&mut self, call: &Call) -> Option<Value> {
        let reported = self.builder.problems.len();
        let shape = self.shape_in_place(call);
        self.builder.problems.truncate(reported);
        let (input, shape) = shape?;
        self.builder.stand_in(call.site, input, shape)
    }

    /// The first map of the node, on the axes of the result, and the result's shape.
    fn shape_in_place(&mut self, call: &Call) -> Option<(Value, Shape)> {
        let maps: Vec<Value> = call.inputs.iter().flatten().filter_map(value).collect();
        // What is smaller is spread over the larger one.
        let largest = maps.iter().copied().max_by_key(|&map| self.builder.shape(map).iter().product::<usize>());
        let operator = call.site.operator;
        if SAME.contains(&operator) {
            let input = largest.filter(|map| !matches!(map.view, View::Padded(_)))?;
            return Some((input, self.builder.shape(input)));
        }
        let input = maps.first().copied().filter(|map| matches!(map.view, View::Map | View::Padded(_)))?;
        let shape @ [channels, height, width] = self.builder.shape(input);
        let attributes = call.attributes(self, &[]);
        let map = Value { view: View::Map, ..input };
        let result = match operator {
            "ConvTranspose" => self.enlarged(call, &attributes, shape)?,
            "Resize" | "Upsample" => self.resized(call, &attributes, shape)?,
            "MaxPool" | "AveragePool" | "LpPool" => self.pooled(call, &attributes, input)?,
            "Concat" if maps.len() == call.inputs.len() => {
                let shapes: Vec<Shape> = maps.iter().map(|&map| self.builder.shape(map)).collect();
                let alike = shapes.iter().all(|other| other[1..] == shape[1..]);
                alike.then(|| [shapes.iter().map(|shape| shape[0]).sum(), height, width])?
            }
            "DepthToSpace" => {
                let block = usize::try_from(attributes.int(&mut self.builder, "blocksize", 1)?).ok()?;
                let whole = block > 0 && channels % block.checked_mul(block)? == 0;
                whole.then(|| [channels / (block * block), height * block, width * block])?
            }
            _ => return None,
        };
        (!result.contains(&0)).then_some((map, result))
    }

    fn enlarged(&mut self, call: &Call, attributes: &Attributes, [_, height, width]: Shape) -> Option<Shape> {
        let &[_, out, kernel_h, kernel_w] = call.constant(1)?.shape().ok()?.as_slice() else { return None };
        let b = &mut self.builder;
        let groups = usize::try_from(attributes.int(b, "group", 1)?).ok()?;
        let stride = attributes.sizes(b, "strides", Some([1, 1]))?;
        let dilation = attributes.sizes(b, "dilations", Some([1, 1]))?;
        let more = attributes.sizes(b, "output_padding", Some([0, 0]))?;
        let [top, left, bottom, right] = attributes.sizes(b, "pads", Some([0; 4]))?;
        let size = |axis: usize, size: usize, kernel: usize, pads: usize| {
            let reach = kernel.checked_sub(1)?.checked_mul(dilation[axis])? + 1;
            ((size - 1).checked_mul(stride[axis])? + reach + more[axis]).checked_sub(pads)
        };
        let rows = size(0, height, kernel_h, top + bottom)?;
        Some([out.checked_mul(groups)?, rows, size(1, width, kernel_w, left + right)?])
    }

    fn resized(&mut self, call: &Call, attributes: &Attributes, [channels, height, width]: Shape) -> Option<Shape> {
        if !call.lacks(3) {
            let listed = sizes(&self.integers(call, 3)?)?;
            return match *listed.as_slice() {
                [_, channels, height, width] => Some([channels, height, width]),
                [height, width] => Some([channels, height, width]),
                _ => None,
            };
        }
        let place = if call.is("Upsample") { 1 } else { 2 };
        let scales = match (call.lacks(place), call.lacks(1)) {
            (false, _) => self.floats(call, place)?,
            (true, false) => self.floats(call, 1)?,
            (true, true) => attributes.floats(&mut self.builder, "scales")??.to_vec(),
        };
        let &[rows, columns] = scales.last_chunk::<2>()?;
        let scaled =
            |size: usize, scale: f32| (scale.is_finite() && scale > 0.0).then_some((size as f32 * scale) as usize);
        Some([channels, scaled(height, rows)?, scaled(width, columns)?])
    }

    fn pooled(&mut self, call: &Call, attributes: &Attributes, input: Value) -> Option<Shape> {
        let size = self.builder.padded_size(input);
        let b = &mut self.builder;
        let kernel = attributes.sizes(b, "kernel_shape", None)?;
        let ceil = attributes.int(b, "ceil_mode", 0)? != 0;
        let Window { stride, pad, .. } = Window::read(b, call.site, attributes, kernel, size)?;
        let rows = window_count(size[0], kernel[0], stride[0], [pad.top, pad.bottom], ceil)?;
        let columns = window_count(size[1], kernel[1], stride[1], [pad.left, pad.right], ceil)?;
        Some([self.builder.shape(input)[0], rows, columns])
    }
}

fn value(operand: &Operand) -> Option<Value> {
    match operand {
        Operand::Value(value) => Some(*value),
        _ => None,
    }
}

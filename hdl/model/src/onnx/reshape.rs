//! ONNX operators that only change the shape: before a fully connected layer and at the end.

use super::network::{Importer, Operand};
use super::node::Call;
use crate::builder::{Value, View};
use crate::shape::Shape;

impl Importer<'_> {
    pub fn flatten(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["axis"]);
        let axis = attributes.int(&mut self.builder, "axis", 1)?;
        let input = self.map(call, 0)?;
        if axis != 1 && axis != -3 && !self.builder.is_pixel(input) {
            self.builder.report(call.site, "axis", format!("is {axis}"), "axis = 1");
            return None;
        }
        self.builder.flatten(call.site, input)
    }

    pub fn reshape(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["allowzero", "shape"]);
        let keep_zero = attributes.int(&mut self.builder, "allowzero", 0)? != 0;
        let input = self.map(call, 0)?;
        if self.builder.is_pixel(input) {
            return self.builder.flatten(call.site, input);
        }
        if matches!(call.input(1), Some(Operand::Other)) {
            let nearest = "a constant shape (export with fixed sizes), or Flatten";
            self.builder.report(call.site, "shape", "is computed when the network runs", nearest);
            return None;
        }
        let target = self.integers(call, 1)?;
        let shape = self.builder.shape(input);
        let batch = self.batch;
        let view = if keep_zero && target.contains(&0) { None } else { reshaped(shape, input.view, batch, &target) };
        match view {
            Some(View::Flat) => self.builder.flatten(call.site, input),
            Some(_) => Some(input),
            None => {
                let why = format!("is {target:?} for a map of {shape:?}");
                self.builder.report(call.site, "shape", why, "[batch, all values]");
                None
            }
        }
    }

    /// Squeeze, Unsqueeze and Transpose keep the order of the values of one pixel.
    pub fn reorder_pixel(&mut self, call: &Call) -> Option<Value> {
        let input = self.map(call, 0)?;
        if self.builder.is_pixel(input) {
            return self.builder.flatten(call.site, input);
        }
        let why = format!("changes the axes of a map of {:?}", self.builder.shape(input));
        self.builder.report(call.site, "", why, "behind a global average only");
        None
    }
}

/// How a map is seen after a reshape to `target`, where 0 keeps a dim and -1 takes what is left.
fn reshaped(shape: Shape, view: View, batch: usize, target: &[i64]) -> Option<View> {
    let values: usize = shape.iter().product();
    let old = if view == View::Flat { vec![batch, values] } else { [vec![batch], shape.to_vec()].concat() };
    let mut dims = Vec::new();
    for (i, &dim) in target.iter().enumerate() {
        dims.push(match dim {
            0 => Some(*old.get(i)?),
            -1 => None,
            size => Some(usize::try_from(size).ok()?),
        });
    }
    let known = dims.iter().flatten().try_fold(1usize, |product, &d| product.checked_mul(d)).filter(|&p| p > 0)?;
    let total = batch.checked_mul(values)?;
    let dims: Vec<usize> = dims.into_iter().map(|d| d.unwrap_or(total / known)).collect();
    match dims.split_first() {
        Some((&n, rest)) if n == batch && rest == shape && view == View::Map => Some(View::Map),
        Some((&n, &[all])) if n == batch && all == values => Some(View::Flat),
        _ => None,
    }
}

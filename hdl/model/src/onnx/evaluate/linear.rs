//! Constants to integers with scales and back, and products of matrices.

use super::array::{ends, Array, Values};
use super::task::Task;
use crate::onnx::message::data_type;
use crate::onnx::tensor::Why;

/// Multiply-accumulates of one product of constants.
const MOST_PRODUCTS: usize = 1 << 30;

/// Which scale goes with which value: one for all, one per index of an axis, or one per block along an axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scales {
    /// Values behind the axis.
    inner: usize,
    /// Size of the axis.
    size: usize,
    /// Values along the axis that share a scale.
    block: usize,
    /// Scales along the axis: 0 where there is one for all.
    along: usize,
    /// Whether the scales differ before and behind the axis as well.
    blocked: bool,
    pub axis: usize,
}

impl Scales {
    /// For values of shape `dims` and scales of shape `scale`.
    pub fn new(dims: &[usize], scale: &[usize], axis: i64, block: i64) -> Result<Self, Why> {
        let one = scale.iter().product::<usize>() == 1 && scale.len() <= 1;
        if one && block == 0 {
            return Ok(Scales { inner: 1, size: 1, block: 1, along: 0, blocked: false, axis: 0 });
        }
        let rank = dims.len();
        let axis = super::array::place(axis, rank).ok_or_else(|| format!("has no axis {axis} in shape {dims:?}"))?;
        let (inner, size) = (dims[axis + 1..].iter().product(), dims[axis]);
        if block == 0 {
            if scale != [size] {
                return Err(format!(
                    "has scales of shape {scale:?} for axis {axis} of shape {dims:?}; wanted [{size}]"
                ));
            }
            return Ok(Scales { inner, size, block: 1, along: size, blocked: false, axis });
        }
        let block = usize::try_from(block).map_err(|_| format!("has block_size {block}"))?;
        let along = size.div_ceil(block);
        let mut wanted = dims.to_vec();
        wanted[axis] = along;
        if scale != wanted {
            return Err(format!(
                "has scales of shape {scale:?} for block_size {block} along axis {axis} of shape {dims:?}; wanted {wanted:?}"
            ));
        }
        Ok(Scales { inner, size, block, along, blocked: true, axis })
    }

    /// Whether every index of the axis, or all values, have one scale.
    pub fn is_plain(&self) -> bool {
        !self.blocked
    }

    /// Index of the scale of a value.
    pub fn of(&self, index: usize) -> usize {
        if self.along == 0 {
            return 0;
        }
        let (row, behind) = (index / self.inner, index % self.inner);
        let along = row % self.size / self.block;
        match self.blocked {
            true => (row / self.size * self.along + along) * self.inner + behind,
            false => along,
        }
    }
}

/// How values go with scales and zero points.
fn fit(values: &Array, scale: &Array, zeros: Option<&Array>, axis: i64, block: i64) -> Result<Scales, Why> {
    let scales = Scales::new(&values.dims, &scale.dims, axis, block)?;
    match zeros.filter(|zeros| zeros.values.len() != scale.values.len()) {
        Some(zeros) => Err(format!("has zero points of shape {:?} for scales of shape {:?}", zeros.dims, scale.dims)),
        None => Ok(scales),
    }
}

/// Zero point by index of the scale.
fn zero_points(zeros: Option<&Array>) -> Result<impl Fn(usize) -> i64 + '_, Why> {
    let zeros = match zeros.map(|zeros| &zeros.values) {
        Some(Values::Integers(zeros)) => Some(zeros),
        Some(Values::Floats(_)) => return Err("has zero points that are no integers".to_string()),
        None => None,
    };
    Ok(move |scale: usize| zeros.map_or(0, |zeros| zeros[scale]))
}

/// `(value - zero point) * scale`, with the scales and zero points that go with the values.
pub(crate) fn dequantized(
    values: &Array,
    scale: &Array,
    zeros: Option<&Array>,
    axis: i64,
    block: i64,
) -> Result<Array, Why> {
    let (scales, zero) = (fit(values, scale, zeros, axis, block)?, zero_points(zeros)?);
    let (Values::Integers(integers), Values::Floats(scale)) = (&values.values, &scale.values) else {
        return Err("has values that are no integers, or scales that are no floats".to_string());
    };
    let float = |(index, &value): (usize, &i64)| {
        let at = scales.of(index);
        value.wrapping_sub(zero(at)) as f32 * scale[at]
    };
    Ok(Array::floats(values.dims.clone(), integers.iter().enumerate().map(float).collect()))
}

pub(super) fn dequantize(task: &Task) -> Result<Array, Why> {
    task.room(&task.array(0)?.dims)?;
    let (axis, block) = (task.int("axis").unwrap_or(1), task.int("block_size").unwrap_or(0));
    dequantized(task.array(0)?, task.array(1)?, task.optional(2), axis, block)
}

pub(super) fn quantize(task: &Task) -> Result<Array, Why> {
    let (array, scale) = (task.array(0)?, task.floats(1)?);
    let (axis, block) = (task.int("axis").unwrap_or(1), task.int("block_size").unwrap_or(0));
    let scales = fit(array, task.array(1)?, task.optional(2), axis, block)?;
    let zero = zero_points(task.optional(2))?;
    let asked = task.int("output_dtype").filter(|&kind| kind != 0).and_then(|kind| i32::try_from(kind).ok());
    let kind = match task.lacks(2) {
        true => asked.unwrap_or(data_type::UINT8),
        false => task.array(2)?.data_type,
    };
    let (least, most) = ends(kind).ok_or_else(|| format!("makes integers of data type {kind}"))?;
    task.room(&array.dims)?;
    let integer = |(index, value): (usize, f32)| {
        let at = scales.of(index);
        ((value / scale[at]).round_ties_even() as i64).saturating_add(zero(at)).clamp(least, most)
    };
    let values = match &array.values {
        Values::Floats(values) => values.iter().copied().enumerate().map(integer).collect(),
        Values::Integers(values) => values.iter().map(|&v| v as f32).enumerate().map(integer).collect(),
    };
    Ok(Array::integers(array.dims.clone(), values, kind))
}

/// The product of two matrices.
pub(super) fn mat_mul(task: &Task) -> Result<Array, Why> {
    let (a, b) = (task.array(0)?, task.array(1)?);
    let (&[rows, depth], &[other, columns]) = (a.dims.as_slice(), b.dims.as_slice()) else {
        return Err(format!("multiplies shapes {:?} and {:?}; wanted matrices", a.dims, b.dims));
    };
    if depth != other {
        return Err(format!("multiplies shapes {:?} and {:?}", a.dims, b.dims));
    }
    let (x, y) = (task.floats(0)?, task.floats(1)?);
    let dims = vec![rows, columns];
    let count = task.room(&dims)?;
    if count == 0 {
        return Ok(Array::floats(dims, Vec::new()));
    }
    if count.saturating_mul(depth) > MOST_PRODUCTS {
        return Err(format!("multiplies shapes {:?} and {:?}, more than {MOST_PRODUCTS} products", a.dims, b.dims));
    }
    let sum = |row: usize, column: usize| {
        let products = (0..depth).map(|k| f64::from(x[row * depth + k]) * f64::from(y[k * columns + column]));
        products.sum::<f64>() as f32
    };
    let values = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    Ok(Array::floats(dims, values.map(|(row, column)| sum(row, column)).collect()))
}

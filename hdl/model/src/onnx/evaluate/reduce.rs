//! Sums, means and the like over axes of constants.

use super::array::{Array, Values, Walk};
use super::task::Task;
use crate::onnx::tensor::Why;

/// What a reduction begins with.
#[derive(Clone, Copy)]
pub(super) enum Start {
    Zero,
    One,
    /// The first of the values; there must be one.
    First,
}

/// Takes the values along the axes together by `join`, then by `end` of that and their number; in double precision.
pub(super) fn reduce(
    task: &Task,
    join: fn(f64, f64) -> f64,
    start: Start,
    end: fn(f64, f64) -> f64,
) -> Result<Array, Why> {
    let array = task.array(0)?;
    let axes = task.list("axes", 1)?.unwrap_or_default();
    if axes.is_empty() && task.int("noop_with_empty_axes").unwrap_or(0) != 0 {
        return Ok(array.clone());
    }
    let rank = array.dims.len();
    let axes = match axes.is_empty() {
        true => (0..rank).collect(),
        false => axes.iter().map(|&axis| array.axis(axis)).collect::<Result<Vec<_>, _>>()?,
    };
    let (strides, all) = (array.strides(), 0..rank);
    let (gone, left): (Vec<usize>, Vec<usize>) = all.partition(|axis| axes.contains(axis));
    let dims_of = |axes: &[usize]| axes.iter().map(|&axis| array.dims[axis]).collect::<Vec<_>>();
    let strides_of = |axes: &[usize]| axes.iter().map(|&axis| strides[axis] as isize).collect::<Vec<_>>();
    let (inner, outer) = (dims_of(&gone), dims_of(&left));
    task.room(&outer)?;
    let one = |first: usize| {
        let mut values = Walk::new(&inner, first, strides_of(&gone)).map(|place| match &array.values {
            Values::Floats(values) => f64::from(values[place]),
            Values::Integers(values) => values[place] as f64,
        });
        let from = match start {
            Start::Zero => 0.0,
            Start::One => 1.0,
            Start::First => values.next()?,
        };
        Some(end(values.fold(from, join), inner.iter().product::<usize>() as f64))
    };
    let results: Option<Vec<f64>> = Walk::new(&outer, 0, strides_of(&left)).map(one).collect();
    let results = results.ok_or("takes the largest or least of no values")?;
    let keep = task.int("keepdims").unwrap_or(1) != 0;
    let kept = || (0..rank).map(|axis| if axes.contains(&axis) { 1 } else { array.dims[axis] }).collect();
    let dims = if keep { kept() } else { outer.clone() };
    Ok(match &array.values {
        Values::Floats(_) => Array::floats(dims, results.into_iter().map(|v| v as f32).collect()),
        Values::Integers(_) => Array::integers(dims, results.into_iter().map(|v| v as i64).collect(), array.data_type),
    })
}

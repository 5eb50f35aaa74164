//! Parts of constants.

use super::array::{Array, Walk};
use super::task::Task;
use crate::onnx::tensor::Why;

pub(super) fn gather(task: &Task) -> Result<Array, Why> {
    let (array, indices) = (task.array(0)?, task.array(1)?);
    let axis = array.axis(task.int("axis").unwrap_or(0))?;
    let size = array.dims[axis];
    let place = |&index: &i64| super::array::place(index, size);
    let places: Option<Vec<usize>> = task.row(1)?.iter().map(place).collect();
    let places = places.ok_or_else(|| format!("takes what lies outside an axis of {size}"))?;
    let dims = [&array.dims[..axis], &indices.dims, &array.dims[axis + 1..]].concat();
    if task.room(&dims)? == 0 {
        return Ok(Array { dims, values: array.values.none(), data_type: array.data_type });
    }
    let outer: usize = array.dims[..axis].iter().product();
    let inner: usize = array.dims[axis + 1..].iter().product();
    let rows = (0..outer).flat_map(|row| places.iter().map(move |place| (row * size + place) * inner));
    let values = array.values.pick(rows.flat_map(|first| first..first + inner));
    Ok(Array { dims, values, data_type: array.data_type })
}

pub(super) fn slice(task: &Task) -> Result<Array, Why> {
    let array = task.array(0)?;
    let list = |name, index| task.list(name, index);
    let starts = list("starts", 1)?.ok_or("has no starts")?;
    let ends = list("ends", 2)?.ok_or("has no ends")?;
    let axes = list("axes", 3)?.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = list("steps", 4)?.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), axes.len(), steps.len()].iter().any(|&n| n != starts.len()) || steps.contains(&0) {
        return Err(format!("has starts {starts:?}, ends {ends:?}, axes {axes:?}, steps {steps:?}"));
    }
    let mut dims = array.dims.clone();
    let (mut first, strides) = (0, array.strides());
    let mut apart: Vec<isize> = strides.iter().map(|&stride| stride as isize).collect();
    let axes = axes.iter().map(|&axis| array.axis(axis)).collect::<Result<Vec<_>, _>>()?;
    if (0..axes.len()).any(|index| axes[..index].contains(&axes[index])) {
        return Err(format!("has axes {axes:?}, one of them twice"));
    }
    for (index, axis) in axes.into_iter().enumerate() {
        let (start, count) = range(starts[index], ends[index], steps[index], array.dims[axis] as i64);
        dims[axis] = count;
        first += if count > 0 { start * strides[axis] } else { 0 };
        // Of one value, the step does not matter.
        apart[axis] = if count > 1 { strides[axis] as isize * steps[index] as isize } else { 0 };
    }
    task.room(&dims)?;
    let values = array.values.pick(Walk::new(&dims, first, apart));
    Ok(Array { dims, values, data_type: array.data_type })
}

/// First place and number of places from `start` to `end`, exclusive, on an axis of `size`.
pub(in crate::onnx) fn range(start: i64, end: i64, step: i64, size: i64) -> (usize, usize) {
    let from_front = |place: i64| if place < 0 { place.saturating_add(size) } else { place };
    let (start, end) = (from_front(start), from_front(end));
    let (start, span) = match step > 0 {
        true => {
            let start = start.clamp(0, size);
            (start, end.clamp(0, size) - start)
        }
        false => {
            let start = start.clamp(-1, size - 1);
            (start, start - end.clamp(-1, size - 1))
        }
    };
    let count = span.max(0).unsigned_abs().div_ceil(step.unsigned_abs());
    (start.max(0) as usize, count as usize)
}

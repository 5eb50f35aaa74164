//! Constants that are made from sizes, and sizes of constants.

use super::array::{Array, Values};
use super::layout::sizes;
use super::task::Task;
use crate::onnx::message::data_type;
use crate::onnx::tensor::Why;

pub(super) fn shape(task: &Task) -> Result<Array, Why> {
    part(task, &task.array(0)?.dims)
}

/// The shape, or what the attributes `start` and `end` leave of it.
pub(crate) fn part(task: &Task, dims: &[usize]) -> Result<Array, Why> {
    let rank = dims.len() as i64;
    let place = |at: i64| (if at < 0 { at.saturating_add(rank) } else { at }).clamp(0, rank) as usize;
    let (start, end) = (place(task.int("start").unwrap_or(0)), place(task.int("end").unwrap_or(rank)));
    Ok(Array::sizes(dims[start..end.max(start)].iter().map(|&dim| dim as i64).collect()))
}

pub(super) fn size(task: &Task) -> Result<Array, Why> {
    Ok(Array::integers(Vec::new(), vec![task.array(0)?.values.len() as i64], data_type::INT64))
}

pub(super) fn constant_of_shape(task: &Task) -> Result<Array, Why> {
    let dims = sizes(task.row(0)?)?;
    let count = task.room(&dims)?;
    let Some(tensor) = task.tensor("value") else { return Ok(Array::floats(dims, vec![0.0; count])) };
    if tensor.count()? != 1 {
        return Err(format!("has a value of shape {:?}; wanted one value", tensor.dims));
    }
    let value = Array::read(tensor, task.folder)?;
    let values = value.values.pick(std::iter::repeat_n(0, count));
    Ok(Array { dims, values, data_type: value.data_type })
}

pub(super) fn range(task: &Task) -> Result<Array, Why> {
    let count = |span: f64| if span > 0.0 { span.ceil() } else { 0.0 };
    match &task.array(0)?.values {
        Values::Integers(start) => {
            let (Some(&start), Some(&limit), Some(&step)) = (start.first(), task.row(1)?.first(), task.row(2)?.first())
            else {
                return Err("has an empty start, limit or step".to_string());
            };
            let count = count((limit as f64 - start as f64) / step as f64);
            let count = task.room(&[if step == 0 { usize::MAX } else { count as usize }])?;
            let value = |i: usize| start.wrapping_add(step.wrapping_mul(i as i64));
            Ok(Array::integers(vec![count], (0..count).map(value).collect(), task.array(0)?.data_type))
        }
        Values::Floats(start) => {
            let (Some(&start), Some(&limit), Some(&step)) =
                (start.first(), task.floats(1)?.first(), task.floats(2)?.first())
            else {
                return Err("has an empty start, limit or step".to_string());
            };
            let count = count((f64::from(limit) - f64::from(start)) / f64::from(step));
            let count = task.room(&[count as usize])?;
            Ok(Array::floats(vec![count], (0..count).map(|i| start + step * i as f32).collect()))
        }
    }
}

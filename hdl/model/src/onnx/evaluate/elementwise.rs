//! Constants value by value, stretched to each other's shape where they differ.

use super::array::{ends, Array, Values};
use super::layout::broadcast;
use super::task::Task;
use crate::onnx::message::data_type;
use crate::onnx::tensor::Why;
use half::{bf16, f16};
use std::cmp::Ordering;

pub(super) fn unary(task: &Task, float: fn(f32) -> f32, integer: fn(i64) -> i64) -> Result<Array, Why> {
    let array = task.array(0)?;
    task.room(&array.dims)?;
    Ok(match &array.values {
        Values::Floats(values) => Array::floats(array.dims.clone(), values.iter().map(|&v| float(v)).collect()),
        Values::Integers(values) => {
            Array::integers(array.dims.clone(), values.iter().map(|&v| integer(v)).collect(), array.data_type)
        }
    })
}

pub(super) fn unary_float(task: &Task, float: fn(f32) -> f32) -> Result<Array, Why> {
    task.floats(0)?;
    unary(task, float, |i| i)
}

pub(super) fn sign(value: f32) -> f32 {
    if value == 0.0 {
        0.0
    } else {
        value.signum()
    }
}

/// The values of two arrays that lie upon each other.
fn pairs<'a, A: Copy, B: Copy>(
    (a, a_values): (&Array, &'a [A]),
    (b, b_values): (&Array, &'a [B]),
    dims: &'a [usize],
) -> impl Iterator<Item = (A, B)> + 'a {
    a.stretched(dims).zip(b.stretched(dims)).map(|(a, b)| (a_values[a], b_values[b]))
}

fn apply(
    task: &Task,
    a: &Array,
    b: &Array,
    float: impl Fn(f32, f32) -> f32,
    integer: impl Fn(i64, i64) -> Option<i64>,
) -> Result<Array, Why> {
    let dims = broadcast(&a.dims, &b.dims)?;
    task.room(&dims)?;
    match (&a.values, &b.values) {
        (Values::Floats(x), Values::Floats(y)) => {
            let values = pairs((a, x), (b, y), &dims).map(|(a, b)| float(a, b)).collect();
            Ok(Array::floats(dims, values))
        }
        (Values::Integers(x), Values::Integers(y)) => {
            let values: Option<Vec<i64>> = pairs((a, x), (b, y), &dims).map(|(a, b)| integer(a, b)).collect();
            let values = values.ok_or("has integers that are too large, or divides by zero")?;
            Ok(Array::integers(dims, values, a.data_type))
        }
        _ => Err("joins floats and integers".to_string()),
    }
}

pub(super) fn binary(
    task: &Task,
    float: fn(f32, f32) -> f32,
    integer: fn(i64, i64) -> Option<i64>,
) -> Result<Array, Why> {
    apply(task, task.array(0)?, task.array(1)?, float, integer)
}

pub(super) fn variadic(
    task: &Task,
    float: fn(f32, f32) -> f32,
    integer: fn(i64, i64) -> Option<i64>,
) -> Result<Array, Why> {
    let first = task.array(0)?.clone();
    (1..task.inputs.len()).try_fold(first, |so_far, next| apply(task, &so_far, task.array(next)?, float, integer))
}

pub(super) fn power(task: &Task) -> Result<Array, Why> {
    let (base, exponent) = (task.array(0)?, task.array(1)?);
    let integer = |a: i64, b: i64| u32::try_from(b).ok().and_then(|b| a.checked_pow(b));
    match (&base.values, &exponent.values) {
        (Values::Floats(_), Values::Integers(values)) => {
            let floats = Array::floats(exponent.dims.clone(), values.iter().map(|&v| v as f32).collect());
            apply(task, base, &floats, f32::powf, integer)
        }
        _ => apply(task, base, exponent, f32::powf, integer),
    }
}

/// The remainder has the divisor's sign, or with `fmod` the dividend's.
pub(super) fn modulo(task: &Task) -> Result<Array, Why> {
    let of_dividend = task.int("fmod").unwrap_or(0) != 0;
    let float = |a: f32, b: f32| if of_dividend { a % b } else { a - b * (a / b).floor() };
    let integer = |a: i64, b: i64| {
        let rest = a.checked_rem(b)?;
        Some(if !of_dividend && rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
    };
    apply(task, task.array(0)?, task.array(1)?, float, integer)
}

fn truths(dims: Vec<usize>, values: impl Iterator<Item = bool>) -> Array {
    Array::integers(dims, values.map(i64::from).collect(), data_type::BOOL)
}

pub(super) fn compare(task: &Task, holds: fn(Ordering) -> bool) -> Result<Array, Why> {
    let (a, b) = (task.array(0)?, task.array(1)?);
    let dims = broadcast(&a.dims, &b.dims)?;
    task.room(&dims)?;
    match (&a.values, &b.values) {
        (Values::Floats(x), Values::Floats(y)) => {
            Ok(truths(dims.clone(), pairs((a, x), (b, y), &dims).map(|(a, b)| a.partial_cmp(&b).is_some_and(holds))))
        }
        (Values::Integers(x), Values::Integers(y)) => {
            Ok(truths(dims.clone(), pairs((a, x), (b, y), &dims).map(|(a, b)| holds(a.cmp(&b)))))
        }
        _ => Err("joins floats and integers".to_string()),
    }
}

pub(super) fn logical(task: &Task, join: fn(bool, bool) -> bool) -> Result<Array, Why> {
    let (a, b) = (task.array(0)?, task.array(1)?);
    let (x, y) = (task.row(0)?, task.row(1)?);
    let dims = broadcast(&a.dims, &b.dims)?;
    task.room(&dims)?;
    Ok(truths(dims.clone(), pairs((a, x), (b, y), &dims).map(|(a, b)| join(a != 0, b != 0))))
}

pub(super) fn not(task: &Task) -> Result<Array, Why> {
    let dims = task.array(0)?.dims.clone();
    task.room(&dims)?;
    Ok(truths(dims, task.row(0)?.iter().map(|&v| v == 0)))
}

pub(super) fn where_(task: &Task) -> Result<Array, Why> {
    let (condition, yes, no) = (task.array(0)?, task.array(1)?, task.array(2)?);
    let chosen = task.row(0)?;
    let dims = broadcast(&condition.dims, &broadcast(&yes.dims, &no.dims)?)?;
    task.room(&dims)?;
    let places = condition.stretched(&dims).zip(yes.stretched(&dims).zip(no.stretched(&dims)));
    let values = match (&yes.values, &no.values) {
        (Values::Floats(yes), Values::Floats(no)) => {
            Values::Floats(places.map(|(c, (y, n))| if chosen[c] != 0 { yes[y] } else { no[n] }).collect())
        }
        (Values::Integers(yes), Values::Integers(no)) => {
            Values::Integers(places.map(|(c, (y, n))| if chosen[c] != 0 { yes[y] } else { no[n] }).collect())
        }
        _ => return Err("joins floats and integers".to_string()),
    };
    Ok(Array { dims, values, data_type: yes.data_type })
}

pub(super) fn clip(task: &Task) -> Result<Array, Why> {
    let array = task.array(0)?;
    task.room(&array.dims)?;
    match &array.values {
        Values::Floats(values) => {
            let end = |name, index: usize| match task.lacks(index) {
                true => Ok(task.float(name)),
                false => task.floats(index).map(|row| row.first().copied()),
            };
            let (low, high) = (end("min", 1)?.unwrap_or(f32::MIN), end("max", 2)?.unwrap_or(f32::MAX));
            Ok(Array::floats(array.dims.clone(), values.iter().map(|v| v.max(low).min(high)).collect()))
        }
        Values::Integers(values) => {
            let end = |index| match task.lacks(index) {
                true => Ok(None),
                false => task.row(index).map(|row| row.first().copied()),
            };
            let (low, high) = (end(1)?.unwrap_or(i64::MIN), end(2)?.unwrap_or(i64::MAX));
            let values = values.iter().map(|&v| v.max(low).min(high)).collect();
            Ok(Array::integers(array.dims.clone(), values, array.data_type))
        }
    }
}

pub(super) fn cast(task: &Task) -> Result<Array, Why> {
    let to = task.int("to").and_then(|to| i32::try_from(to).ok()).ok_or("has no type to cast to")?;
    cast_to(task, to)
}

pub(super) fn cast_like(task: &Task) -> Result<Array, Why> {
    cast_to(task, task.array(1)?.data_type)
}

fn cast_to(task: &Task, to: i32) -> Result<Array, Why> {
    let array = task.array(0)?;
    task.room(&array.dims)?;
    let dims = array.dims.clone();
    let float = |v: f32| match to {
        data_type::FLOAT16 => f16::from_f32(v).to_f32(),
        data_type::BFLOAT16 => bf16::from_f32(v).to_f32(),
        _ => v,
    };
    let is_float = [data_type::FLOAT, data_type::DOUBLE, data_type::FLOAT16, data_type::BFLOAT16].contains(&to);
    if !is_float && ends(to).is_none() && to != data_type::INT64 {
        return Err(format!("casts to data type {to}"));
    }
    Ok(match &array.values {
        Values::Floats(values) if is_float => Array::floats(dims, values.iter().map(|&v| float(v)).collect()),
        Values::Integers(values) if is_float => Array::floats(dims, values.iter().map(|&v| float(v as f32)).collect()),
        Values::Floats(values) if to == data_type::BOOL => truths(dims, values.iter().map(|&v| v != 0.0)),
        Values::Floats(values) => Array::integers(dims, values.iter().map(|&v| v as i64).collect(), to),
        Values::Integers(values) => Array::integers(dims, values.clone(), to),
    })
}

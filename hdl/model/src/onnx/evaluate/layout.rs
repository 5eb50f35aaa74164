//! Constants in other shapes and orders.

use super::array::{count, Array, Values, Walk};
use super::task::Task;
use crate::onnx::tensor::Why;

pub(super) fn identity(task: &Task) -> Result<Array, Why> {
    let array = task.array(0)?;
    task.room(&array.dims)?;
    Ok(array.clone())
}

pub(super) fn transpose(task: &Task) -> Result<Array, Why> {
    let array = task.array(0)?;
    let rank = array.dims.len();
    let order = match task.ints("perm") {
        Some(order) => order.iter().map(|&axis| array.axis(axis)).collect::<Result<Vec<_>, _>>()?,
        None => (0..rank).rev().collect(),
    };
    let mut seen = order.clone();
    seen.sort_unstable();
    if !seen.into_iter().eq(0..rank) {
        return Err(format!("has perm {order:?} for shape {:?}", array.dims));
    }
    let strides = array.strides();
    let dims: Vec<usize> = order.iter().map(|&axis| array.dims[axis]).collect();
    task.room(&dims)?;
    let walk = Walk::new(&dims, 0, order.iter().map(|&axis| strides[axis] as isize).collect());
    let values = array.values.pick(walk);
    Ok(Array { dims, values, data_type: array.data_type })
}

/// The array in a shape with as many values.
fn shaped(task: &Task, array: &Array, dims: Vec<usize>) -> Result<Array, Why> {
    if count(&dims)? != array.values.len() {
        return Err(format!("makes shape {dims:?} of shape {:?}", array.dims));
    }
    task.room(&dims)?;
    Ok(array.shaped(dims))
}

pub(super) fn reshape(task: &Task) -> Result<Array, Why> {
    let array = task.array(0)?;
    let target = task.list("shape", 1)?.unwrap_or_default();
    let keep_zero = task.int("allowzero").unwrap_or(0) != 0;
    let bad = || format!("makes shape {target:?} of shape {:?}", array.dims);
    let mut dims = Vec::new();
    for (axis, &dim) in target.iter().enumerate() {
        dims.push(match dim {
            0 if !keep_zero => *array.dims.get(axis).ok_or_else(bad)?,
            -1 => 1,
            dim => usize::try_from(dim).map_err(|_| bad())?,
        });
    }
    let open: Vec<usize> = (0..target.len()).filter(|&axis| target[axis] == -1).collect();
    if let &[axis] = open.as_slice() {
        dims[axis] = array.values.len().checked_div(count(&dims)?).ok_or_else(bad)?;
    } else if !open.is_empty() {
        return Err(bad());
    }
    shaped(task, array, dims)
}

pub(super) fn flatten(task: &Task) -> Result<Array, Why> {
    let array = task.array(0)?;
    let axis = task.int("axis").unwrap_or(1);
    let axis = if axis == array.dims.len() as i64 { array.dims.len() } else { array.axis(axis)? };
    let (before, after) = array.dims.split_at(axis);
    shaped(task, array, vec![count(before)?, count(after)?])
}

pub(super) fn squeeze(task: &Task) -> Result<Array, Why> {
    let array = task.array(0)?;
    let gone = match task.list("axes", 1)? {
        Some(axes) => axes.iter().map(|&axis| array.axis(axis)).collect::<Result<Vec<_>, _>>()?,
        None => (0..array.dims.len()).filter(|&axis| array.dims[axis] == 1).collect(),
    };
    let dims = array.dims.iter().enumerate().filter(|(axis, _)| !gone.contains(axis)).map(|(_, &dim)| dim).collect();
    shaped(task, array, dims)
}

pub(super) fn unsqueeze(task: &Task) -> Result<Array, Why> {
    let array = task.array(0)?;
    let axes = task.list("axes", 1)?.unwrap_or_default();
    let rank = array.dims.len() + axes.len();
    let axes: Option<Vec<usize>> = axes.iter().map(|&axis| super::array::place(axis, rank)).collect();
    let axes = axes.ok_or_else(|| format!("has axes that shape {:?} cannot have", array.dims))?;
    let mut old = array.dims.iter();
    let dims = (0..rank).filter_map(|axis| if axes.contains(&axis) { Some(1) } else { old.next().copied() });
    let dims: Vec<usize> = dims.collect();
    if dims.len() != rank {
        return Err(format!("has axes {axes:?}, one of them twice"));
    }
    shaped(task, array, dims)
}

pub(super) fn expand(task: &Task) -> Result<Array, Why> {
    let array = task.array(0)?;
    let wanted = sizes(task.row(1)?)?;
    let dims = broadcast(&array.dims, &wanted)?;
    task.room(&dims)?;
    let values = array.values.pick(array.stretched(&dims));
    Ok(Array { dims, values, data_type: array.data_type })
}

pub(super) fn tile(task: &Task) -> Result<Array, Why> {
    let array = task.array(0)?;
    let repeats = sizes(task.row(1)?)?;
    if repeats.len() != array.dims.len() {
        return Err(format!("repeats shape {:?} {repeats:?} times", array.dims));
    }
    let times = |(&dim, &repeat): (&usize, &usize)| dim.checked_mul(repeat);
    let dims: Option<Vec<usize>> = array.dims.iter().zip(&repeats).map(times).collect();
    let dims = dims.ok_or("makes a shape that is too large")?;
    task.room(&dims)?;
    // Every axis in two: over the repeats, which change no value, and over the values.
    let halves: Vec<usize> = repeats.iter().zip(&array.dims).flat_map(|(&r, &d)| [r, d]).collect();
    let strides = array.strides().into_iter().flat_map(|stride| [0, stride as isize]).collect();
    let values = array.values.pick(Walk::new(&halves, 0, strides));
    Ok(Array { dims, values, data_type: array.data_type })
}

pub(super) fn concat(task: &Task) -> Result<Array, Why> {
    let parts = (0..task.inputs.len()).map(|i| task.array(i)).collect::<Result<Vec<_>, _>>()?;
    let first = *parts.first().ok_or("joins nothing")?;
    let axis = first.axis(task.int("axis").unwrap_or(0))?;
    let others = |array: &Array| {
        let kept = array.dims.iter().enumerate().filter(|(place, _)| *place != axis);
        kept.map(|(_, &dim)| dim).collect::<Vec<_>>()
    };
    if parts.iter().any(|p| p.dims.len() != first.dims.len() || others(p) != others(first)) {
        return Err(format!("joins shapes {:?}", parts.iter().map(|p| &p.dims).collect::<Vec<_>>()));
    }
    let mut dims = first.dims.clone();
    let along = parts.iter().try_fold(0usize, |sum, part| sum.checked_add(part.dims[axis]));
    dims[axis] = along.ok_or("makes a shape that is too large")?;
    if task.room(&dims)? == 0 {
        return Ok(Array { dims, values: first.values.none(), data_type: first.data_type });
    }
    let outer: usize = dims[..axis].iter().product();
    let chunks = |row: usize| parts.iter().map(move |part| (*part, part.values.len() / outer * row));
    let rows = (0..outer).flat_map(chunks);
    let values = match &first.values {
        Values::Floats(_) => Values::Floats(joined(rows, outer, |values| match values {
            Values::Floats(values) => Some(values),
            Values::Integers(_) => None,
        })?),
        Values::Integers(_) => Values::Integers(joined(rows, outer, |values| match values {
            Values::Integers(values) => Some(values),
            Values::Floats(_) => None,
        })?),
    };
    Ok(Array { dims, values, data_type: first.data_type })
}

/// One `outer`th of every part from its place on, in a row.
fn joined<'a, T: Copy + 'a>(
    rows: impl Iterator<Item = (&'a Array, usize)>,
    outer: usize,
    of: impl Fn(&'a Values) -> Option<&'a Vec<T>>,
) -> Result<Vec<T>, Why> {
    let mut all = Vec::new();
    for (part, place) in rows {
        let values = of(&part.values).ok_or("joins floats and integers")?;
        all.extend_from_slice(&values[place..place + values.len() / outer]);
    }
    Ok(all)
}

/// The shape to which two shapes are stretched.
pub(super) fn broadcast(a: &[usize], b: &[usize]) -> Result<Vec<usize>, Why> {
    let rank = a.len().max(b.len());
    let dim = |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(rank).map_or(1, |place| shape[place]);
    let dims = (0..rank).map(|axis| match (dim(a, axis), dim(b, axis)) {
        (a, b) if a == b || b == 1 => Some(a),
        (1, b) => Some(b),
        _ => None,
    });
    dims.collect::<Option<_>>().ok_or_else(|| format!("has shapes {a:?} and {b:?}"))
}

/// All as sizes.
pub(super) fn sizes(values: &[i64]) -> Result<Vec<usize>, Why> {
    let sizes: Option<Vec<usize>> = values.iter().map(|&v| usize::try_from(v).ok()).collect();
    sizes.ok_or_else(|| format!("has sizes {values:?}"))
}

//! Numbers that are known when the file is read, and walks over them.

use crate::onnx::message::{data_type, Tensor};
use crate::onnx::tensor::Why;
use std::path::Path;

/// Values in row-major order. Floats of every type are held in 32 bits, integers and truth values in 64.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Array {
    pub dims: Vec<usize>,
    pub values: Values,
    /// As in the file; FLOAT for every float type.
    pub data_type: i32,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values {
    Floats(Vec<f32>),
    Integers(Vec<i64>),
}

impl Values {
    pub fn len(&self) -> usize {
        match self {
            Values::Floats(values) => values.len(),
            Values::Integers(values) => values.len(),
        }
    }

    /// No values of the same kind.
    pub fn none(&self) -> Values {
        self.pick(std::iter::empty())
    }

    /// The values at `places`, in that order; all places must be below the length.
    pub fn pick(&self, places: impl Iterator<Item = usize>) -> Values {
        match self {
            Values::Floats(values) => Values::Floats(places.map(|place| values[place]).collect()),
            Values::Integers(values) => Values::Integers(places.map(|place| values[place]).collect()),
        }
    }
}

impl Array {
    pub fn floats(dims: Vec<usize>, values: Vec<f32>) -> Self {
        Array { dims, values: Values::Floats(values), data_type: data_type::FLOAT }
    }

    /// Integers, each as its type wraps it.
    pub fn integers(dims: Vec<usize>, mut values: Vec<i64>, data_type: i32) -> Self {
        values.iter_mut().for_each(|value| *value = wrap(data_type, *value));
        Array { dims, values: Values::Integers(values), data_type }
    }

    /// One row of 64-bit integers.
    pub fn sizes(values: Vec<i64>) -> Self {
        Array::integers(vec![values.len()], values, data_type::INT64)
    }

    pub fn read(tensor: &Tensor, folder: &Path) -> Result<Self, Why> {
        let dims = tensor.shape()?;
        count(&dims)?;
        if tensor.is_float() {
            return Ok(Array::floats(dims, tensor.floats(folder)?));
        }
        Ok(Array { dims, values: Values::Integers(tensor.integers(folder)?), data_type: tensor.data_type })
    }

    /// The values as a constant of the file.
    pub fn into_tensor(self) -> Tensor {
        let dims = self.dims.iter().map(|&d| d as i64).collect();
        let tensor = Tensor { dims, data_type: self.data_type, ..Tensor::default() };
        match self.values {
            Values::Floats(float_data) => Tensor { float_data, ..tensor },
            Values::Integers(int64_data) if self.data_type == data_type::INT64 => Tensor { int64_data, ..tensor },
            Values::Integers(values) if [data_type::INT4, data_type::UINT4].contains(&self.data_type) => {
                let byte = |pair: &[i64]| pair.iter().rev().fold(0, |byte, &v| byte << 4 | (v as u8 & 0xF));
                Tensor { raw_data: values.chunks(2).map(byte).collect(), ..tensor }
            }
            Values::Integers(values) => Tensor { int32_data: values.into_iter().map(|v| v as i32).collect(), ..tensor },
        }
    }

    /// The values, integers as the nearest floats.
    pub fn into_floats(self) -> Vec<f32> {
        match self.values {
            Values::Floats(values) => values,
            Values::Integers(values) => values.into_iter().map(|v| v as f32).collect(),
        }
    }

    pub fn is_finite(&self) -> bool {
        match &self.values {
            Values::Floats(values) => values.iter().all(|v| v.is_finite()),
            Values::Integers(_) => true,
        }
    }

    /// `axis` counted from the front.
    pub fn axis(&self, axis: i64) -> Result<usize, Why> {
        place(axis, self.dims.len()).ok_or_else(|| format!("has no axis {axis} in shape {:?}", self.dims))
    }

    /// Steps from one value to the next along every axis.
    pub fn strides(&self) -> Vec<usize> {
        let mut strides = vec![1; self.dims.len()];
        for axis in (1..self.dims.len()).rev() {
            strides[axis - 1] = strides[axis] * self.dims[axis].max(1);
        }
        strides
    }

    /// Places of the values under each place of an array of shape `dims`, to which this one is stretched.
    pub fn stretched<'d>(&self, dims: &'d [usize]) -> Walk<'d> {
        let new = dims.len() - self.dims.len();
        let own = self.strides();
        let stride = |axis: usize| if axis < new || self.dims[axis - new] == 1 { 0 } else { own[axis - new] as isize };
        Walk::new(dims, 0, (0..dims.len()).map(stride).collect())
    }

    /// Same values in the same order.
    pub fn shaped(&self, dims: Vec<usize>) -> Self {
        Array { dims, ..self.clone() }
    }
}

/// Places along axes of `dims` sizes, last axis first, so far apart as the strides say.
pub(crate) struct Walk<'d> {
    dims: &'d [usize],
    strides: Vec<isize>,
    index: Vec<usize>,
    place: isize,
    left: usize,
}

impl<'d> Walk<'d> {
    pub fn new(dims: &'d [usize], first: usize, strides: Vec<isize>) -> Self {
        let left = dims.iter().product();
        Walk { dims, strides, index: vec![0; dims.len()], place: first as isize, left }
    }
}

impl Iterator for Walk<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let place = self.place as usize;
        for axis in (0..self.dims.len()).rev() {
            self.index[axis] += 1;
            self.place += self.strides[axis];
            if self.index[axis] < self.dims[axis] {
                break;
            }
            self.place -= self.strides[axis] * self.dims[axis] as isize;
            self.index[axis] = 0;
        }
        Some(place)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

/// `axis` of `rank` axes, counted from the end where it is negative.
pub(crate) fn place(axis: i64, rank: usize) -> Option<usize> {
    let rank = rank as i64;
    (-rank..rank).contains(&axis).then(|| (if axis < 0 { axis + rank } else { axis }) as usize)
}

/// Product of sizes that are not believed yet, and the product of any of them is an index.
pub(crate) fn count(dims: &[usize]) -> Result<usize, Why> {
    // More elements than any machine has room for: 2^40, of 32-bit processors 2^24.
    const MOST: usize = 1 << (usize::BITS / 2 + 8);
    let span = dims.iter().try_fold(1usize, |n, &d| n.checked_mul(d.max(1)).filter(|&n| n <= MOST));
    let span = span.ok_or_else(|| format!("makes shape {dims:?}"))?;
    Ok(if dims.contains(&0) { 0 } else { span })
}

/// Least and largest value of an integer type; `None` for types of 64 bits and others.
pub(crate) fn ends(kind: i32) -> Option<(i64, i64)> {
    Some(match kind {
        data_type::UINT4 => (0, 15),
        data_type::INT4 => (-8, 7),
        data_type::UINT8 => (0, u8::MAX.into()),
        data_type::INT8 => (i8::MIN.into(), i8::MAX.into()),
        data_type::UINT16 => (0, u16::MAX.into()),
        data_type::INT16 => (i16::MIN.into(), i16::MAX.into()),
        data_type::INT32 => (i32::MIN.into(), i32::MAX.into()),
        data_type::BOOL => (0, 1),
        _ => return None,
    })
}

/// What is left of an integer in so many bits.
fn wrap(kind: i32, value: i64) -> i64 {
    match ends(kind) {
        Some(_) if kind == data_type::BOOL => (value != 0).into(),
        Some((least, most)) => (value.wrapping_sub(least)).rem_euclid(most - least + 1) + least,
        None => value,
    }
}

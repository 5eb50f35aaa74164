//! One node of constants: its inputs, its attributes, and how much its result may hold.

use super::array::{count, Array, Values};
use crate::onnx::message::{Attribute, Node, Tensor};
use crate::onnx::tensor::Why;
use std::path::Path;

pub(crate) struct Task<'a> {
    pub node: &'a Node,
    /// `None` for optional inputs that are left out.
    pub inputs: Vec<Option<Array>>,
    /// Values that the result may have.
    pub room: usize,
    /// Where external data lies.
    pub folder: &'a Path,
}

impl Task<'_> {
    pub fn optional(&self, index: usize) -> Option<&Array> {
        self.inputs.get(index).and_then(Option::as_ref)
    }

    pub fn lacks(&self, index: usize) -> bool {
        self.optional(index).is_none()
    }

    pub fn array(&self, index: usize) -> Result<&Array, Why> {
        self.optional(index).ok_or_else(|| format!("has no input {index}"))
    }

    /// Input `index` as integers in a row.
    pub fn row(&self, index: usize) -> Result<&[i64], Why> {
        match &self.array(index)?.values {
            Values::Integers(values) => Ok(values),
            Values::Floats(_) => Err(format!("has floats as input {index}; wanted integers")),
        }
    }

    /// Input `index` as floats in a row.
    pub fn floats(&self, index: usize) -> Result<&[f32], Why> {
        match &self.array(index)?.values {
            Values::Floats(values) => Ok(values),
            Values::Integers(_) => Err(format!("has integers as input {index}; wanted floats")),
        }
    }

    fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.node.attribute.iter().find(|a| a.name == name)
    }

    pub fn int(&self, name: &str) -> Option<i64> {
        self.attribute(name).map(|a| a.i)
    }

    pub fn float(&self, name: &str) -> Option<f32> {
        self.attribute(name).map(|a| a.f)
    }

    pub fn ints(&self, name: &str) -> Option<&[i64]> {
        self.attribute(name).map(|a| a.ints.as_slice())
    }

    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.attribute(name).and_then(|a| a.t.as_deref())
    }

    /// A list that older operator sets have as an attribute and newer ones as an input.
    pub fn list(&self, name: &str, index: usize) -> Result<Option<Vec<i64>>, Why> {
        if let Some(ints) = self.ints(name) {
            return Ok(Some(ints.to_vec()));
        }
        if self.lacks(index) {
            return Ok(None);
        }
        self.row(index).map(|row| Some(row.to_vec()))
    }

    /// Number of values of a result of shape `dims`, if that is no more than it may have.
    pub fn room(&self, dims: &[usize]) -> Result<usize, Why> {
        let count = count(dims)?;
        if count > self.room {
            return Err(format!("makes {count} values of shape {dims:?}, more than the file's size allows"));
        }
        Ok(count)
    }
}

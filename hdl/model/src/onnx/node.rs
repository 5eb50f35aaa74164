//! One ONNX node: its operator picked, its inputs resolved, its outputs named.

use super::attributes::Attributes;
use super::integers::Content;
use super::message::{Node, Tensor};
use super::network::{name_of, Importer, Operand};
use super::operators;
use crate::builder::{Site, Value};

/// A node with its inputs.
pub(crate) struct Call<'n, 'a> {
    pub site: Site<'n>,
    pub node: &'a Node,
    /// `None` for optional inputs that are left out.
    pub inputs: Vec<Option<Operand>>,
}

impl Call<'_, '_> {
    /// Attributes; those not in `known` are reported.
    pub fn attributes<'c>(&'c self, importer: &mut Importer, known: &[&str]) -> Attributes<'c> {
        Attributes::new(&mut importer.builder, self.site, &self.node.attribute, known)
    }

    /// Whether it is an operator of that name.
    pub fn is(&self, operator: &str) -> bool {
        self.site.operator == operator
    }

    pub fn input(&self, index: usize) -> Option<&Operand> {
        self.inputs.get(index).and_then(Option::as_ref)
    }

    /// Input `index` if it is a constant.
    pub fn constant(&self, index: usize) -> Option<&Tensor> {
        match self.input(index) {
            Some(Operand::Constant(tensor)) => Some(tensor),
            _ => None,
        }
    }

    /// Whether the input is left out.
    pub fn lacks(&self, index: usize) -> bool {
        self.input(index).is_none()
    }
}

impl<'a> Importer<'a> {
    /// Imports a node and names its outputs.
    pub fn node(&mut self, node: &'a Node, index: usize) {
        let name = name_of(node, index);
        let operator = node.operator();
        let site = Site { node: &name, operator: &operator };
        let inputs = node.input.iter().map(|i| self.resolve(site, i)).collect();
        let problems = self.builder.problems.len();
        let call = Call { site, node, inputs };
        let mut result = self.call(&call).unwrap_or(Operand::Unknown);
        if matches!(result, Operand::Unknown) && self.builder.problems.len() > problems {
            result = self.in_place(&call).map_or(Operand::Unknown, Operand::Value);
        }
        let written = std::mem::take(&mut self.written);
        let content = if self.builder.problems.len() > problems { Content::Unknown } else { written };
        let results: Vec<Operand> = std::iter::once(result).chain(std::mem::take(&mut self.others)).collect();
        for (i, output) in node.output.iter().enumerate() {
            if i < results.len() && !output.is_empty() {
                self.contents.insert(output, content);
            }
            self.operands.insert(output, results.get(i).cloned().unwrap_or(Operand::Other));
        }
    }

    fn resolve(&mut self, site: Site, name: &str) -> Option<Operand> {
        if name.is_empty() {
            return None;
        }
        let operand = self.operands.get(name).cloned();
        if operand.is_none() {
            self.builder.report(site, "input", format!("'{name}' is made by no node"), "a value of this graph");
        }
        Some(operand.unwrap_or(Operand::Unknown))
    }

    fn call(&mut self, call: &Call<'_, 'a>) -> Option<Operand> {
        if let Some(operand) = self.evaluated(call) {
            return Some(operand);
        }
        let entry = operators::find(call.site.operator);
        if entry.is_some_and(|entry| entry.import.is_some()) {
            self.read_integers(call)?;
        }
        if call.is("Identity") {
            return call.input(0).cloned();
        }
        if call.is("Slice") {
            return self.slice(call);
        }
        let Some(import) = entry.and_then(|e| e.import) else {
            return self.refused(call, entry.map(|e| e.operator.form));
        };
        import(self, call).map(Operand::Value)
    }

    /// An operator that nothing imports.
    fn refused(&mut self, call: &Call, nearest: Option<&str>) -> Option<Operand> {
        let nearest = nearest.unwrap_or(crate::operators::PAGE);
        self.builder.report(call.site, "", "unsupported operator", nearest);
        None
    }

    /// Input `index` as a feature map.
    pub fn map(&mut self, call: &Call, index: usize) -> Option<Value> {
        self.value_of(call.site, &format!("input {index}"), call.input(index).cloned())
    }

    /// Input `index` as a feature map whose channels, where they alone are in another order, are put in that of the file.
    pub fn map_in_order(&mut self, call: &Call, index: usize) -> Option<Value> {
        let value = self.map(call, index)?;
        self.builder.in_order(call.site, value)
    }

    /// Input `index` as finite float constants of any shape.
    pub fn floats(&mut self, call: &Call, index: usize) -> Option<Vec<f32>> {
        let tensor = self.tensor(call, index)?;
        let count = tensor.count();
        let count = self.unwrap_constant(call, index, count)?;
        self.builder.reserve_parameters(call.site, count)?;
        let floats = tensor.floats(self.folder);
        self.unwrap_constant(call, index, floats)
    }

    /// Input `index` as integer constants.
    pub fn integers(&mut self, call: &Call, index: usize) -> Option<Vec<i64>> {
        let integers = self.tensor(call, index)?.integers(self.folder);
        self.unwrap_constant(call, index, integers)
    }

    /// Input `index` as a constant, or a report.
    pub fn tensor<'c>(&mut self, call: &'c Call, index: usize) -> Option<&'c Tensor> {
        let tensor = call.constant(index);
        if tensor.is_none() && !matches!(call.input(index), Some(Operand::Unknown)) {
            let attribute = format!("input {index}");
            self.builder.report(call.site, &attribute, "is not a constant", "an initialiser or a Constant node");
        }
        tensor
    }

    fn unwrap_constant<T>(&mut self, call: &Call, index: usize, values: Result<T, String>) -> Option<T> {
        values.map_err(|why| self.blame_constant(call, index, why)).ok()
    }

    pub fn blame_constant(&mut self, call: &Call, index: usize, why: String) {
        let name = call.node.input.get(index).map_or("", String::as_str);
        let attribute = format!("input {index} '{name}'");
        self.builder.report(call.site, &attribute, why, "finite values, as many as the shape says");
    }
}

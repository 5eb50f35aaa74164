//! One ONNX node: its operator picked, its inputs resolved, its outputs named.

use super::attributes::Attributes;
use super::message::{Node, Tensor};
use super::network::{name_of, Importer, Operand};
use super::operators;
use crate::builder::{Site, Value};

/// A node with its inputs.
pub(crate) struct Call<'n, 'a> {
    pub site: Site<'n>,
    pub node: &'a Node,
    /// `None` for optional inputs that are left out.
    pub inputs: Vec<Option<Operand<'a>>>,
}

impl<'a> Call<'_, 'a> {
    /// Attributes; those not in `known` are reported.
    pub fn attributes<'c>(&'c self, importer: &mut Importer, known: &[&str]) -> Attributes<'c> {
        Attributes::new(&mut importer.builder, self.site, &self.node.attribute, known)
    }

    pub fn input(&self, index: usize) -> Option<Operand<'a>> {
        self.inputs.get(index).copied().flatten()
    }

    /// Input `index` if it is a constant.
    pub fn constant(&self, index: usize) -> Option<&'a Tensor> {
        match self.input(index) {
            Some(Operand::Constant(tensor)) => Some(tensor),
            _ => None,
        }
    }

    /// Whether the input is left out.
    pub fn lacks(&self, index: usize) -> bool {
        self.input(index).is_none()
    }

    fn has_value(&self) -> bool {
        self.inputs.iter().flatten().any(|i| matches!(i, Operand::Value(_) | Operand::Unknown))
    }
}

impl<'a> Importer<'a> {
    /// Imports a node and names its outputs.
    pub fn node(&mut self, node: &'a Node, index: usize) {
        let name = name_of(node, index);
        let standard = node.domain.is_empty() || node.domain == "ai.onnx";
        let operator = if standard { node.op_type.clone() } else { format!("{}::{}", node.domain, node.op_type) };
        let site = Site { node: &name, operator: &operator };
        let inputs = node.input.iter().map(|i| self.resolve(site, i)).collect();
        let result = self.call(&Call { site, node, inputs }).unwrap_or(Operand::Unknown);
        for (i, output) in node.output.iter().enumerate() {
            self.operands.insert(output, if i == 0 { result } else { Operand::Other });
        }
    }

    fn resolve(&mut self, site: Site, name: &str) -> Option<Operand<'a>> {
        if name.is_empty() {
            return None;
        }
        let operand = self.operands.get(name).copied();
        if operand.is_none() {
            self.builder.report(site, "input", format!("'{name}' is made by no node"), "a value of this graph");
        }
        Some(operand.unwrap_or(Operand::Unknown))
    }

    fn call(&mut self, call: &Call<'_, 'a>) -> Option<Operand<'a>> {
        let operator = call.site.operator;
        let entry = operators::find(operator);
        if operator == "Shape" || entry.is_some_and(|e| e.sizes) && !call.has_value() {
            let kept = call.constant(0).filter(|_| operator == "Cast");
            return Some(kept.map_or(Operand::Other, Operand::Constant));
        }
        if operator == "Identity" {
            return call.input(0);
        }
        let Some(import) = entry.and_then(|e| e.import) else {
            return self.refused(call, entry.map(|e| e.operator.form));
        };
        import(self, call).map(Operand::Value)
    }

    /// An operator that nothing imports. What works value by value leaves a value of the same shape.
    fn refused(&mut self, call: &Call, nearest: Option<&str>) -> Option<Operand<'a>> {
        let nearest = nearest.unwrap_or(crate::operators::PAGE);
        self.builder.report(call.site, "", "unsupported operator", nearest);
        if !operators::BY_VALUE.contains(&call.site.operator) {
            return None;
        }
        let Some(Operand::Value(input)) = call.input(0) else { return None };
        let shape = self.builder.shape(input);
        self.builder.stand_in(call.site, input, shape).map(Operand::Value)
    }

    /// Input `index` as a feature map.
    pub fn map(&mut self, call: &Call, index: usize) -> Option<Value> {
        self.value_of(call.site, &format!("input {index}"), call.input(index))
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
    pub fn tensor<'t>(&mut self, call: &Call<'_, 't>, index: usize) -> Option<&'t Tensor> {
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

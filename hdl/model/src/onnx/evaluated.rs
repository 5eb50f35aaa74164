//! Nodes that work on constants alone: computed when the file is read.

use super::evaluate::{self, Array, Task};
use super::message::Tensor;
use super::network::{Importer, Operand};
use super::node::Call;
use super::tensor::Why;
use crate::builder::Value;
use std::rc::Rc;

/// What helps where a constant cannot be computed here.
const FOLD_BEFORE: &str =
    "the constant itself: fold it before (onnxsim model.onnx folded.onnx, or the exporter's constant folding)";

impl<'a> Importer<'a> {
    /// The result of a node without a feature map; `None` where it is no such node, or its operator is not known.
    pub fn evaluated(&mut self, call: &Call<'_, 'a>) -> Option<Operand> {
        if let (true, Some(Operand::Value(_) | Operand::Sliced(_))) = (call.is("Shape"), call.input(0)) {
            return Some(self.map(call, 0).map_or(Operand::Unknown, |value| self.shape_of(call, value)));
        }
        let operands = || call.inputs.iter().flatten();
        if operands().any(|operand| matches!(operand, Operand::Value(_) | Operand::Sliced(_))) {
            return None;
        }
        let all_known = operands().all(|operand| matches!(operand, Operand::Constant(_)));
        if evaluate::find(call.site.operator).is_none() && !all_known {
            return None;
        }
        if operands().any(|operand| matches!(operand, Operand::Unknown)) {
            return Some(Operand::Unknown);
        }
        if !all_known {
            return Some(Operand::Other);
        }
        let computed = self.compute(call);
        Some(computed.map_or_else(|why| self.uncomputed(call, why), |tensor| Operand::Constant(Rc::new(tensor))))
    }

    fn uncomputed(&mut self, call: &Call, why: Why) -> Operand {
        let result = call.node.output.first().map_or("", String::as_str);
        self.builder.report(call.site, "", format!("the constant '{result}' {why}"), FOLD_BEFORE);
        Operand::Unknown
    }

    fn compute(&mut self, call: &Call<'_, 'a>) -> Result<Tensor, Why> {
        let compute = evaluate::find(call.site.operator).ok_or("is made by an operator that is not computed here")?;
        let mut inputs = Vec::new();
        for operand in &call.inputs {
            let Some(Operand::Constant(tensor)) = operand else {
                inputs.push(None);
                continue;
            };
            self.budget.read(tensor.count()?)?;
            inputs.push(Some(Array::read(tensor, self.folder)?));
        }
        let task = Task { node: call.node, inputs, room: self.budget.room(), folder: self.folder };
        let array = compute(&task)?;
        self.budget.keep(array.values.len())?;
        self.keep_stored(call, &task.inputs);
        Ok(array.into_tensor())
    }

    /// The shape of a feature map, for one image where the file leaves the batch open: the machine takes one at a time.
    fn shape_of(&mut self, call: &Call, value: Value) -> Operand {
        let dims = match (self.builder.layout(value), self.builder.padded_size(value)) {
            (Some(layout), _) => layout.dims(),
            (None, [height, width]) => vec![self.builder.batch, self.builder.shape(value)[0], height, width],
        };
        let task = Task { node: call.node, inputs: Vec::new(), room: dims.len(), folder: self.folder };
        match evaluate::part(&task, &dims) {
            Ok(sizes) => Operand::Constant(Rc::new(sizes.into_tensor())),
            Err(why) => self.uncomputed(call, why),
        }
    }
}

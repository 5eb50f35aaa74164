//! Constants of an ONNX graph by name: initialisers and `Constant` nodes.

use super::message::{attribute_kind, data_type, Attribute, Graph, Tensor};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

/// Constants by name.
pub(crate) type Constants = BTreeMap<String, Rc<Tensor>>;

/// Moves all constants out of the graph, and lists names that have several. `Constant` nodes that hold something else than
/// numbers stay.
pub(crate) fn take_constants(graph: &mut Graph) -> (Constants, Vec<String>) {
    let (mut constants, mut repeated) = (Constants::new(), Vec::new());
    let mut add = |name: String, tensor: Tensor| {
        if constants.insert(name.clone(), Rc::new(tensor)).is_some() && !name.is_empty() {
            repeated.push(name);
        }
    };
    std::mem::take(&mut graph.initializer).into_iter().for_each(|tensor| add(tensor.name.clone(), tensor));
    graph.node.retain_mut(|node| {
        if node.op_type != "Constant" || !node.is_standard() || node.output.len() != 1 {
            return true;
        }
        let [attribute] = node.attribute.as_mut_slice() else { return true };
        let Some(tensor) = constant(attribute) else { return true };
        add(std::mem::take(&mut node.output[0]), tensor);
        false
    });
    (constants, repeated)
}

/// Bytes that hold the constants, in the model and in the files beside it.
pub(crate) fn held(constants: &Constants, folder: &Path) -> usize {
    let inside: usize = constants.values().map(|tensor| tensor.held()).sum();
    let files: BTreeSet<&str> = constants.values().filter_map(|tensor| tensor.location().ok().flatten()).collect();
    let size = |file: &&str| folder.join(file).metadata().map_or(0, |m| usize::try_from(m.len()).unwrap_or(0));
    files.iter().map(size).fold(inside, usize::saturating_add)
}

fn constant(attribute: &mut Attribute) -> Option<Tensor> {
    match attribute.name.as_str() {
        "value" => attribute.t.take().map(|t| *t),
        "value_float" => Some(floats(vec![attribute.f], true)),
        "value_floats" if attribute.kind == attribute_kind::FLOATS => {
            Some(floats(std::mem::take(&mut attribute.floats), false))
        }
        "value_int" => Some(ints(vec![attribute.i], true)),
        "value_ints" if attribute.kind == attribute_kind::INTS => {
            Some(ints(std::mem::take(&mut attribute.ints), false))
        }
        _ => None,
    }
}

fn floats(values: Vec<f32>, scalar: bool) -> Tensor {
    let dims = if scalar { Vec::new() } else { vec![values.len() as i64] };
    Tensor { dims, data_type: data_type::FLOAT, float_data: values, ..Tensor::default() }
}

fn ints(values: Vec<i64>, scalar: bool) -> Tensor {
    let dims = if scalar { Vec::new() } else { vec![values.len() as i64] };
    Tensor { dims, data_type: data_type::INT64, int64_data: values, ..Tensor::default() }
}

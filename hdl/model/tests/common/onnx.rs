//! ONNX files for tests, written node by node.

use super::wire::{le_bytes, Wire};
use systole_model::{load, Graph, LoadOptions, ModelError, Problem};

pub const FLOAT: i64 = 1;
pub const UINT8: i64 = 2;
pub const INT8: i64 = 3;
pub const INT32: i64 = 6;
pub const FLOAT16: i64 = 10;
pub const DOUBLE: i64 = 11;
pub const BFLOAT16: i64 = 16;

/// An attribute of a node.
pub enum Attr<'a> {
    Int(i64),
    Ints(&'a [i64]),
    Float(f32),
    Text(&'a str),
    Tensor(Wire),
}

/// An ONNX file under construction: input `x`, output `y`.
#[derive(Clone)]
pub struct Onnx {
    graph: Wire,
    opset: i64,
}

/// A tensor with its values as raw bytes.
pub fn raw_tensor(name: &str, data_type: i64, dims: &[i64], raw: &[u8]) -> Wire {
    let shape = dims.iter().fold(Wire::default(), |w, &d| w.int(1, d));
    shape.int(2, data_type).text(8, name).bytes(9, raw)
}

fn value_info(name: &str, dims: &[i64]) -> Wire {
    let shape = dims.iter().fold(Wire::default(), |w, &d| w.message(1, &Wire::default().int(1, d)));
    let tensor = Wire::default().int(1, FLOAT).message(2, &shape);
    Wire::default().text(1, name).message(2, &Wire::default().message(1, &tensor))
}

impl Onnx {
    /// A graph with an image of channels, height, width.
    pub fn new(opset: i64, [c, h, w]: [i64; 3]) -> Self {
        let graph = Wire::default().text(2, "test").message(11, &value_info("x", &[1, c, h, w]));
        Onnx { graph: graph.message(12, &value_info("y", &[])), opset }
    }

    /// Outputs of nodes are named with commas between them.
    pub fn node(self, op: &str, inputs: &[&str], output: &str, attributes: &[(&str, Attr)]) -> Self {
        self.node_of("", op, inputs, output, attributes)
    }

    /// A node of an operator domain.
    pub fn node_of(
        mut self,
        domain: &str,
        op: &str,
        inputs: &[&str],
        output: &str,
        attributes: &[(&str, Attr)],
    ) -> Self {
        let node = inputs.iter().fold(Wire::default(), |w, i| w.text(1, i));
        let node = output.split(',').fold(node, |w, o| w.text(2, o)).text(4, op);
        let node = attributes.iter().fold(node, |node, (name, attr)| {
            let attribute = Wire::default().text(1, name);
            let attribute = match attr {
                Attr::Int(i) => attribute.int(3, *i).int(20, 2),
                Attr::Ints(ints) => ints.iter().fold(attribute, |w, &i| w.int(8, i)).int(20, 7),
                Attr::Float(f) => attribute.float(2, *f).int(20, 1),
                Attr::Text(s) => attribute.text(4, s).int(20, 3),
                Attr::Tensor(t) => attribute.message(5, t).int(20, 4),
            };
            node.message(5, &attribute)
        });
        let node = if domain.is_empty() { node } else { node.text(7, domain) };
        self.graph = self.graph.message(1, &node);
        self
    }

    pub fn initializer(mut self, tensor: Wire) -> Self {
        self.graph = self.graph.message(5, &tensor);
        self
    }

    pub fn floats(self, name: &str, dims: &[i64], values: &[f32]) -> Self {
        self.initializer(raw_tensor(name, FLOAT, dims, &le_bytes(values)))
    }

    pub fn ints(self, name: &str, values: &[i64]) -> Self {
        let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.initializer(raw_tensor(name, 7, &[values.len() as i64], &raw))
    }

    /// 8-bit integers, as they are signed.
    pub fn int8(self, name: &str, dims: &[i64], values: &[i8]) -> Self {
        let raw: Vec<u8> = values.iter().map(|&v| v as u8).collect();
        self.initializer(raw_tensor(name, INT8, dims, &raw))
    }

    pub fn uint8(self, name: &str, dims: &[i64], values: &[u8]) -> Self {
        self.initializer(raw_tensor(name, UINT8, dims, values))
    }

    pub fn int32(self, name: &str, dims: &[i64], values: &[i32]) -> Self {
        let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.initializer(raw_tensor(name, INT32, dims, &raw))
    }

    pub fn bytes(&self) -> Vec<u8> {
        let opset = Wire::default().int(2, self.opset);
        Wire::default().int(1, 8).message(7, &self.graph).message(8, &opset).0
    }

    pub fn try_load(&self) -> Result<Graph, ModelError> {
        load_bytes(&self.bytes())
    }

    pub fn load(&self) -> Graph {
        self.try_load().unwrap_or_else(|e| panic!("{e}"))
    }

    pub fn problems(&self) -> Vec<Problem> {
        problems(self.try_load())
    }
}

/// Loads a file with these bytes as ONNX.
pub fn load_bytes(bytes: &[u8]) -> Result<Graph, ModelError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.onnx");
    std::fs::write(&path, bytes).unwrap();
    load(&path, &LoadOptions::default())
}

pub fn problems(result: Result<Graph, ModelError>) -> Vec<Problem> {
    match result {
        Err(ModelError::Problems(problems)) => problems,
        other => panic!("wanted problems, found {other:?}"),
    }
}

/// Values that differ from each other and have both signs.
pub fn ramp(count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7 + 3) % 11) as f32 / 4.0 - 1.0).collect()
}

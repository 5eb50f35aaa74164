//! Model files to a float graph, and the graph to the integer network.

pub mod describe;
pub mod error;
pub mod float;
pub mod given;
pub mod graph;
pub mod load;
pub mod preprocess;
pub mod quantize;
pub mod squeezenet;

mod builder;
mod caffe;
mod coded_size;
mod finish;
mod fold;
mod onnx;
mod operator;
mod operators;
mod safetensors;
mod shape;

pub use coded_size::CodedSize;
pub use describe::{describe, LayerSummary, Summary};
pub use error::{ModelError, Problem};
pub use given::{Codebook, Given, IntegerWeights, Quantisation};
pub use graph::{Graph, Node, NodeId, Op, Preprocess};
pub use load::{load, load_bytes, Format, LoadOptions};
pub use onnx::to_onnx;
pub use operator::{Operator, Support};
pub use operators::{operators, operators_page};
pub use quantize::{
    allot_weights, quantize, unsupported, Choice, Distribution, LayerReport, Progress, QuantizeError, QuantizeOptions,
    Report, Run, Sensitivity, WeightFormat, WeightFormats,
};
pub use squeezenet::{Bypass, DesignSpace, Version};

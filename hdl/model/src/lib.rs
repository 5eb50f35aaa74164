//! Model files to a float graph, and the graph to the integer network.

pub mod describe;
pub mod error;
pub mod float;
pub mod given;
pub mod graph;
pub mod host;
pub mod load;
pub mod quantize;
pub mod squeezenet;

mod average;
mod builder;
mod caffe;
mod coded_size;
mod finish;
mod fold;
mod groups;
mod image;
mod layout;
mod mean;
mod onnx;
mod operator;
mod operators;
mod rewrites;
mod safetensors;
mod selection;
mod selections;
mod shape;
mod stored_mean;
mod tail;
mod windows;

pub use coded_size::CodedSize;
pub use describe::{describe, LayerSummary, Summary};
pub use error::{grouped, kinds, ModelError, Problem, ProblemKind};
pub use given::{Codebook, Given, IntegerWeights, Quantisation};
pub use graph::{FileImage, Graph, Node, NodeId, Op};
pub use load::{load, load_bytes, Format, LoadOptions};
pub use onnx::to_onnx;
pub use operator::{Operator, Support};
pub use operators::{operators, operators_page};
pub use quantize::{
    outline, quantize, quantize_within, unsupported, Choice, Distribution, Doubt, LayerReport, Progress, QuantizeError,
    QuantizeOptions, Report, Room, Run, Sensitivity, Source, Split, WeightFormat, WeightFormats,
};
pub use squeezenet::{Bypass, DesignSpace, Version};
pub use systole_net::Preprocess;

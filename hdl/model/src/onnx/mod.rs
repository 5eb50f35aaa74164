//! ONNX to a graph.

mod attributes;
mod channels;
mod channels_last;
mod constant;
mod convolution;
mod elementwise;
pub(crate) mod evaluate;
mod evaluated;
mod integers;
mod message;
mod network;
mod node;
pub(crate) mod operators;
mod order;
mod pooling;
mod quantised;
mod reshape;
mod scores;
mod stand_in;
mod stored;
mod tensor;
mod write;

use crate::error::ModelError;
use crate::graph::Graph;
use prost::Message as _;
use std::path::Path;

pub use write::to_onnx;

/// The graph of a whole ONNX file; its external data lies beside `path`.
///
/// # Errors
/// [`ModelError::Corrupt`], or all [`ModelError::Problems`] of the network.
pub(crate) fn import(path: &Path, bytes: &[u8], input_size: Option<[usize; 2]>) -> Result<Graph, ModelError> {
    let model = message::Model::decode(bytes).map_err(|e| ModelError::Corrupt {
        path: path.to_path_buf(),
        format: "ONNX",
        why: e.to_string(),
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    network::import(model, folder, input_size).map_err(ModelError::Problems)
}

//! Caffe: network description (`.prototxt`) and weights (`.caffemodel`) to a graph.

mod blobs;
mod layer;
mod message;
mod network;
mod params;
mod text;

use crate::error::ModelError;
use crate::graph::Graph;
use std::path::Path;

/// The graph of a network description with its weights.
///
/// # Errors
/// Files that cannot be read as what they are, or all [`ModelError::Problems`] of the network.
pub(crate) fn import(
    weights: (&Path, &[u8]),
    prototxt: (&Path, &str),
    input_size: Option<[usize; 2]>,
) -> Result<Graph, ModelError> {
    let network = text::parse(prototxt.1).map_err(|e| ModelError::Prototxt {
        path: prototxt.0.to_path_buf(),
        line: e.line,
        wanted: e.wanted,
        found: e.found,
    })?;
    let blobs = blobs::BlobTable::decode(weights.1).map_err(|e| ModelError::Corrupt {
        path: weights.0.to_path_buf(),
        format: "caffemodel",
        why: e.to_string(),
    })?;
    network::import(&network, blobs, input_size).map_err(ModelError::Problems)
}

//! Caffe: network description (`.prototxt`) and weights (`.caffemodel`) to a graph.

mod blobs;
mod compressed;
mod layer;
mod message;
mod network;
mod normalise;
pub(crate) mod operators;
mod params;
mod source;
mod text;
mod transform;
mod weighted;

use crate::error::{printable, ModelError};
use crate::graph::Graph;
use source::Source;
use std::path::Path;

/// A file of weights, which a network description goes with.
pub(crate) enum Weights<'a> {
    Caffemodel(&'a [u8]),
    DeepCompression(&'a [u8]),
}

/// The graph of a network description with its weights.
///
/// # Errors
/// Files that cannot be read as what they are, or all [`ModelError::Problems`] of the network.
pub(crate) fn import(
    (path, weights): (&Path, Weights),
    prototxt: (&Path, &str),
    input_size: Option<[usize; 2]>,
) -> Result<Graph, ModelError> {
    let network = text::parse(prototxt.1).map_err(|e| ModelError::Prototxt {
        path: prototxt.0.to_path_buf(),
        line: e.line,
        wanted: e.wanted,
        found: printable(&e.found),
    })?;
    let corrupt = |format, why| ModelError::Corrupt { path: path.to_path_buf(), format, why };
    let source = match weights {
        Weights::Caffemodel(bytes) => {
            let blobs = blobs::BlobTable::decode(bytes).map_err(|e| corrupt("caffemodel", e.to_string()))?;
            Source::Blobs(blobs)
        }
        Weights::DeepCompression(bytes) => {
            let layers = weighted::weighted_layers(&network);
            let file = compressed::Compressed::new(bytes, layers).map_err(|why| corrupt("Deep Compression", why))?;
            Source::Compressed(file)
        }
    };
    network::import(&network, source, input_size).map_err(ModelError::Problems)
}

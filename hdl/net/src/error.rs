//! Everything that can be wrong with a network, its file, an image or an engine, with the numbers.

use std::path::PathBuf;
use thiserror::Error;

/// `at` and `layer` are names from the network; shapes are `[channels, height, width]`.
#[derive(Debug, Error)]
pub enum NetError {
    #[error("{at}: {what} is {found}, must be {wanted}")]
    Value { at: String, what: &'static str, found: String, wanted: String },
    #[error("{at}: {what} has {found} entries, needs {wanted}")]
    Length { at: String, what: &'static str, found: usize, wanted: usize },
    #[error("{at}: {what} has shape {found:?}, needs {wanted:?}")]
    Shape { at: String, what: &'static str, found: [usize; 3], wanted: [usize; 3] },
    #[error("the name {name:?} is used more than once (or is empty); rename one {what}")]
    Name { what: &'static str, name: String },
    #[error("{at}: {what} names tensor {id}, but there are {count} tensors")]
    NoSuchTensor { at: String, what: &'static str, id: usize, count: usize },
    #[error("{layer}: reads {tensor} before it is complete; put the layers in topological order")]
    ReadBeforeWritten { layer: String, tensor: String },
    #[error("{tensor}: channel {channel} is written by {writers} layers, must be exactly one")]
    Coverage { tensor: String, channel: usize, writers: usize },
    #[error("{tensor}: no layer reads it; remove it and the layers behind it")]
    Unread { tensor: String },
    #[error("{layer}: pooled {what} differs between input and output; pooling cannot change it")]
    PoolFormat { layer: String, what: &'static str },
    #[error("{layer}: {problem}")]
    Sink { layer: String, problem: &'static str },
    #[error("{layer}: the accumulator of output channel {channel} may need {found} bits, the limit is {limit}; use smaller weights or biases")]
    Accumulator { layer: String, channel: usize, found: u32, limit: u32 },
    #[error("the network has no layers")]
    Empty,

    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{path}: not a .net file (it starts differently); make one with `systole quantize`")]
    NotANet { path: PathBuf },
    #[error("{path}: format version {found}, this program reads {wanted}; quantise the model again")]
    Version { path: PathBuf, found: u32, wanted: u32 },
    #[error("{path}: the header promises {wanted} bytes of payload, the file has {found}; copy it again")]
    Truncated { path: PathBuf, wanted: u64, found: u64 },
    #[error("{path}: payload hash {found}, the header says {wanted}: the file is damaged; copy it again")]
    Damaged { path: PathBuf, wanted: String, found: String },
    #[error("{path}: the payload is not a network: {reason}")]
    Malformed { path: PathBuf, reason: String },
    #[error("{path}: the network is unsound: {}", list(.faults))]
    Unsound { path: PathBuf, faults: Vec<NetError> },

    #[error("image is {found_height} x {found_width} pixels, the network takes {height} x {width}; resize or crop it")]
    ImageSize { found_height: usize, found_width: usize, height: usize, width: usize },
    #[error("{found} scores, the network has {wanted} classes")]
    Classes { found: usize, wanted: usize },
    #[error("engine {engine}: {source}")]
    Engine { engine: String, source: Box<dyn std::error::Error + Send + Sync> },
}

fn list(faults: &[NetError]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

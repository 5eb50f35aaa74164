//! The integer network as plain data: tensors, layers, and THE rounding that every engine shares.

// A new kind of layer, store or table does not compile until everything here handles it.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod arith;
mod border;
mod bounds;
mod check;
mod codebook;
mod digest;
mod engine;
mod error;
mod file;
pub mod input;
pub mod layer;
pub mod limits;
pub mod preprocess;
pub mod random;
pub mod regular_file;
pub mod repeated;
pub mod resize;
mod scoring;
pub mod tensor;

pub use arith::{rescale, Multiplier, MULTIPLIER_FRACTION};
pub use bounds::signed_bits;
pub use codebook::{store_bytes, Codebook, PLAIN_BITS};
pub use digest::Digest;
pub use engine::{Engine, Trace};
pub use error::NetError;
pub use file::MAGIC as FILE_MAGIC;
pub use input::Image;
pub use layer::{Conv, Layer, LayerKind, Padding, Pool, PoolKind, Residual, Sink};
pub use preprocess::{Affine, Colour, Preprocess, Preprocessing};
pub use resize::{Resize, Scaling};
pub use scoring::Scoring;
pub use tensor::{Tensor, TensorId, TensorInfo};

use serde::{Deserialize, Serialize};

/// How image bytes become the network's input tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputEncoding {
    /// For each network channel, what it takes from a pixel.
    pub colours: Vec<Colour>,
    /// Per network channel a table of 256 entries: raw byte to the byte that is streamed (two's complement when the
    /// input tensor is signed). `None`: the raw byte itself.
    pub lut: Option<Vec<Vec<u8>>>,
}

/// A trained network in integers; immutable once checked by [`Net::check`].
///
/// Layers are in a topological order. Tensor 0 is the input. The last layer's sink is [`Sink::Sum`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Net {
    pub name: String,
    pub input: InputEncoding,
    pub tensors: Vec<TensorInfo>,
    pub layers: Vec<Layer>,
    /// The values that the weights of layers take which name one of these, at most [`limits::MAX_CODEBOOKS`].
    pub codebooks: Vec<Codebook>,
    /// Class names, empty or one per class.
    pub labels: Vec<String>,
    /// What pictures must go through; `None` where that is not known (networks that were not made from a model).
    pub preprocessing: Option<Preprocessing>,
    /// Between which values the model file cuts the scores, if it does: what lies beyond an end is equal to it.
    pub score_ends: Option<[f64; 2]>,
}

impl Net {
    /// The input tensor.
    pub const INPUT: TensorId = 0;

    /// Number of classes: output channels of the last layer.
    pub fn classes(&self) -> usize {
        match self.layers.last().map(|l| &l.kind) {
            Some(LayerKind::Conv(c)) => c.out_channels,
            Some(LayerKind::Pool(_)) | None => 0,
        }
    }

    /// Multiply-accumulates of one image, convolutions only.
    pub fn macs(&self) -> u64 {
        self.layers.iter().map(|l| l.macs(&self.tensors)).sum()
    }
}

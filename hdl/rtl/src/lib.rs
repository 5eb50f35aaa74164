//! Plan to Design: the Verilog files as values. Primitives are hand-written Verilog; the top is composed; the board's top lies
//! above it.

pub mod board;
pub mod composed;
pub mod design;
mod emit;
pub mod error;
pub mod ports;
pub mod primitive;
pub mod primitives;
pub mod top;
pub mod weights_image;

pub use composed::Composed;
pub use design::{Contents, Design, File};
pub use error::RtlError;
pub use top::{compose, Machine, Top};

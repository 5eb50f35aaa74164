//! Plan to Design: the Verilog files as values. Primitives are hand-written Verilog with a clocked model; the top is composed;
//! the board's top lies above it.

pub mod block;
pub mod board;
pub mod design;
pub mod emit;
pub mod error;
pub mod primitive;
pub mod primitives;
pub mod top;
pub mod weights_image;

pub use block::TopBlock;
pub use design::{Contents, Design, File};
pub use error::RtlError;
pub use top::{compose, Machine, Top};

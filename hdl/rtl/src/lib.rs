//! Plan to Design: the Verilog files as values. Leaves are hand-written Verilog with a clocked model; the trunk is composed.

pub mod block;
pub mod design;
pub mod emit;
pub mod error;
pub mod leaf;
pub mod leaves;
pub mod trunk;
pub mod weights_image;

pub use block::TrunkBlock;
pub use design::{Contents, Design, File};
pub use error::RtlError;
pub use trunk::{compose, Machine, Trunk};

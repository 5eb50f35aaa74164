//! rust-hdl blocks: the tree that simulates the machine and from which its Verilog is printed.

mod build;
pub mod bus;
pub mod leaf;
mod route;
pub mod trace;
pub mod tree;

pub use crate::leaf::Shape;
pub use leaf::LeafBlock;
pub use route::mask;
pub use trace::Trace;
pub use tree::TrunkBlock;

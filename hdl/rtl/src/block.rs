//! rust-hdl blocks: the tree that simulates the machine and from which its Verilog is printed.

mod build;
pub mod bus;
pub mod primitive;
mod route;
pub mod trace;
pub mod tree;

pub use crate::primitive::Shape;
pub use primitive::PrimitiveBlock;
pub use route::mask;
pub use trace::Trace;
pub use tree::TopBlock;

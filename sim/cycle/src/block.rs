//! rust-hdl blocks: the tree that simulates what was composed.

mod build;
mod bus;
mod primitive;
mod route;
mod trace;
mod tree;

pub use trace::Trace;
pub use tree::TopBlock;

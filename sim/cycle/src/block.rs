//! rust-hdl blocks: the tree that simulates what was composed.

mod build;
mod bus;
mod primitive;
mod route;
pub mod save_file;
mod trace;
mod tree;

pub use trace::{Named, Trace};
pub use tree::TopBlock;

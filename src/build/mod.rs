//! A build folder as `generate` makes it: the network and its plan, what the board adds, the files.

pub mod boards;
mod contents;
mod planned;
mod project;

pub use contents::contents;
pub use planned::{Files, Planned};

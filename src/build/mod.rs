//! A build folder as `generate` makes it: the network and its plan, what the board adds, the files.

pub mod boards;
mod contents;
mod folder;
mod planned;
mod project;

pub use contents::contents;
pub use folder::{may_replace, write};
pub use planned::{Files, Planned};

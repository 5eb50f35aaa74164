//! Before a model is quantised: how images become its input, and whether the machine can run it.

mod file;
pub mod fitting;
pub mod pace;
pub mod preprocessing;
pub mod structure;

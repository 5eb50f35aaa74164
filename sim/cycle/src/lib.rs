//! The machine clock by clock: the tree of blocks that printed the Verilog, behind the top level's pins.

mod error;
mod pins;
mod register;
mod window;

pub use error::CycleError;
pub use register::RegisterMachine;

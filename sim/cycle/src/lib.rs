//! The machine clock by clock, behind the top level's pins: the tree of blocks that printed the Verilog, every register of it;
//! and, for whole images, its control alone with values from the integer engine.

pub mod block;
mod control;
mod error;
mod fast;
pub mod model;
mod pins;
pub mod primitives;
mod register;
mod window;

pub use block::TopBlock;
pub use control::{Answer, ControlMachine};
pub use error::CycleError;
pub use fast::FastMachine;
pub use register::RegisterMachine;

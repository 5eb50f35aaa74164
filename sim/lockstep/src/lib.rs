//! One case, all engines: the machine's models in lock-step, pin by pin, and their answers against golden.

pub mod beats;
pub mod core;
mod difference;
pub mod error;
mod loading;
pub mod lockstep;
pub mod source;
pub mod top;

pub use crate::core::{Core, Tree, Verilog};
pub use crate::error::LockstepError;
pub use crate::lockstep::{verify, Case, Progress, Verdict};
pub use crate::top::VerilogTop;

//! The machine's control, clock by clock, without data: what decides every cycle count.

pub mod check;
pub mod crc;
pub mod input;
pub mod loader;
pub mod loop_back;
pub mod machine;
pub mod pool;
pub mod pool_passes;
pub mod pool_state;
pub mod results;
pub mod sequencer;

pub use machine::{Machine, Observer, Tick};

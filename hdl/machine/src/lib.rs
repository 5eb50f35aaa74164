//! What the machine is: geometry and latencies, instruction words, registers, frames, pins, boards, and the plan that fixes them.
//! Nothing here is searched for; a plan is decided elsewhere and read everywhere.

// A new kind of layer, store or table does not compile until everything here handles it.
#![warn(clippy::wildcard_enum_match_arm)]

mod binding;
mod bits;
pub mod board;
mod cause;
mod channel_window;
pub mod checksum;
mod contents;
pub mod control;
pub mod dump;
pub mod geometry;
mod held;
pub mod logic;
pub mod losses;
pub mod memories;
mod passage;
pub mod pins;
pub mod plan;
pub mod registers;
pub mod report;
pub mod serial;
pub mod table_memory;
pub mod tables;
pub mod tracks;
pub mod verilog_fields;
pub mod weights;
pub mod wiring;
pub mod words;

pub use binding::Binding;
pub use board::Board;
pub use cause::Cause;
pub use channel_window::ChannelWindow;
pub use geometry::Geometry;
pub use held::Held;
pub use passage::Passage;
pub use plan::{Contents, Draft, InputMap, LayerTiming, LineBuffer, Plan, Saving, Timing};
pub use table_memory::{LutTable, TableMemory, CLASS_SUMS, POOLING};
pub use weights::WeightMemory;

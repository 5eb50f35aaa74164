//! Network and board to plan: array shape, memory map, program, exact cycles and cost. Nothing downstream decides anything.

pub mod advice;
pub mod board;
pub mod build;
mod cause;
pub mod clock;
mod contest;
pub mod cost;
mod economy;
pub mod error;
pub mod explore;
mod file;
mod fit;
pub mod geometry;
pub mod losses;
pub mod lower;
pub mod pins;
pub mod plan;
pub mod planner;
mod refusal;
pub mod registers;
pub mod report;
pub mod rings;
pub mod schedule;
mod search;
pub mod serial;
mod shapes;
mod step_order;
mod table_memory;
pub mod tables;
mod target;
mod tighten;
mod weight_memory;
pub mod weights;
pub mod wiring;
mod wishes;
pub mod words;

pub use board::Board;
pub use cause::Cause;
pub use error::PlanError;
pub use geometry::Geometry;

pub use plan::{Binding, InputMap, LayerTiming, Plan, Ring, Saving, Timing};
pub use search::plan;
pub use table_memory::CLASS_SUMS;
pub use weight_memory::WeightMemory;
pub use wishes::{WeightChoice, Wishes};

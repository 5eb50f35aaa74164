//! Network and board to plan: array shape, memory map, program, exact cycles and cost. Nothing downstream decides anything.

pub mod board;
pub mod build;
mod cause;
pub mod clock;
pub mod cost;
mod economy;
pub mod error;
pub mod explore;
mod file;
pub mod geometry;
pub mod losses;
pub mod lower;
pub mod pins;
pub mod plan;
pub mod planner;
pub mod registers;
pub mod report;
pub mod rings;
pub mod schedule;
pub mod search;
pub mod serial;
mod step_order;
pub mod tables;
mod target;
mod tighten;
mod weight_memory;
pub mod weights;
pub mod wiring;
pub mod words;

pub use board::Board;
pub use cause::Cause;
pub use error::PlanError;
pub use geometry::Geometry;

pub use plan::{Binding, InputMap, LayerTiming, Plan, Ring, Timing};
pub use search::{plan, WeightChoice, Wishes};
pub use weight_memory::WeightMemory;

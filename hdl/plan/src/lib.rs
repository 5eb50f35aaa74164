//! Network and board to plan: array shape, memory map, program, exact cycles and cost. Nothing downstream decides anything.

// A new kind of layer, store or table does not compile until everything here handles it.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod advice;
mod buffer_shrinking;
mod buffer_sizing;
pub mod build;
mod candidate_search;
pub mod coding;
mod constraints;
pub mod cost;
pub mod error;
pub mod explore;
mod file;
mod fit;
pub mod line_buffers;
pub mod lower;
pub mod occupancy;
pub mod passage;
pub mod planner;
mod refusal;
pub mod schedule;
mod search;
mod shapes;
mod table_memory;
mod target;
mod timed;
pub mod timing;
mod weight_choice;

pub use candidate_search::FRUGAL;
pub use constraints::{Constraints, StoreChoice, WeightChoice};
pub use error::PlanError;
pub use file::read_plan;
pub use line_buffers::Spare;
pub use search::plan;

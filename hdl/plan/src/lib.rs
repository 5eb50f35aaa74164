//! Network and board to plan: array shape, memory map, program, exact cycles and cost. Nothing downstream decides anything.

pub mod advice;
pub mod build;
mod candidate_search;
pub mod cost;
mod buffer_sizing;
pub mod error;
pub mod explore;
mod file;
mod fit;
pub mod lower;
pub mod planner;
mod refusal;
pub mod line_buffers;
pub mod schedule;
mod search;
mod shapes;
mod table_memory;
mod target;
mod buffer_shrinking;
mod timed;
pub mod timing;
mod constraints;

pub use error::PlanError;
pub use file::read_plan;
pub use search::plan;
pub use constraints::{WeightChoice, Constraints};

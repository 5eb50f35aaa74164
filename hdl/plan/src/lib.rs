//! Network and board to plan: array shape, memory map, program, exact cycles and cost. Nothing downstream decides anything.

pub mod board;
pub mod clock;
pub mod geometry;
pub mod plan;
pub mod report;
pub mod tables;

pub use board::Board;
pub use geometry::Geometry;
pub use plan::{Binding, InputMap, Plan, Ring, Timing};

//! The subcommands, one file each, and what several of them take.

pub mod check;
pub mod doctor;
pub mod fetch;
pub mod model_args;
pub mod plan;
pub mod plan_args;
pub mod quantize;

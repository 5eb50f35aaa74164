//! The subcommands, one file each, and what several of them take.

pub mod check;
pub mod demo;
pub mod device_args;
pub mod doctor;
pub mod dump;
pub mod eval;
pub mod explore;
pub mod fetch;
pub mod flash;
pub mod generate;
pub mod image_args;
pub mod model;
pub mod model_args;
pub mod most;
pub mod plan;
pub mod plan_args;
mod preparation_args;
pub mod quantize;
pub mod run;
pub mod selftest;
pub mod serve;
pub mod simulate;
pub mod top;
pub mod verify;
mod weight_args;

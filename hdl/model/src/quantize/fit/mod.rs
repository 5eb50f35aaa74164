//! Scales and parameters of layer after layer, from what the calibration images make of it.

pub mod calibrate;
pub mod encode;
pub mod equalise;
pub mod given;
pub mod inputs;
pub mod integer;
pub mod layer;
pub mod outcome;
pub mod patch;
pub mod samples;
pub mod scale;
pub mod task;
pub mod trust;
pub mod values;

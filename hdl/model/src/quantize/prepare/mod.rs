//! What is done to the float graph before it becomes machine layers.

pub mod activation;
pub mod average;
pub mod carried;
pub mod compose;
pub mod image;
pub mod last_mean;
pub mod obstacle;
pub mod saturate;
pub mod stride;

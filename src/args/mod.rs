//! What several commands take.

pub mod device;
pub mod image;
pub mod limits;
pub mod model;
pub mod most;
pub mod plan;
pub mod preparation;
pub mod weight;

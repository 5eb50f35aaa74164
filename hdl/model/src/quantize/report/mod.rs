//! What quantisation did, and how far that can be believed.

pub mod distribution;
pub mod doubt;
pub mod measured;
pub mod quiet;
pub mod split;

//! Weights to integers: what an error costs, and the values that cost least.

pub mod cholesky;
pub mod codebook;
pub mod levels;
pub mod loss;
pub mod rounding;
pub mod rows;
pub mod tile;
pub mod triangle;
pub mod weights;

//! The network as fast as this processor's integers allow, bit for bit what golden computes.
//!
//! Feature maps lie pixel by pixel, all channels of a pixel together, inside a border of zeros as wide as the widest padding that
//! reads them. So every convolution is one loop over kernel taps and channel groups without a special case, and a tile of pixels
//! times a block of output channels stays in registers from the bias to the rescaled result.

mod act;
mod conv;
mod engine;
mod isa;
mod map;
mod packed;
mod path;
mod pool;
mod program;

pub use engine::Fast;
pub use path::Path;

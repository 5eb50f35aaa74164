//! The bounds a network must keep, each typed once.

use crate::arith::Multiplier;

/// Bits of the widest accumulator; a plan may need fewer, see [`crate::Conv::acc_bits`].
pub const MAX_ACC_BITS: u32 = 32;

/// Weights are symmetric: -128 would need one more bit in the packed multiplier.
pub const MAX_WEIGHT: i8 = 127;

/// Codebooks of a network, and values of one.
pub const MAX_CODEBOOKS: usize = 4;
pub const MAX_CODEBOOK: usize = 64;

/// Most values of a codebook that a network may have several of, and how many larger ones it may have.
pub const SMALL_CODEBOOK: usize = 32;
pub const MAX_LARGE_CODEBOOKS: usize = 1;

/// Rescale multipliers are above 0 and at most this: factors below 1.
pub const MAX_MULT: Multiplier = Multiplier::from_bits(Multiplier::ONE.to_bits() - 1);

/// Residual multipliers are above 0 and at most this.
pub const MAX_RESIDUAL_MULT: Multiplier = Multiplier::ONE;

/// Channels, height and width of any tensor.
pub const MAX_DIM: usize = 1 << 16;

/// Kernel height and width, stride and padding on a side.
pub const MAX_WINDOW: usize = 31;

/// Values of any tensor and weights of any layer.
pub const MAX_VALUES: usize = 1 << 30;

/// Pixels that a class sum runs over: as many of the largest values as its 32 bits hold.
pub const MAX_SUM_PIXELS: usize = i32::MAX as usize / u16::MAX as usize;

/// Bytes of a `.net` file's payload.
pub const MAX_FILE: u64 = 1 << 30;

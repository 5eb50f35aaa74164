//! The few operations on vectors of 32-bit lanes that a convolution needs, once per instruction set.

#[cfg(target_arch = "x86_64")]
pub mod avx2;
#[cfg(target_arch = "x86_64")]
pub mod avx512;
pub mod portable;

use crate::act::Act;
use crate::conv::Job;
use crate::pool::PoolJob;

/// What a layer does to its accumulators in the output stage.
#[derive(Clone, Copy, Debug)]
pub struct OutputStage {
    pub relu: bool,
    pub lo: i32,
    pub hi: i32,
}

/// Vectors of [`Isa::LANES`] 32-bit lanes.
///
/// # Safety
/// Methods may be called only where the processor has the instructions; pointers must be readable (writable) for a whole vector.
/// All but the last two are inlined into those.
pub trait Isa: Sized + Send + Sync + 'static {
    type Act: Act;
    type Vector: Copy;
    const LANES: usize;
    /// Stored values in a 32-bit word: so many products go into a lane at a time.
    const GROUP: usize;
    /// Most vectors of output channels that a tile has.
    const MAX_VECTORS: usize;

    /// `GROUP` weights, fewer at the end of the channels, as the word that [`Isa::dot`] takes.
    fn word(weights: &[i8]) -> u32;
    unsafe fn load(from: *const i32) -> Self::Vector;
    unsafe fn store(to: *mut i32, v: Self::Vector);
    /// The word at `from`, in every lane.
    unsafe fn splat(from: *const Self::Act) -> Self::Vector;
    /// Adds the products of a word of activations with a word of weights in each lane, modulo 2^32.
    unsafe fn dot(acc: Self::Vector, activations: Self::Vector, weights: Self::Vector) -> Self::Vector;
    unsafe fn add(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `clamp(floor((z * mult + r * residual_mult) / 2^20 + 1/2), lo, hi)`, `z` cut at 0 first where the layer says so.
    unsafe fn rescale(
        z: Self::Vector,
        mult: Self::Vector,
        residual: Option<(Self::Vector, Self::Vector)>,
        out: &OutputStage,
    ) -> Self::Vector;
    unsafe fn load_acts(from: *const Self::Act) -> Self::Vector;
    unsafe fn store_acts(to: *mut Self::Act, v: Self::Vector);
    unsafe fn all(value: i32) -> Self::Vector;

    /// Runs a convolution with these instructions.
    unsafe fn conv(job: &mut Job<Self>);
    /// Runs a pooling with these instructions.
    unsafe fn pool(job: &mut PoolJob<Self::Act>);
}

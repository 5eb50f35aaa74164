//! Plain Rust: what every processor can do. Values are 16 bit wide, two products a lane.

use super::{Isa, OutputStage};
use crate::conv::{self, Job};
use crate::pool::{self, PoolJob};
use systole_net::rescale;
use systole_net::Multiplier;

pub struct Portable;

const LANES: usize = 8;
type Lanes = [i32; LANES];

/// Two 16 bit weights in a word, the first one low.
pub fn pair(weights: &[i8]) -> u32 {
    let half = |i: usize| u32::from(weights.get(i).map_or(0, |&w| i16::from(w)) as u16);
    half(0) | half(1) << 16
}

fn low(word: i32) -> i32 {
    i32::from(word as i16)
}

/// The multiplier of so many counts.
fn bits(counts: i32) -> Multiplier {
    Multiplier::from_bits(counts as u32)
}

impl Isa for Portable {
    type Act = i16;
    type Vector = Lanes;
    const LANES: usize = LANES;
    const GROUP: usize = 2;
    const MAX_VECTORS: usize = 1;

    fn word(weights: &[i8]) -> u32 {
        pair(weights)
    }

    #[inline(always)]
    unsafe fn load(from: *const i32) -> Lanes {
        from.cast::<Lanes>().read_unaligned()
    }

    #[inline(always)]
    unsafe fn store(to: *mut i32, v: Lanes) {
        to.cast::<Lanes>().write_unaligned(v)
    }

    #[inline(always)]
    unsafe fn splat(from: *const i16) -> Lanes {
        [from.cast::<i32>().read_unaligned(); LANES]
    }

    #[inline(always)]
    unsafe fn dot(acc: Lanes, activations: Lanes, weights: Lanes) -> Lanes {
        std::array::from_fn(|i| {
            let first = low(activations[i]) * low(weights[i]);
            let second = (activations[i] >> 16) * (weights[i] >> 16);
            acc[i].wrapping_add(first).wrapping_add(second)
        })
    }

    #[inline(always)]
    unsafe fn add(a: Lanes, b: Lanes) -> Lanes {
        std::array::from_fn(|i| a[i].wrapping_add(b[i]))
    }

    #[inline(always)]
    unsafe fn rescale(z: Lanes, mult: Lanes, residual: Option<(Lanes, Lanes)>, out: &OutputStage) -> Lanes {
        std::array::from_fn(|i| {
            let (added, added_mult) = residual.map_or((0, 0), |(r, m)| (r[i], m[i]));
            rescale(z[i].into(), bits(mult[i]), out.relu, added.into(), bits(added_mult), out.lo, out.hi)
        })
    }

    #[inline(always)]
    unsafe fn load_acts(from: *const i16) -> Lanes {
        from.cast::<[i16; LANES]>().read_unaligned().map(i32::from)
    }

    #[inline(always)]
    unsafe fn store_acts(to: *mut i16, v: Lanes) {
        to.cast::<[i16; LANES]>().write_unaligned(v.map(|y| y as i16))
    }

    #[inline(always)]
    unsafe fn all(value: i32) -> Lanes {
        [value; LANES]
    }

    unsafe fn conv(job: &mut Job<Self>) {
        for block in job.blocks() {
            conv::block::<Self, 4, 1>(job, block);
        }
    }

    unsafe fn pool(job: &mut PoolJob<i16>) {
        pool::rows(job);
    }
}

//! AVX2: 16 bit values, `vpmaddwd` adds two products a lane. Exact: a byte times a byte twice is far from 32 bits.

use super::{portable::pair, Isa, OutputStage};
use crate::conv::{self, Job};
use crate::pool::{self, PoolJob};
use std::arch::x86_64::*;
use systole_net::MULTIPLIER_FRACTION;

pub struct Avx2;

const FRACTION: i32 = MULTIPLIER_FRACTION as i32;
/// Odd lanes of a vector of 32-bit lanes.
const ODD: i32 = 0b1010_1010;

/// 64-bit products of the even lanes plus those of the residual plus one half.
#[inline(always)]
unsafe fn products(z: __m256i, mult: __m256i, residual: Option<(__m256i, __m256i)>) -> __m256i {
    let half = _mm256_set1_epi64x(1 << (FRACTION - 1));
    let p = _mm256_add_epi64(_mm256_mul_epi32(z, mult), half);
    match residual {
        Some((r, m)) => _mm256_add_epi64(p, _mm256_mul_epi32(r, m)),
        None => p,
    }
}

#[inline(always)]
unsafe fn odd(v: __m256i) -> __m256i {
    _mm256_srli_epi64::<32>(v)
}

impl Isa for Avx2 {
    type Act = i16;
    type Vector = __m256i;
    const LANES: usize = 8;
    const GROUP: usize = 2;
    const MAX_VECTORS: usize = 2;

    fn word(weights: &[i8]) -> u32 {
        pair(weights)
    }

    #[inline(always)]
    unsafe fn load(from: *const i32) -> __m256i {
        _mm256_loadu_si256(from.cast())
    }

    #[inline(always)]
    unsafe fn store(to: *mut i32, v: __m256i) {
        _mm256_storeu_si256(to.cast(), v)
    }

    #[inline(always)]
    unsafe fn splat(from: *const i16) -> __m256i {
        _mm256_set1_epi32(from.cast::<i32>().read_unaligned())
    }

    #[inline(always)]
    unsafe fn dot(acc: __m256i, activations: __m256i, weights: __m256i) -> __m256i {
        _mm256_add_epi32(acc, _mm256_madd_epi16(activations, weights))
    }

    #[inline(always)]
    unsafe fn add(a: __m256i, b: __m256i) -> __m256i {
        _mm256_add_epi32(a, b)
    }

    #[inline(always)]
    unsafe fn rescale(z: __m256i, mult: __m256i, residual: Option<(__m256i, __m256i)>, out: &OutputStage) -> __m256i {
        let z = if out.relu { _mm256_max_epi32(z, _mm256_setzero_si256()) } else { z };
        let even = products(z, mult, residual);
        let odds = products(odd(z), odd(mult), residual.map(|(r, m)| (odd(r), odd(m))));
        // Bits 20..52 of a product are the whole result: it fits 32 bits before the clamp.
        let even = _mm256_srli_epi64::<FRACTION>(even);
        let odds = _mm256_slli_epi64::<{ 32 - FRACTION }>(odds);
        let y = _mm256_blend_epi32::<ODD>(even, odds);
        _mm256_min_epi32(_mm256_max_epi32(y, _mm256_set1_epi32(out.lo)), _mm256_set1_epi32(out.hi))
    }

    #[inline(always)]
    unsafe fn load_acts(from: *const i16) -> __m256i {
        _mm256_cvtepi16_epi32(_mm_loadu_si128(from.cast()))
    }

    #[inline(always)]
    unsafe fn store_acts(to: *mut i16, v: __m256i) {
        let packed = _mm256_packs_epi32(v, v);
        let ordered = _mm256_permute4x64_epi64::<0b1000>(packed);
        _mm_storeu_si128(to.cast(), _mm256_castsi256_si128(ordered))
    }

    #[inline(always)]
    unsafe fn all(value: i32) -> __m256i {
        _mm256_set1_epi32(value)
    }

    unsafe fn conv(job: &mut Job<Self>) {
        conv_avx2(job);
    }

    unsafe fn pool(job: &mut PoolJob<i16>) {
        pool_avx2(job);
    }
}

#[target_feature(enable = "avx2")]
unsafe fn conv_avx2(job: &mut Job<Avx2>) {
    for block in job.blocks() {
        match job.vectors(block) {
            1 => conv::block::<Avx2, 6, 1>(job, block),
            _ => conv::block::<Avx2, 5, 2>(job, block),
        }
    }
}

#[target_feature(enable = "avx2")]
unsafe fn pool_avx2(job: &mut PoolJob<i16>) {
    pool::rows(job);
}

//! AVX-512 with VNNI: bytes, `vpdpbusd` adds four products a lane without saturation.

use super::{Isa, OutputStage};
use crate::conv::{self, Job};
use crate::pool::{self, PoolJob};
use std::arch::x86_64::*;
use systole_net::MULTIPLIER_FRACTION;

pub struct Avx512Vnni;

const FRACTION: u32 = MULTIPLIER_FRACTION;
/// Odd lanes of a vector of 32-bit lanes.
const ODD: u16 = 0xaaaa;

/// 64-bit products of the even lanes plus those of the residual plus one half.
#[inline(always)]
unsafe fn products(z: __m512i, mult: __m512i, residual: Option<(__m512i, __m512i)>) -> __m512i {
    let half = _mm512_set1_epi64(1 << (FRACTION - 1));
    let p = _mm512_add_epi64(_mm512_mul_epi32(z, mult), half);
    match residual {
        Some((r, m)) => _mm512_add_epi64(p, _mm512_mul_epi32(r, m)),
        None => p,
    }
}

#[inline(always)]
unsafe fn odd(v: __m512i) -> __m512i {
    _mm512_srli_epi64::<32>(v)
}

impl Isa for Avx512Vnni {
    type Act = u8;
    type Vector = __m512i;
    const LANES: usize = 16;
    const GROUP: usize = 4;
    const MAX_VECTORS: usize = 4;

    fn word(weights: &[i8]) -> u32 {
        u32::from_le_bytes(std::array::from_fn(|i| weights.get(i).map_or(0, |&w| w as u8)))
    }

    #[inline(always)]
    unsafe fn load(from: *const i32) -> __m512i {
        _mm512_loadu_si512(from.cast())
    }

    #[inline(always)]
    unsafe fn store(to: *mut i32, v: __m512i) {
        _mm512_storeu_si512(to.cast(), v)
    }

    #[inline(always)]
    unsafe fn splat(from: *const u8) -> __m512i {
        _mm512_set1_epi32(from.cast::<i32>().read_unaligned())
    }

    #[inline(always)]
    unsafe fn dot(acc: __m512i, activations: __m512i, weights: __m512i) -> __m512i {
        _mm512_dpbusd_epi32(acc, activations, weights)
    }

    #[inline(always)]
    unsafe fn add(a: __m512i, b: __m512i) -> __m512i {
        _mm512_add_epi32(a, b)
    }

    #[inline(always)]
    unsafe fn rescale(z: __m512i, mult: __m512i, residual: Option<(__m512i, __m512i)>, out: &OutputStage) -> __m512i {
        let z = if out.relu { _mm512_max_epi32(z, _mm512_setzero_si512()) } else { z };
        let even = products(z, mult, residual);
        let odds = products(odd(z), odd(mult), residual.map(|(r, m)| (odd(r), odd(m))));
        // Bits 20..52 of a product are the whole result: it fits 32 bits before the clamp.
        let even = _mm512_srli_epi64::<FRACTION>(even);
        let odds = _mm512_slli_epi64::<{ 32 - FRACTION }>(odds);
        let y = _mm512_mask_blend_epi32(ODD, even, odds);
        _mm512_min_epi32(_mm512_max_epi32(y, _mm512_set1_epi32(out.lo)), _mm512_set1_epi32(out.hi))
    }

    #[inline(always)]
    unsafe fn load_acts(from: *const u8) -> __m512i {
        _mm512_cvtepu8_epi32(_mm_loadu_si128(from.cast()))
    }

    #[inline(always)]
    unsafe fn store_acts(to: *mut u8, v: __m512i) {
        _mm_storeu_si128(to.cast(), _mm512_cvtepi32_epi8(v))
    }

    #[inline(always)]
    unsafe fn all(value: i32) -> __m512i {
        _mm512_set1_epi32(value)
    }

    unsafe fn conv(job: &mut Job<Self>) {
        conv_avx512(job);
    }

    unsafe fn pool(job: &mut PoolJob<u8>) {
        pool_avx512(job);
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn conv_avx512(job: &mut Job<Avx512Vnni>) {
    for block in job.blocks() {
        match job.vectors(block) {
            1 => conv::block::<Avx512Vnni, 8, 1>(job, block),
            2 => conv::block::<Avx512Vnni, 8, 2>(job, block),
            3 => conv::block::<Avx512Vnni, 8, 3>(job, block),
            _ => conv::block::<Avx512Vnni, 6, 4>(job, block),
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn pool_avx512(job: &mut PoolJob<u8>) {
    pool::rows(job);
}

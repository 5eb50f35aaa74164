//! Convolution: a tile of pixels times a block of output channels, in registers from bias to result.

use crate::isa::Isa;
use crate::map::Layout;
use crate::packed::{Block, Packed};
use std::ops::Range;

/// A residual map that is added in the output stage, from channel `first` on.
pub struct ResidualMap<'a, I: Isa> {
    pub map: &'a [I::Act],
    pub layout: &'a Layout,
    pub first: usize,
}

/// Where results go.
pub enum Out<'a, I: Isa> {
    /// From the first pixel of the first row on, channels from `first` on.
    Map { data: &'a mut [I::Act], layout: &'a Layout, first: usize },
    /// Added up per class; the values themselves go to `raw` `[pixel][class]` unless it is empty.
    Sum { sums: &'a mut [i64], raw: &'a mut [i32] },
}

/// Some output rows of a convolution.
pub struct Job<'a, I: Isa> {
    pub packed: &'a Packed,
    pub source: &'a [I::Act],
    pub layout: &'a Layout,
    pub residual: Option<ResidualMap<'a, I>>,
    pub rows: Range<usize>,
    pub out: Out<'a, I>,
}

impl<I: Isa> Job<'_, I> {
    pub fn blocks(&self) -> Range<usize> {
        0..self.packed.blocks.len()
    }

    /// What the loops of x86-64 alone ask for.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub fn vectors(&self, block: usize) -> usize {
        self.packed.blocks[block].vectors
    }

    /// Output row and column of the `index`th pixel.
    fn pixel(&self, index: usize) -> (usize, usize) {
        (self.rows.start + index / self.packed.width, index % self.packed.width)
    }

    /// Index in the source of the first pixel under an output pixel's window.
    fn window(&self, (y, x): (usize, usize)) -> usize {
        let p = self.packed;
        let first = |at: usize, stride: usize, pad: usize| (at * stride) as isize - pad as isize;
        self.layout.at(first(y, p.stride.0, p.pad.0), first(x, p.stride.1, p.pad.1))
    }

    /// Panics unless every window of the job lies in its source, as the layout promises.
    fn check_source(&self) {
        let last = self.window((self.rows.end - 1, self.packed.width - 1));
        let tap = self.packed.taps.last().map_or(0, |t| t + self.packed.sets * I::GROUP);
        assert!(last + tap <= self.source.len(), "a window ends beyond its map");
    }
}

/// One block of output channels for all the job's pixels, `P` at a time, `N` vectors of channels.
///
/// # Safety
/// As [`Isa`]'s methods.
#[inline(always)]
pub unsafe fn block<I: Isa, const P: usize, const N: usize>(job: &mut Job<I>, block: usize) {
    let block = &job.packed.blocks[block];
    assert_eq!((block.vectors, block.bias.len(), block.mult.len()), (N, N * I::LANES, N * I::LANES));
    if job.rows.is_empty() {
        return;
    }
    job.check_source();
    let pixels = job.rows.len() * job.packed.width;
    let mut totals = vec![0i64; N * I::LANES];
    for first in (0..pixels).step_by(P) {
        let count = P.min(pixels - first);
        // The last tile repeats its last pixel.
        let at: [usize; P] = std::array::from_fn(|p| first + p.min(count - 1));
        let windows = at.map(|i| job.source.as_ptr().add(job.window(job.pixel(i))));
        let mut tile = accumulate::<I, P, N>(job.packed, block, &windows);
        rescale(job, block, &at, &mut tile);
        emit(job, block, &at[..count], &tile, &mut totals);
    }
    if let Out::Sum { sums, .. } = &mut job.out {
        sums[block.first..block.first + block.channels].iter_mut().zip(&totals).for_each(|(s, t)| *s += t);
    }
}

/// Bias and all products.
#[inline(always)]
unsafe fn accumulate<I: Isa, const P: usize, const N: usize>(
    packed: &Packed,
    block: &Block,
    windows: &[*const I::Act; P],
) -> [[I::Vector; N]; P] {
    let bias: [I::Vector; N] = std::array::from_fn(|n| I::load(block.bias.as_ptr().add(n * I::LANES)));
    let mut tile = [bias; P];
    let mut weights = block.weights();
    for &tap in &packed.taps {
        for set in block.first_set..block.first_set + block.sets {
            let w: [I::Vector; N] = std::array::from_fn(|n| I::load(weights.add(n * I::LANES)));
            weights = weights.add(N * I::LANES);
            for p in 0..P {
                let a = I::splat(windows[p].add(tap + set * I::GROUP));
                for n in 0..N {
                    tile[p][n] = I::dot(tile[p][n], a, w[n]);
                }
            }
        }
    }
    tile
}

/// The output stage of every accumulator.
#[inline(always)]
unsafe fn rescale<I: Isa, const P: usize, const N: usize>(
    job: &Job<I>,
    block: &Block,
    at: &[usize; P],
    tile: &mut [[I::Vector; N]; P],
) {
    let mult: [I::Vector; N] = std::array::from_fn(|n| I::load(block.mult.as_ptr().add(n * I::LANES)));
    for (&pixel, vectors) in at.iter().zip(tile) {
        for (n, (z, &mult)) in vectors.iter_mut().zip(&mult).enumerate() {
            *z = I::rescale(*z, mult, residual(job, block, pixel, n), &job.packed.output_stage);
        }
    }
}

/// Values and multiplier of the residual map under one vector of one pixel.
#[inline(always)]
unsafe fn residual<I: Isa>(job: &Job<I>, block: &Block, pixel: usize, n: usize) -> Option<(I::Vector, I::Vector)> {
    let residual = job.residual.as_ref()?;
    let (y, x) = job.pixel(pixel);
    let lanes = I::LANES.min(block.channels - n * I::LANES);
    let start = residual.layout.at(y as isize, x as isize) + residual.first + block.first + n * I::LANES;
    let mut values = [I::Act::default(); MAX_LANES];
    values[..lanes].copy_from_slice(&residual.map[start..start + lanes]);
    let r = I::add(I::load_acts(values.as_ptr()), I::all(-residual.layout.offset));
    Some((r, I::all(job.packed.residual_mult as i32)))
}

/// No instruction set has more lanes, nor a block more of them.
const MAX_LANES: usize = 64;

#[inline(always)]
unsafe fn emit<I: Isa, const P: usize, const N: usize>(
    job: &mut Job<I>,
    block: &Block,
    at: &[usize],
    tile: &[[I::Vector; N]; P],
    totals: &mut [i64],
) {
    let (top, width) = (job.rows.start, job.packed.width);
    match &mut job.out {
        Out::Map { data, layout, first } => {
            for (&i, vectors) in at.iter().zip(tile) {
                let start = i / width * layout.row + i % width * layout.pixel + *first + block.first;
                put::<I, N>(&mut data[start..start + block.channels], vectors, layout.offset);
            }
        }
        Out::Sum { sums, raw } => {
            for (&i, vectors) in at.iter().zip(tile) {
                let values = lanes::<I, N>(vectors);
                totals.iter_mut().zip(&values).for_each(|(t, &v)| *t += i64::from(v));
                if !raw.is_empty() {
                    let start = (top * width + i) * sums.len() + block.first;
                    raw[start..start + block.channels].copy_from_slice(&values[..block.channels]);
                }
            }
        }
    }
}

/// Stores one pixel's results; lanes beyond `to` are no channels.
#[inline(always)]
unsafe fn put<I: Isa, const N: usize>(to: &mut [I::Act], vectors: &[I::Vector; N], offset: i32) {
    let offset = I::all(offset);
    let mut spare = [I::Act::default(); MAX_LANES];
    let whole = to.len() == N * I::LANES;
    let target = if whole { to.as_mut_ptr() } else { spare.as_mut_ptr() };
    for (n, &v) in vectors.iter().enumerate() {
        I::store_acts(target.add(n * I::LANES), I::add(v, offset));
    }
    if !whole {
        to.copy_from_slice(&spare[..to.len()]);
    }
}

#[inline(always)]
unsafe fn lanes<I: Isa, const N: usize>(vectors: &[I::Vector; N]) -> [i32; MAX_LANES] {
    let mut values = [0; MAX_LANES];
    for (n, &v) in vectors.iter().enumerate() {
        I::store(values.as_mut_ptr().add(n * I::LANES), v);
    }
    values
}

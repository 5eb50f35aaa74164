//! What a convolution sees at some output pixels of every image, and the second moments of it.

use super::patch::Windows;
use rayon::prelude::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator, ParallelSliceMut};

/// Rows and columns of a matrix that are computed together.
const TILE: [usize; 2] = [4, 16];
/// Samples whose products are added in single precision (exactly, where they are bytes) before they join the total.
const BLOCK: usize = 256;

/// Inputs under the window of some output pixels: `[pixels][steps]`, steps padded with zeros to whole tiles.
pub(super) struct Samples {
    width: usize,
    data: Vec<f32>,
}

/// A matrix `[size][size]`.
#[derive(Clone, Debug)]
pub(super) struct Square {
    pub size: usize,
    pub data: Vec<f64>,
}

impl Square {
    pub fn row(&self, index: usize) -> &[f64] {
        &self.data[index * self.size..][..self.size]
    }

    /// Mean of the diagonal.
    pub fn level(&self) -> f64 {
        (0..self.size).map(|k| self.row(k)[k]).sum::<f64>() / self.size as f64
    }
}

impl Windows {
    /// About `count` output pixels, evenly spread.
    pub fn spread(&self, count: usize) -> Vec<usize> {
        let pixels = self.output[0] * self.output[1];
        let count = count.min(pixels);
        (0..count).map(|i| (2 * i + 1) * pixels / (2 * count)).collect()
    }

    /// The windows at `pixels` of an image `[channels][height][width]`.
    pub fn samples<T: Copy + Into<f64>>(&self, image: &[T], pixels: &[usize]) -> Samples {
        let [channels, height, width] = self.input;
        let taps = self.kernel[0] * self.kernel[1];
        let padded = (channels * taps).next_multiple_of(TILE[1]);
        let mut data = vec![0.0; padded * pixels.len()];
        for (&pixel, sample) in pixels.iter().zip(data.chunks_exact_mut(padded)) {
            let (y, x) = (pixel / self.output[1], pixel % self.output[1]);
            for tap in 0..taps {
                let row = (y * self.stride[0] + tap / self.kernel[1]).checked_sub(self.pad.top);
                let column = (x * self.stride[1] + tap % self.kernel[1]).checked_sub(self.pad.left);
                let (Some(row), Some(column)) = (row.filter(|&r| r < height), column.filter(|&c| c < width)) else {
                    continue;
                };
                for channel in 0..channels {
                    let value: f64 = image[(channel * height + row) * width + column].into();
                    sample[channel * taps + tap] = value as f32;
                }
            }
        }
        Samples { width: padded, data }
    }
}

/// Covariance of every step of `left` with every step of `right`, over the same pixels of the same images.
pub(super) fn covariance(left: &[Samples], right: &[Samples], size: usize) -> Square {
    let width = left[0].width;
    let count = left.iter().map(|s| s.data.len() / width).sum::<usize>() as f64;
    let means = [left, right].map(|side| means(side, count));
    let mut full = vec![0.0; width * width];
    full.par_chunks_mut(width * TILE[0]).enumerate().for_each(|(strip, out)| {
        let images = left.iter().zip(right);
        images.for_each(|(l, r)| {
            let blocks = l.data.chunks(BLOCK * width).zip(r.data.chunks(BLOCK * width));
            blocks.for_each(|(l, r)| add_strip(l, r, width, strip * TILE[0], out));
        });
    });
    let cell = |at: usize| {
        let (row, column) = (at / size, at % size);
        full[row * width + column] / count - means[0][row] * means[1][column]
    };
    Square { size, data: (0..size * size).into_par_iter().map(cell).collect() }
}

fn means(samples: &[Samples], count: f64) -> Vec<f64> {
    let mut sums = vec![0.0; samples[0].width];
    for sample in samples.iter().flat_map(|s| s.data.chunks_exact(s.width)) {
        sums.iter_mut().zip(sample).for_each(|(sum, &v)| *sum += f64::from(v));
    }
    sums.iter().map(|sum| sum / count).collect()
}

/// Adds the products of four steps with all steps over one block of samples to `out`, `[4][width]`.
#[multiversion::multiversion(targets("x86_64+avx2"))]
fn add_strip(left: &[f32], right: &[f32], width: usize, first: usize, out: &mut [f64]) {
    for column in (0..width).step_by(TILE[1]) {
        let mut sums = [[0f32; TILE[1]]; TILE[0]];
        for (l, r) in left.chunks_exact(width).zip(right.chunks_exact(width)) {
            let r = &r[column..column + TILE[1]];
            for (sum, l) in sums.iter_mut().zip(&l[first..first + TILE[0]]) {
                for (s, r) in sum.iter_mut().zip(r) {
                    *s += l * r;
                }
            }
        }
        for (row, sum) in sums.iter().enumerate() {
            let out = &mut out[row * width + column..][..TILE[1]];
            out.iter_mut().zip(sum).for_each(|(o, &s)| *o += f64::from(s));
        }
    }
}

//! What a convolution's taps see: mean and variance of the input under each (channel, row, column) of the kernel.

use crate::graph::{Op, Padding};
use rayon::prelude::{IntoParallelIterator, ParallelIterator};

/// Mean and variance of one reduction step's input over all output pixels and images; padding counts as 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::quantize) struct Moments {
    pub mean: f64,
    pub variance: f64,
}

/// Where a convolution's windows lie.
#[derive(Clone, Copy)]
pub(in crate::quantize) struct Windows {
    /// Channels, height, width of the input.
    pub input: [usize; 3],
    /// Height and width of the output.
    pub output: [usize; 2],
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub pad: Padding,
}

impl Windows {
    /// The windows of a convolution node, `None` for other operations.
    pub fn of(op: &Op, input: [usize; 3], [_, height, width]: [usize; 3]) -> Option<Self> {
        let Op::Conv { kernel, stride, pad, .. } = op else { return None };
        Some(Windows { input, output: [height, width], kernel: *kernel, stride: *stride, pad: *pad })
    }

    /// The same windows on so many channels.
    pub fn of_channels(self, channels: usize) -> Self {
        Windows { input: [channels, self.input[1], self.input[2]], ..self }
    }

    pub fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// One entry per reduction step, in the order of the weights, over images `[channels][height][width]`.
    pub fn moments<T: Copy + Into<f64> + Sync>(&self, images: &[&[T]]) -> Vec<Moments> {
        let taps = self.taps();
        let count = (images.len() * self.output[0] * self.output[1]) as f64;
        let step = |k: usize| {
            let (channel, tap) = (k / taps, k % taps);
            let sums = images.iter().map(|i| self.sums(i, channel, tap / self.kernel[1], tap % self.kernel[1]));
            let (sum, square) = sums.fold((0.0, 0.0), |t, s| (t.0 + s.0, t.1 + s.1));
            let mean = sum / count;
            Moments { mean, variance: (square / count - mean * mean).max(0.0) }
        };
        (0..self.input[0] * taps).into_par_iter().map(step).collect()
    }

    /// Sum and sum of squares of the pixels under one tap.
    fn sums<T: Copy + Into<f64>>(&self, image: &[T], channel: usize, ky: usize, kx: usize) -> (f64, f64) {
        let [_, height, width] = self.input;
        let inside = |i: usize, stride: usize, tap: usize, pad: usize, size: usize| {
            (i * stride + tap).checked_sub(pad).filter(|&at| at < size)
        };
        let rows = (0..self.output[0]).filter_map(|y| inside(y, self.stride[0], ky, self.pad.top, height));
        rows.fold((0.0, 0.0), |total, y| {
            let row = &image[(channel * height + y) * width..][..width];
            let columns = (0..self.output[1]).filter_map(|x| inside(x, self.stride[1], kx, self.pad.left, width));
            columns.map(|x| row[x].into()).fold(total, |(sum, square), v: f64| (sum + v, square + v * v))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_counts_as_zero() {
        let pad = Padding { top: 1, ..Padding::default() };
        let windows = Windows { input: [1, 2, 2], output: [2, 1], kernel: [2, 2], stride: [1, 1], pad };
        let moments = windows.moments(&[&[1i16, 2, 3, 4]]);
        let means: Vec<f64> = moments.iter().map(|m| m.mean).collect();
        assert_eq!(means, [0.5, 1.0, 2.0, 3.0]);
        assert_eq!(moments[0].variance, 0.25);
    }
}

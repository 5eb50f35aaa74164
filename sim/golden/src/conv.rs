//! Convolution in integers: bias, all products, then THE rescale.

use rayon::prelude::*;
use systole_net::Multiplier;
use systole_net::{rescale, Conv, Tensor};

/// The rescaled result `[out_channels][height][width]`, clamped to `clamp`.
///
/// Output channels are independent. Products are added row by row, so that a processor can add many at once; the sums are
/// exact in 32 bits (the network's check proves it), so their order does not matter.
pub fn convolve(conv: &Conv, input: &Tensor, residual: Option<&Tensor>, clamp: (i32, i32)) -> Tensor {
    let (height, width) = conv.out_size(input.height, input.width);
    let padded = Padded::new(conv, input);
    let mut output = Tensor::zeros(conv.out_channels, height, width);
    output.data.par_chunks_mut(height * width).enumerate().for_each(|(channel, out)| {
        accumulate(conv, &padded, channel, width, out);
        for (pixel, z) in out.iter_mut().enumerate() {
            let (added, added_mult) = match (&conv.residual, residual) {
                (Some(r), Some(kept)) => (kept.data[(r.channel_offset + channel) * height * width + pixel], r.mult),
                _ => (0, Multiplier::ZERO),
            };
            let (low, high) = clamp;
            *z = rescale((*z).into(), conv.mult[channel], conv.relu, added.into(), added_mult, low, high);
        }
    });
    output
}

/// Accumulators of one output channel, row after row of `width` pixels.
fn accumulate(conv: &Conv, input: &Padded, channel: usize, width: usize, sums: &mut [i32]) {
    sums.fill(conv.bias[channel]);
    let taps = conv.kernel_h * conv.kernel_w;
    let first = channel * conv.in_channels * taps;
    let seen = conv.first_seen(channel, input.channels);
    for source in 0..conv.in_channels {
        for ky in 0..conv.kernel_h {
            for kx in 0..conv.kernel_w {
                let weight = conv.weights[first + source * taps + ky * conv.kernel_w + kx];
                for (y, row) in sums.chunks_mut(width).enumerate() {
                    let pixels = input.row(seen + source, y * conv.stride_y + ky, kx, conv.stride_x);
                    add_products(row, weight, pixels);
                }
            }
        }
    }
}

fn add_products(row: &mut [i32], weight: i8, pixels: &[i16]) {
    for (sum, &pixel) in row.iter_mut().zip(pixels) {
        *sum += i32::from(weight) * i32::from(pixel);
    }
}

/// The input with its border of zeros; columns sorted by phase so that a stride reads neighbours.
struct Padded {
    channels: usize,
    height: usize,
    /// Columns of one phase.
    columns: usize,
    stride: usize,
    /// `[channels][height][stride][columns]`: column `x` is entry `x / stride` of phase `x % stride`.
    data: Vec<i16>,
}

impl Padded {
    fn new(conv: &Conv, input: &Tensor) -> Self {
        let (pad, stride) = (conv.pad, conv.stride_x);
        let height = input.height + pad.top + pad.bottom;
        let columns = (input.width + pad.left + pad.right).div_ceil(stride);
        let mut data = vec![0; input.channels * height * stride * columns];
        for (line, values) in input.data.chunks(input.width).enumerate() {
            let (channel, y) = (line / input.height, line % input.height + pad.top);
            for (x, &value) in values.iter().enumerate() {
                let x = x + pad.left;
                data[((channel * height + y) * stride + x % stride) * columns + x / stride] = value as i16;
            }
        }
        Padded { channels: input.channels, height, columns, stride, data }
    }

    /// Pixels `first`, `first + stride`, ... of row `y`.
    fn row(&self, channel: usize, y: usize, first: usize, stride: usize) -> &[i16] {
        let start = ((channel * self.height + y) * self.stride + first % stride) * self.columns;
        &self.data[start + first / stride..start + self.columns]
    }
}

//! Convolution as a matrix product over panels of eight output pixels, gathered once for all output channels.

use crate::shape::Shape;
use rayon::prelude::{IntoParallelIterator, ParallelIterator};
use systole_net::Padding;

/// Output pixels that are computed together.
const PIXELS: usize = 8;
/// Output channels that are computed together.
const CHANNELS: usize = 8;

/// Attributes of a convolution as in [`crate::Op::Conv`].
pub(super) struct Filter<'a> {
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub pad: Padding,
    pub weights: &'a [f32],
    pub bias: &'a [f32],
}

/// Values `[out][height][width]` from values `[in][height][width]`.
pub(super) fn run(input: &[f32], in_shape: Shape, out_shape: Shape, filter: &Filter) -> Vec<f32> {
    let [out_channels, height, width] = out_shape;
    let pixels = height * width;
    let reduction = filter.weights.len() / out_channels;
    let packed = pack(filter.weights, reduction);
    let panels: Vec<Vec<f32>> = (0..pixels.div_ceil(PIXELS))
        .into_par_iter()
        .map_init(
            || vec![[0.0; PIXELS]; reduction],
            |columns, panel| {
                gather(input, in_shape, panel * PIXELS, out_shape, filter, columns);
                packed.chunks_exact(reduction).flat_map(|group| multiply(group, columns)).flatten().collect()
            },
        )
        .collect();
    let mut result = vec![0.0; out_channels * pixels];
    for (map, (channel, bias)) in result.chunks_exact_mut(pixels).zip(filter.bias.iter().enumerate()) {
        for (eight, panel) in map.chunks_mut(PIXELS).zip(&panels) {
            eight.iter_mut().zip(&panel[channel * PIXELS..]).for_each(|(r, sum)| *r = sum + bias);
        }
    }
    result
}

/// Weights `[out / 8][reduction][8]`, missing channels zero.
fn pack(weights: &[f32], reduction: usize) -> Vec<[f32; CHANNELS]> {
    let groups = weights.chunks(reduction * CHANNELS);
    groups
        .flat_map(|group| {
            (0..reduction).map(|k| std::array::from_fn(|c| *group.get(c * reduction + k).unwrap_or(&0.0)))
        })
        .collect()
}

/// Sums over the reduction for eight channels and eight pixels.
#[multiversion::multiversion(targets("x86_64+avx2"))]
fn multiply(weights: &[[f32; CHANNELS]], columns: &[[f32; PIXELS]]) -> [[f32; PIXELS]; CHANNELS] {
    let mut sums = [[0.0; PIXELS]; CHANNELS];
    for (w, x) in weights.iter().zip(columns) {
        for (sum, w) in sums.iter_mut().zip(w) {
            for (s, x) in sum.iter_mut().zip(x) {
                *s += w * x;
            }
        }
    }
    sums
}

/// Inputs of eight output pixels from pixel `first` on, one row per (channel, tap); zero outside the map.
fn gather(
    input: &[f32],
    in_shape: Shape,
    first: usize,
    out_shape: Shape,
    filter: &Filter,
    columns: &mut [[f32; PIXELS]],
) {
    let [channels, height, width] = in_shape;
    let taps = filter.kernel[0] * filter.kernel[1];
    for tap in 0..taps {
        let (tap_y, tap_x) = (tap / filter.kernel[1], tap % filter.kernel[1]);
        let offsets: [Option<usize>; PIXELS] = std::array::from_fn(|i| {
            let (y, x) = ((first + i) / out_shape[2], (first + i) % out_shape[2]);
            let y = (y * filter.stride[0] + tap_y).checked_sub(filter.pad.top).filter(|&y| y < height)?;
            let x = (x * filter.stride[1] + tap_x).checked_sub(filter.pad.left).filter(|&x| x < width)?;
            Some(y * width + x)
        });
        let in_a_row = (0..PIXELS).all(|i| offsets[i].is_some() && offsets[i] == offsets[0].map(|o| o + i));
        for (channel, map) in input.chunks_exact(height * width).take(channels).enumerate() {
            let column = &mut columns[channel * taps + tap];
            match offsets[0] {
                Some(offset) if in_a_row => column.copy_from_slice(&map[offset..offset + PIXELS]),
                _ => *column = offsets.map(|o| o.map_or(0.0, |o| map[o])),
            }
        }
    }
}

//! Convolution as a matrix product over panels of eight output pixels, gathered once for all output channels. Groups of few
//! output channels are computed channel by channel and row by row.

use crate::groups::Groups;
use crate::shape::Shape;
use rayon::prelude::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator, ParallelSliceMut};
use systole_net::Padding;

/// Output pixels that are computed together.
const PIXELS: usize = 8;
/// Output channels that are computed together.
const CHANNELS: usize = 8;

/// Attributes of a convolution as in [`crate::Op::Conv`].
pub(super) struct Filter<'a> {
    pub groups: Groups,
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
    let Groups { count, outputs, .. } = filter.groups;
    if count > 1 && outputs < CHANNELS {
        return by_rows(input, in_shape, out_shape, filter);
    }
    let reduction = filter.weights.len() / out_channels;
    let packed: Vec<Vec<[f32; CHANNELS]>> =
        filter.weights.chunks_exact(outputs * reduction).map(|weights| pack(weights, reduction)).collect();
    let panels: Vec<Vec<f32>> = (0..pixels.div_ceil(PIXELS))
        .into_par_iter()
        .map_init(
            || vec![[0.0; PIXELS]; count * reduction],
            |columns, panel| {
                gather(input, in_shape, panel * PIXELS, out_shape, filter, columns);
                let groups = packed.iter().zip(columns.chunks_exact(reduction));
                let sums = |(weights, columns): (&Vec<_>, _)| -> Vec<f32> {
                    let eights = weights.chunks_exact(reduction).flat_map(|eight| multiply(eight, columns));
                    eights.take(outputs).flatten().collect()
                };
                groups.flat_map(sums).collect()
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

/// The same, one output channel after the other: each weight times a row of pixels.
fn by_rows(input: &[f32], in_shape: Shape, [out_channels, height, width]: Shape, filter: &Filter) -> Vec<f32> {
    let (reduction, taps) = (filter.weights.len() / out_channels, filter.kernel[0] * filter.kernel[1]);
    let ([down, across], pad) = (filter.stride, filter.pad);
    let mut result = vec![0.0; out_channels * height * width];
    result.par_chunks_exact_mut(height * width).enumerate().for_each(|(channel, map)| {
        let weights = filter.weights[channel * reduction..][..reduction].chunks_exact(taps);
        for (source, weights) in filter.groups.sources(channel).zip(weights) {
            let source = &input[source * in_shape[1] * in_shape[2]..][..in_shape[1] * in_shape[2]];
            for (tap, &weight) in weights.iter().enumerate() {
                let (tap_y, tap_x) = (tap / filter.kernel[1], tap % filter.kernel[1]);
                let columns = inside(width, across, tap_x, pad.left, in_shape[2]);
                for y in inside(height, down, tap_y, pad.top, in_shape[1]) {
                    let row = &source[(y * down + tap_y - pad.top) * in_shape[2]..][..in_shape[2]];
                    let first = columns.start * across + tap_x;
                    let pixels = row.get(first.saturating_sub(pad.left)..).unwrap_or(&[]);
                    add_row(&mut map[y * width..][columns.clone()], weight, pixels, across);
                }
            }
        }
        map.iter_mut().for_each(|sum| *sum += filter.bias[channel]);
    });
    result
}

/// Which of `count` windows, `stride` apart, have a pixel of the axis under a tap.
fn inside(count: usize, stride: usize, tap: usize, pad: usize, size: usize) -> std::ops::Range<usize> {
    let first = pad.saturating_sub(tap).div_ceil(stride);
    let end = (size + pad).saturating_sub(tap).div_ceil(stride).min(count);
    first.min(end)..end
}

#[multiversion::multiversion(targets("x86_64+avx2"))]
fn add_row(sums: &mut [f32], weight: f32, pixels: &[f32], stride: usize) {
    if stride == 1 {
        sums.iter_mut().zip(pixels).for_each(|(sum, pixel)| *sum += weight * pixel);
    } else {
        sums.iter_mut().zip(pixels.iter().step_by(stride)).for_each(|(sum, pixel)| *sum += weight * pixel);
    }
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

//! Pooling in floating point: one window after the other.

use crate::graph::{Node, Op};
use crate::shape::Shape;
use std::ops::Range;

/// Windows along both axes, as in [`crate::Op::MaxPool`].
struct Windows {
    kernel: usize,
    stride: usize,
    pad: usize,
    count_pad: bool,
}

impl Windows {
    fn of(op: &Op) -> Self {
        match *op {
            Op::MaxPool { kernel, stride, pad, .. } => Windows { kernel, stride, pad, count_pad: false },
            Op::AveragePool { kernel, stride, pad, count_pad, .. } => Windows { kernel, stride, pad, count_pad },
            _ => Windows { kernel: 1, stride: 1, pad: 0, count_pad: false },
        }
    }

    /// Values of window `index` on an axis of `size`.
    fn inside(&self, index: usize, size: usize) -> Range<usize> {
        let start = index * self.stride;
        start.saturating_sub(self.pad)..(start + self.kernel - self.pad).min(size)
    }

    /// Pixels on that axis that count in a mean.
    fn counted(&self, index: usize, size: usize) -> usize {
        match self.count_pad {
            true => self.kernel.min(size + 2 * self.pad - index * self.stride),
            false => self.inside(index, size).len(),
        }
    }
}

/// Largest value of each window.
pub(super) fn max(input: &[f32], shape: Shape, node: &Node) -> Vec<f32> {
    fold(input, shape, node, f32::NEG_INFINITY, f32::max, |largest, _| largest)
}

/// Mean of each window, summed row by row.
pub(super) fn average(input: &[f32], shape: Shape, node: &Node) -> Vec<f32> {
    fold(input, shape, node, 0.0, |sum, value| sum + value, |sum, count| sum / count as f32)
}

fn fold(
    input: &[f32],
    [_, height, width]: Shape,
    node: &Node,
    start: f32,
    step: impl Fn(f32, f32) -> f32,
    end: impl Fn(f32, usize) -> f32,
) -> Vec<f32> {
    let windows = Windows::of(&node.op);
    let [_, rows, columns] = node.shape;
    let mut result = Vec::with_capacity(node.shape.iter().product());
    for map in input.chunks_exact(height * width) {
        for (y, x) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
            let row = |row: usize| &map[row * width..][windows.inside(x, width)];
            let all = windows.inside(y, height).flat_map(row).fold(start, |total, &value| step(total, value));
            result.push(end(all, windows.counted(y, height) * windows.counted(x, width)));
        }
    }
    result
}

//! A convolution's parameters in the order in which the kernel reads them.

use crate::isa::{Isa, OutputStage};
use crate::map::Layout;
use systole_net::{Conv, TensorInfo};

/// Output channels that are computed together: a few vectors.
pub struct Block {
    /// First output channel, and how many of the block's lanes are channels.
    pub first: usize,
    pub channels: usize,
    pub vectors: usize,
    /// Sets of [`Isa::GROUP`] input channels that the block's channels see: the first, and how many.
    pub first_set: usize,
    pub sets: usize,
    /// `[tap][set][vectors * lanes]` words.
    weights: Vec<Line>,
    /// Per lane; the input's offset is taken out.
    pub bias: Vec<i32>,
    pub mult: Vec<i32>,
}

/// Sixteen words on a cache line.
#[derive(Clone, Copy, Default)]
#[repr(C, align(64))]
struct Line([u32; 16]);

impl Block {
    pub fn weights(&self) -> *const i32 {
        self.weights.as_ptr().cast()
    }
}

/// A convolution, packed for one instruction set.
pub struct Packed {
    pub stride: (usize, usize),
    /// Top and left padding.
    pub pad: (usize, usize),
    pub height: usize,
    pub width: usize,
    /// Where in the source each kernel tap lies, from a window's first pixel.
    pub taps: Vec<usize>,
    /// Sets of input channels of a pixel.
    pub sets: usize,
    pub blocks: Vec<Block>,
    pub output_stage: OutputStage,
    pub residual_mult: u32,
}

impl Packed {
    pub fn new<I: Isa>(conv: &Conv, source: &Layout, tensors: &[TensorInfo]) -> Self {
        let (height, width) = conv.out_size(source.height, source.width);
        let (lo, hi) = conv.clamp(tensors);
        let taps = (0..conv.kernel_h * conv.kernel_w)
            .map(|t| t / conv.kernel_w * source.row + t % conv.kernel_w * source.pixel)
            .collect();
        Packed {
            stride: (conv.stride_y, conv.stride_x),
            pad: (conv.pad.top, conv.pad.left),
            height,
            width,
            taps,
            sets: source.pixel / I::GROUP,
            blocks: blocks::<I>(conv, source),
            output_stage: OutputStage { relu: conv.relu, lo, hi },
            residual_mult: conv.residual.as_ref().map_or(0, |r| r.mult.to_bits()),
        }
    }
}

/// All output channels in blocks of at most [`Isa::MAX_VECTORS`] vectors.
fn blocks<I: Isa>(conv: &Conv, source: &Layout) -> Vec<Block> {
    let lanes = I::MAX_VECTORS * I::LANES;
    let firsts = (0..conv.out_channels).step_by(lanes);
    firsts.map(|first| block::<I>(conv, source, first, lanes.min(conv.out_channels - first))).collect()
}

fn block<I: Isa>(conv: &Conv, source: &Layout, first: usize, channels: usize) -> Block {
    let vectors = channels.div_ceil(I::LANES);
    let width = vectors * I::LANES;
    let (mut bias, mut mult) = (vec![0; width], vec![0; width]);
    for lane in 0..channels {
        let weights = &conv.weights[(first + lane) * conv.reduction()..][..conv.reduction()];
        let sum: i32 = weights.iter().map(|&w| i32::from(w)).fold(0, i32::wrapping_add);
        bias[lane] = conv.bias[first + lane].wrapping_sub(sum.wrapping_mul(source.offset));
        mult[lane] = conv.mult[first + lane].to_bits() as i32;
    }
    let seen = |output| conv.first_seen(output, source.channels);
    let first_set = seen(first) / I::GROUP;
    let sets = (seen(first + channels - 1) + conv.in_channels).div_ceil(I::GROUP) - first_set;
    let mut block = Block { first, channels, vectors, first_set, sets, weights: Vec::new(), bias, mult };
    block.weights = words::<I>(conv, source.channels, &block);
    block
}

fn words<I: Isa>(conv: &Conv, inputs: usize, block: &Block) -> Vec<Line> {
    let taps = conv.kernel_h * conv.kernel_w;
    let width = block.vectors * I::LANES;
    let mut lines = vec![Line::default(); (taps * block.sets * width).div_ceil(16)];
    let mut set = Vec::with_capacity(I::GROUP);
    for tap in 0..taps {
        for s in 0..block.sets {
            for lane in 0..block.channels {
                let output = block.first + lane;
                let first = conv.first_seen(output, inputs);
                let at = (block.first_set + s) * I::GROUP;
                let weight = |i: usize| {
                    let seen = i.checked_sub(first).filter(|&seen| seen < conv.in_channels);
                    seen.map_or(0, |seen| conv.weights[(output * conv.in_channels + seen) * taps + tap])
                };
                set.clear();
                set.extend((at..(at + I::GROUP).min(inputs)).map(weight));
                let at = (tap * block.sets + s) * width + lane;
                lines[at / 16].0[at % 16] = I::word(&set);
            }
        }
    }
    lines
}

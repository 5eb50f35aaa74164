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
    /// `[tap][group][vectors * lanes]` words.
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
    /// Groups of input channels.
    pub groups: usize,
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
            groups: source.pixel / I::GROUP,
            blocks: blocks::<I>(conv, source.offset),
            output_stage: OutputStage { relu: conv.relu, lo, hi },
            residual_mult: conv.residual.as_ref().map_or(0, |r| r.mult.to_bits()),
        }
    }
}

/// All output channels in blocks of at most [`Isa::MAX_VECTORS`] vectors.
fn blocks<I: Isa>(conv: &Conv, offset: i32) -> Vec<Block> {
    let lanes = I::MAX_VECTORS * I::LANES;
    let firsts = (0..conv.out_channels).step_by(lanes);
    firsts.map(|first| block::<I>(conv, offset, first, lanes.min(conv.out_channels - first))).collect()
}

fn block<I: Isa>(conv: &Conv, offset: i32, first: usize, channels: usize) -> Block {
    let vectors = channels.div_ceil(I::LANES);
    let width = vectors * I::LANES;
    let (mut bias, mut mult) = (vec![0; width], vec![0; width]);
    for lane in 0..channels {
        let weights = &conv.weights[(first + lane) * conv.reduction()..][..conv.reduction()];
        let sum: i32 = weights.iter().map(|&w| i32::from(w)).fold(0, i32::wrapping_add);
        bias[lane] = conv.bias[first + lane].wrapping_sub(sum.wrapping_mul(offset));
        mult[lane] = conv.mult[first + lane].to_bits() as i32;
    }
    let weights = words::<I>(conv, first, channels, width);
    Block { first, channels, vectors, weights, bias, mult }
}

fn words<I: Isa>(conv: &Conv, first: usize, channels: usize, width: usize) -> Vec<Line> {
    let taps = conv.kernel_h * conv.kernel_w;
    let groups = conv.in_channels.div_ceil(I::GROUP);
    let mut lines = vec![Line::default(); (taps * groups * width).div_ceil(16)];
    let mut group = Vec::with_capacity(I::GROUP);
    for tap in 0..taps {
        for g in 0..groups {
            for lane in 0..channels {
                let sources = g * I::GROUP..((g + 1) * I::GROUP).min(conv.in_channels);
                group.clear();
                group.extend(sources.map(|i| conv.weights[((first + lane) * conv.in_channels + i) * taps + tap]));
                let at = (tap * groups + g) * width + lane;
                lines[at / 16].0[at % 16] = I::word(&group);
            }
        }
    }
    lines
}

//! Layer kinds: convolution (with its output stage: bias, rescale, residual, sink) and pooling.

use crate::arith::Multiplier;
use crate::tensor::{TensorId, TensorInfo};
use serde::{Deserialize, Serialize};

/// Zero padding in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Padding {
    pub top: usize,
    pub left: usize,
    pub bottom: usize,
    pub right: usize,
}

/// A feature map of another layer added in the output stage, see [`crate::rescale`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Residual {
    /// Same channels, height and width as the layer's own output channels.
    pub tensor: TensorId,
    /// First channel taken.
    pub channel_offset: usize,
    pub mult: Multiplier,
}

/// Where results go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sink {
    /// Into channels `channel_offset..` of a tensor (concatenation is this offset). Clamp range is the tensor's format.
    Tensor { id: TensorId, channel_offset: usize },
    /// Summed over all pixels, one integer per output channel; rescaled to 16 bit unsigned or signed first. `border` further
    /// pixels count in the sum that are not computed: nothing but padding is under them, so their accumulator is the bias.
    Sum { signed: bool, border: usize },
}

/// A convolution. Weights `[out][in][kernel_h][kernel_w]`, -127..=127.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conv {
    /// Channels of the input that an output channel sees: all of them, or those of its group.
    pub in_channels: usize,
    pub out_channels: usize,
    pub kernel_h: usize,
    pub kernel_w: usize,
    pub stride_y: usize,
    pub stride_x: usize,
    pub pad: Padding,
    pub weights: Vec<i8>,
    /// Which of [`crate::Net::codebooks`] has every value that the weights take; `None` where they are plain bytes.
    pub codebook: Option<usize>,
    /// One per output channel, in accumulator counts.
    pub bias: Vec<i32>,
    /// One per output channel.
    pub mult: Vec<Multiplier>,
    /// Negative products are cut off before the residual is added. (A ReLU after the addition is the sink's clamp.)
    pub relu: bool,
    pub residual: Option<Residual>,
    pub sink: Sink,
    /// Real value of one count of the rescaled result.
    pub out_scale: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PoolKind {
    Max,
}

/// Pooling; windows are clipped at the map's edge, padding never counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    pub kind: PoolKind,
    pub kernel: usize,
    pub stride: usize,
    pub pad: usize,
    pub output: TensorId,
}

/// A network has tens of layers, most of them convolutions: nothing is gained by keeping those behind a pointer.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LayerKind {
    Conv(Conv),
    Pool(Pool),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    pub name: String,
    pub input: TensorId,
    pub kind: LayerKind,
}

impl Conv {
    /// Output height and width for an input of the given size.
    pub fn out_size(&self, height: usize, width: usize) -> (usize, usize) {
        let span = |n: usize, pads: usize, k: usize, s: usize| (n + pads).checked_sub(k).map_or(0, |d| d / s + 1);
        (
            span(height, self.pad.top + self.pad.bottom, self.kernel_h, self.stride_y),
            span(width, self.pad.left + self.pad.right, self.kernel_w, self.stride_x),
        )
    }

    /// Clamp range of results.
    pub fn clamp(&self, tensors: &[TensorInfo]) -> (i32, i32) {
        match self.sink {
            Sink::Tensor { id, .. } => tensors[id].range(),
            Sink::Sum { signed: true, .. } => (i16::MIN.into(), i16::MAX.into()),
            Sink::Sum { signed: false, .. } => (0, u16::MAX.into()),
        }
    }

    /// Groups into which an input of so many channels, and the output, are divided; 1 where every output channel sees every input channel.
    pub fn groups(&self, channels: usize) -> usize {
        channels / self.in_channels
    }

    /// First channel that an output channel sees of an input of so many channels.
    pub fn first_seen(&self, output: usize, channels: usize) -> usize {
        output / (self.out_channels / self.groups(channels)) * self.in_channels
    }

    /// Products of an output value: the input channels that it sees times kernel taps.
    pub fn reduction(&self) -> usize {
        self.in_channels * self.kernel_h * self.kernel_w
    }
}

impl Pool {
    /// Output height (or width) for an input of `size`: windows every `stride` pixels, rounded up where `ceil` is set,
    /// except that no window begins beyond the last pixel (Caffe's rule). 0 where not even one window fits.
    pub fn out_size(&self, size: usize, ceil: bool) -> usize {
        let Some(room) = (size + 2 * self.pad).checked_sub(self.kernel) else { return 0 };
        let count = if ceil { room.div_ceil(self.stride) } else { room / self.stride } + 1;
        if (count - 1) * self.stride >= size + self.pad {
            count - 1
        } else {
            count
        }
    }
}

impl Layer {
    /// Output height and width.
    pub fn out_size(&self, tensors: &[TensorInfo]) -> (usize, usize) {
        let input = &tensors[self.input];
        match &self.kind {
            LayerKind::Conv(c) => c.out_size(input.height, input.width),
            LayerKind::Pool(p) => (tensors[p.output].height, tensors[p.output].width),
        }
    }

    /// Multiply-accumulates of one image.
    pub fn macs(&self, tensors: &[TensorInfo]) -> u64 {
        match &self.kind {
            LayerKind::Conv(c) => {
                let (h, w) = self.out_size(tensors);
                (c.out_channels * c.reduction()) as u64 * (h * w) as u64
            }
            LayerKind::Pool(_) => 0,
        }
    }
}

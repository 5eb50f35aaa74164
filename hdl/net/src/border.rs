//! Padding that a 1x1 last layer would sum up: the same values for every image, counted without being computed.

use crate::Multiplier;
use crate::{rescale, Conv, LayerKind, Net, Sink};

/// A side of a map under windows of one pixel.
struct Side {
    /// Padding before that a stride needs.
    before: usize,
    /// Windows from the first that lies on the map or is moved there by `before`, to the last on the map.
    count: usize,
}

impl Side {
    fn of(size: usize, pad: usize, stride: usize) -> Side {
        let before = pad % stride;
        Side { before, count: (size + before - 1) / stride + 1 }
    }
}

impl Net {
    /// The same class sums without computing pixels that have nothing but padding under them: where the last layer is a padded
    /// 1x1 convolution that adds nothing, its border becomes [`Sink::Sum`]'s `border`. Other networks stay as they are.
    pub fn fold_border(mut self) -> Net {
        let Some(layer) = self.layers.last_mut() else { return self };
        let (LayerKind::Conv(conv), Some(input)) = (&mut layer.kind, self.tensors.get(layer.input)) else {
            return self;
        };
        let pointwise = (conv.kernel_h, conv.kernel_w) == (1, 1) && conv.stride_y > 0 && conv.stride_x > 0;
        if !pointwise || conv.residual.is_some() || input.height == 0 || input.width == 0 {
            return self;
        }
        let (height, width) = conv.out_size(input.height, input.width);
        let rows = Side::of(input.height, conv.pad.top, conv.stride_y);
        let columns = Side::of(input.width, conv.pad.left, conv.stride_x);
        if let Sink::Sum { border, .. } = &mut conv.sink {
            *border += height * width - rows.count * columns.count;
            conv.pad.top = rows.before;
            conv.pad.left = columns.before;
            (conv.pad.bottom, conv.pad.right) = (0, 0);
        }
        self
    }

    /// What the border adds to each class sum; 0 where the last layer has none.
    pub fn border_sums(&self) -> Vec<i64> {
        match self.layers.last().map(|l| &l.kind) {
            Some(LayerKind::Conv(conv)) => (0..conv.out_channels).map(|channel| conv.border_sum(channel)).collect(),
            Some(LayerKind::Pool(_)) | None => Vec::new(),
        }
    }

    /// Pixels that each class sum runs over, those of the border among them.
    pub fn sum_pixels(&self) -> usize {
        let Some(layer) = self.layers.last() else { return 0 };
        let (height, width) = layer.out_size(&self.tensors);
        match &layer.kind {
            LayerKind::Conv(Conv { sink: Sink::Sum { border, .. }, .. }) => height * width + border,
            LayerKind::Conv(_) | LayerKind::Pool(_) => height * width,
        }
    }
}

impl Conv {
    /// What the border's pixels add to the sum of output channel `channel`.
    fn border_sum(&self, channel: usize) -> i64 {
        let Sink::Sum { border, .. } = self.sink else { return 0 };
        let (low, high) = self.clamp(&[]);
        let pixel = rescale(self.bias[channel].into(), self.mult[channel], self.relu, 0, Multiplier::ZERO, low, high);
        border as i64 * i64::from(pixel)
    }
}

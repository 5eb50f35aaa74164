//! Rules for one convolution: geometry, parameters, residual, sink, accumulator.

use super::{product, Checker};
use crate::bounds::signed_bits;
use crate::limits::{MAX_ACC_BITS, MAX_MULT, MAX_RESIDUAL_MULT, MAX_SUM_PIXELS, MAX_VALUES, MAX_WEIGHT, MAX_WINDOW};
use crate::Multiplier;
use crate::{Conv, Layer, NetError, Residual, Sink, TensorInfo};

impl Checker<'_> {
    pub(super) fn conv(&mut self, layer: &Layer, conv: &Conv) {
        let before = self.faults.len();
        self.geometry(&layer.name, conv);
        let Some(input) = self.tensor(&layer.name, "input", layer.input).cloned() else { return };
        self.parameters(&layer.name, conv);
        if self.faults.len() > before {
            return;
        }
        self.groups(&layer.name, conv, input.channels);
        self.accumulator(&layer.name, conv, &input);
        let (height, width) = conv.out_size(input.height, input.width);
        self.within(&layer.name, "output height", height, 1, usize::MAX);
        self.within(&layer.name, "output width", width, 1, usize::MAX);
        self.sink(&layer.name, conv, height, width);
        if let Some(residual) = &conv.residual {
            self.residual(&layer.name, conv, residual, height, width);
        }
    }

    fn geometry(&mut self, at: &str, conv: &Conv) {
        self.within(at, "kernel height", conv.kernel_h, 1, MAX_WINDOW);
        self.within(at, "kernel width", conv.kernel_w, 1, MAX_WINDOW);
        self.within(at, "vertical stride", conv.stride_y, 1, MAX_WINDOW);
        self.within(at, "horizontal stride", conv.stride_x, 1, MAX_WINDOW);
        let pad = conv.pad;
        for side in [pad.top, pad.left, pad.bottom, pad.right] {
            self.within(at, "padding", side, 0, MAX_WINDOW);
        }
        self.within(at, "output channels", conv.out_channels, 1, crate::limits::MAX_DIM);
    }

    /// Groups divide the input's and the output's channels.
    fn groups(&mut self, at: &str, conv: &Conv, channels: usize) {
        if conv.in_channels == 0 || channels % conv.in_channels != 0 {
            let wanted = format!("a divisor of the input's {channels}");
            self.value(at, "input channels of a group", conv.in_channels.to_string(), wanted);
        } else if conv.out_channels % conv.groups(channels) != 0 {
            let wanted = format!("a multiple of the {} groups", conv.groups(channels));
            self.value(at, "output channels", conv.out_channels.to_string(), wanted);
        }
    }

    fn parameters(&mut self, at: &str, conv: &Conv) {
        let sizes = [conv.out_channels, conv.in_channels, conv.kernel_h, conv.kernel_w];
        match product(&sizes).filter(|&n| n <= MAX_VALUES) {
            Some(count) => self.length(at, "weights", conv.weights.len(), count),
            None => self.value(at, "weights", format!("{sizes:?}"), format!("at most {MAX_VALUES}")),
        }
        self.length(at, "bias", conv.bias.len(), conv.out_channels);
        self.length(at, "mult", conv.mult.len(), conv.out_channels);
        if let Some(w) = conv.weights.iter().find(|&&w| w < -MAX_WEIGHT) {
            self.value(at, "weight", w.to_string(), format!("{}..={MAX_WEIGHT}", -MAX_WEIGHT));
        }
        let counts = |mult: Multiplier| mult.to_bits();
        if let Some(&m) = conv.mult.iter().find(|&&m| m == Multiplier::ZERO || m > MAX_MULT) {
            self.value(at, "mult", counts(m).to_string(), format!("1..={}", counts(MAX_MULT)));
        }
        self.scale(at, "output scale", conv.out_scale);
        if let Some(number) = conv.codebook {
            self.coded(at, conv, number);
        }
    }

    /// Every weight is in the codebook that the layer names.
    fn coded(&mut self, at: &str, conv: &Conv, number: usize) {
        let Some(book) = self.net.codebooks.get(number) else {
            let wanted = format!("below {}, the count of codebooks", self.net.codebooks.len());
            return self.value(at, "codebook", number.to_string(), wanted);
        };
        if let Some(k) = (0..conv.weights.len()).find(|&k| book.index(conv.weights[k]).is_none()) {
            let (found, wanted) = (format!("{} at {k}", conv.weights[k]), format!("a value of codebook {number}"));
            self.value(at, "weight", found, wanted);
        }
    }

    fn accumulator(&mut self, at: &str, conv: &Conv, input: &TensorInfo) {
        for channel in 0..conv.out_channels {
            let found = signed_bits(conv.acc_range(channel, input));
            if found > MAX_ACC_BITS {
                let limit = MAX_ACC_BITS;
                self.faults.push(NetError::Accumulator { layer: at.to_string(), channel, found, limit });
            }
        }
    }

    fn sink(&mut self, at: &str, conv: &Conv, height: usize, width: usize) {
        let (id, channel_offset) = match conv.sink {
            Sink::Tensor { id, channel_offset } => (id, channel_offset),
            Sink::Sum { border, .. } => return self.summed(at, conv, border, height, width),
        };
        let Some(output) = self.tensor(at, "sink", id).cloned() else { return };
        self.shape(at, "output", [output.channels, height, width], output.shape());
        self.channels(at, "sink channels", channel_offset, conv.out_channels, output.channels);
        if conv.out_scale != output.scale {
            self.value(at, "output scale", conv.out_scale.to_string(), format!("the tensor's {}", output.scale));
        }
    }

    fn summed(&mut self, at: &str, conv: &Conv, border: usize, height: usize, width: usize) {
        let pixels = height.saturating_mul(width).saturating_add(border);
        self.within(at, "summed pixels", pixels, 0, MAX_SUM_PIXELS);
        if border > 0 && conv.residual.is_some() {
            self.value(at, "border", border.to_string(), "0 where something is added".into());
        }
    }

    fn residual(&mut self, at: &str, conv: &Conv, residual: &Residual, height: usize, width: usize) {
        let Some(kept) = self.tensor(at, "residual", residual.tensor).cloned() else { return };
        self.shape(at, "residual", kept.shape(), [kept.channels, height, width]);
        self.channels(at, "residual channels", residual.channel_offset, conv.out_channels, kept.channels);
        let counts = |mult: Multiplier| mult.to_bits() as usize;
        self.within(at, "residual mult", counts(residual.mult), 1, counts(MAX_RESIDUAL_MULT));
    }

    /// The channels `first..first + count` lie within `0..available`.
    fn channels(&mut self, at: &str, what: &'static str, first: usize, count: usize, available: usize) {
        if first.checked_add(count).is_none_or(|end| end > available) {
            self.value(at, what, format!("{count} from {first}"), format!("within 0..{available}"));
        }
    }
}

//! Operations of files that are not nodes of the graph: fully connected layers, averages, padding, pools of any rounding,
//! batch norms, softmax.

use crate::builder::{add_padding, Builder, Site, Value, View};
use crate::graph::Op;
use crate::shape::window_count;
use systole_net::Padding;

/// Nearest form of a grouped or depthwise convolution.
pub(crate) const UNGROUPED: &str =
    "group = 1: one convolution over all channels (a grouped one is that with zero weights for the other groups)";
/// Nearest form of a dilated convolution.
pub(crate) const UNDILATED: &str =
    "dilation 1: a larger kernel with zeros between its weights gives the same (3x3 at dilation 2 is 5x5)";

/// A pool as files describe it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoolWindow {
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub pad: Padding,
    pub ceil: bool,
}

impl Builder {
    /// `[out][values]` weights on all values of a map: a convolution whose kernel is the whole map.
    pub fn dense(&mut self, site: Site, input: Value, weights: Vec<f32>, bias: Vec<f32>) -> Option<Value> {
        let [_, height, width] = self.shape(input);
        let op = Op::Conv {
            out_channels: bias.len(),
            kernel: [height, width],
            stride: [1, 1],
            pad: Padding::default(),
            weights,
            bias,
        };
        let whole = if input.view == View::Flat { Value { view: View::Map, ..input } } else { input };
        let output = self.apply(site, op, &[whole])?;
        Some(Value { view: View::Flat, ..output })
    }

    /// All values in one row.
    pub fn flatten(&mut self, site: Site, input: Value) -> Option<Value> {
        match input.view {
            View::Scores => Some(input),
            View::Padded(_) => {
                self.report(site, "inputs", "flattens a padded map", "padding only before a convolution or a max pool");
                None
            }
            View::Map | View::Flat => {
                self.note(site, "changes no value");
                Some(Value { view: View::Flat, ..input })
            }
        }
    }

    /// Left to the host.
    pub fn softmax(&mut self, site: Site, input: Value) -> Option<Value> {
        if !self.is_pixel(input) {
            let why = format!("softmax of a {:?} map", self.shape(input));
            self.report(site, "inputs", why, "softmax of one value per class");
            return None;
        }
        self.note(site, "left to the host");
        Some(Value { view: View::Scores, ..input })
    }

    /// An average pool: over the whole map, or of windows as [`Op::AveragePool`] has them.
    pub fn average(&mut self, site: Site, input: Value, window: PoolWindow, count_pad: bool) -> Option<Value> {
        let [_, height, width] = self.shape(input);
        let PoolWindow { kernel: [kernel, kernel_w], stride: [stride, stride_w], pad, ceil } = window;
        if window.kernel == [height, width] && pad == Padding::default() && input.view != View::Scores {
            return self.apply(site, Op::GlobalAverage, &[input]);
        }
        let (input, around) = match input.view {
            View::Padded(around) => (Value { view: View::Map, ..input }, around),
            _ => (input, Padding::default()),
        };
        let sum = add_padding(pad, around);
        let even = [sum.left, sum.bottom, sum.right].iter().all(|&side| side == sum.top);
        let once = pad == Padding::default() || around == Padding::default();
        if kernel != kernel_w || stride != stride_w || !even || !once {
            let why =
                format!("averages {kernel}x{kernel_w} windows, stride {:?}, {pad:?} and {around:?}", window.stride);
            let nearest =
                "windows that are the same vertically and horizontally, with the same padding on all four sides";
            self.report(site, "kernel", why, nearest);
            return None;
        }
        // Zeros that an operator put around the map are values like any other.
        let count_pad = sum.top > 0 && (count_pad || around != Padding::default());
        self.apply(site, Op::AveragePool { kernel, stride, pad: sum.top, ceil, count_pad }, &[input])
    }

    /// Element-wise sum of any number of maps: a chain of additions.
    pub fn sum(&mut self, site: Site, inputs: &[Value]) -> Option<Value> {
        let Some((&first, rest)) = inputs.split_first() else {
            self.report(site, "inputs", "adds nothing", "one map or more");
            return None;
        };
        rest.iter().enumerate().try_fold(first, |sum, (index, &next)| {
            let part = format!("{}_sum{}", site.node, index + 2);
            let node = if index + 1 == rest.len() { site.node } else { &part };
            self.apply(Site { node, ..site }, Op::Add, &[sum, next])
        })
    }

    /// A clip from 0 on: a ReLU where there is no upper end.
    pub fn clip(&mut self, site: Site, input: Value, low: f32, high: f32) -> Option<Value> {
        if low != 0.0 || high.is_nan() || high <= 0.0 {
            self.report(site, "", format!("clips to {low}..{high}"), "a clip from 0 to a maximum above it, or to none");
            return None;
        }
        let op = if high < f32::MAX { Op::Clip { max: high } } else { Op::Relu };
        self.apply(site, op, &[input])
    }

    /// Zeros around a map, kept back for the convolution or pool that follows.
    pub fn pad(&mut self, site: Site, input: Value, pad: Padding) -> Option<Value> {
        let around = match input.view {
            View::Map => Padding::default(),
            View::Padded(around) => around,
            View::Flat | View::Scores => {
                self.report(site, "inputs", "pads values that are no map", "padding of height and width");
                return None;
            }
        };
        let sum = add_padding(pad, around);
        let view = if sum == Padding::default() { View::Map } else { View::Padded(sum) };
        Some(Value { view, ..input })
    }

    /// A max pool of any padding and rounding that [`Op::MaxPool`] can express.
    pub fn max_pool(&mut self, site: Site, input: Value, window: PoolWindow) -> Option<Value> {
        let PoolWindow { kernel: [kernel, kernel_w], stride: [stride, stride_w], pad, ceil } = window;
        if kernel != kernel_w || stride != stride_w || pad.top != pad.left {
            let why = format!("kernel {:?}, stride {:?}, {pad:?}", window.kernel, window.stride);
            self.report(site, "kernel", why, "the same vertically and horizontally");
            return None;
        }
        let (input, around) = self.absorb_padding(site, input)?;
        let [_, height, width] = self.shape(input);
        let wanted = [
            window_count(height + around.top + around.bottom, kernel, stride, [pad.top, pad.bottom], ceil),
            window_count(width + around.left + around.right, kernel, stride, [pad.left, pad.right], ceil),
        ];
        let total = pad.top + around.top;
        let count = |n: usize, ceil: bool| window_count(n, kernel, stride, [total, total], ceil);
        let same = |c: &bool| wanted[0].is_some() && wanted == [height, width].map(|n| count(n, *c));
        match [ceil, !ceil].iter().find(|c| same(c)) {
            Some(&ceil) => self.apply(site, Op::MaxPool { kernel, stride, pad: total, ceil }, &[input]),
            None => {
                let why =
                    format!("{pad:?} (and {around:?} around it), kernel {kernel}, stride {stride} on {height}x{width}");
                self.report(site, "pads", why, "a kernel that fits, with the same padding on all four sides");
                None
            }
        }
    }

    /// Zeros count in a maximum; they change nothing where no value is below zero.
    fn absorb_padding(&mut self, site: Site, input: Value) -> Option<(Value, Padding)> {
        let View::Padded(around) = input.view else { return Some((input, Padding::default())) };
        if around.top != around.left || !self.is_non_negative(input) {
            let nearest = "the pool's own padding, or the same zeros on all sides of a map behind a ReLU";
            self.report(site, "inputs", "a max pool of a zero-padded map", nearest);
            return None;
        }
        Some((Value { view: View::Map, ..input }, around))
    }

    /// `y[c] = x[c] * factor[c] + offset[c]` behind a convolution: a convolution with other weights.
    pub fn scale_channels(&mut self, site: Site, input: Value, factor: &[f32], offset: &[f32]) -> Option<Value> {
        if self.nodes[input.node].op == Op::GlobalAverage {
            let average = self.nodes[input.node].clone();
            let source = Value { node: average.inputs[0], view: View::Map };
            let scaled = self.scale_channels(site, source, factor, offset)?;
            let moved = self.apply(Site { node: &average.name, ..site }, Op::GlobalAverage, &[scaled])?;
            return Some(Value { view: input.view, ..moved });
        }
        let Op::Conv { out_channels, kernel, stride, pad, ref weights, .. } = self.nodes[input.node].op else {
            self.report(
                site,
                "inputs",
                "does not follow a convolution",
                "a scale per channel directly behind a convolution",
            );
            return None;
        };
        if factor.len() != out_channels || offset.len() != out_channels {
            let why = format!("{} factors and {} offsets", factor.len(), offset.len());
            self.report(site, "scale", why, format!("{out_channels}, one per channel of its input"));
            return None;
        }
        let (per_output, parameters) = (weights.len() / out_channels, weights.len() + out_channels);
        self.reserve_parameters(site, parameters)?;
        let Op::Conv { ref weights, ref bias, .. } = self.nodes[input.node].op else { return None };
        let scaled = weights.iter().enumerate().map(|(i, w)| w * factor[i / per_output]).collect();
        let shifted = bias.iter().zip(factor.iter().zip(offset)).map(|(b, (f, o))| b * f + o).collect();
        let op = Op::Conv { out_channels, kernel, stride, pad, weights: scaled, bias: shifted };
        let Op::Conv { weights, bias, .. } = &op else { return None };
        if !weights.iter().chain(bias).all(|x| x.is_finite()) {
            self.report(site, "scale", "folded weights are not finite", "finite parameters and a positive variance");
            return None;
        }
        let conv = self.nodes[input.node].clone();
        let source = Value { node: conv.inputs[0], view: View::Map };
        let folded = self.apply(Site { node: &conv.name, operator: site.operator }, op, &[source])?;
        self.note(site, "folded into the convolution before it");
        Some(Value { view: input.view, ..folded })
    }
}

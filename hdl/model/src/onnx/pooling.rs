//! ONNX operators that pool, and the window attributes that convolutions share with them.

use super::attributes::{sizes, Attributes};
use super::integers::Content;
use super::network::Importer;
use super::node::Call;
use crate::builder::{Builder, Site, Value};
use crate::graph::Op;
use crate::shape::window_count;
use crate::windows::PoolWindow as PoolOf;
use systole_net::Padding;

/// Kernel, stride and padding of a convolution or pool.
pub(crate) type Window = PoolOf;

impl Window {
    /// Reads strides, pads and auto_pad; `size` is the height and width of the input.
    pub fn read(
        b: &mut Builder,
        site: Site,
        attributes: &Attributes,
        kernel: [usize; 2],
        size: [usize; 2],
    ) -> Option<Self> {
        let stride = attributes.sizes(b, "strides", Some([1, 1]));
        let pads = attributes.sizes(b, "pads", Some([0; 4]));
        let auto = attributes.text(b, "auto_pad", "NOTSET")?;
        let (stride, pads) = (stride?, pads?);
        if stride.contains(&0) {
            b.report(site, "strides", format!("is {stride:?}"), "1 or more");
            return None;
        }
        let [top, left, bottom, right] = match auto.as_str() {
            "NOTSET" => pads,
            "VALID" | "" => [0; 4],
            "SAME_UPPER" | "SAME_LOWER" => {
                let span = |i: usize| (size[i].div_ceil(stride[i]).max(1) - 1) * stride[i] + kernel[i];
                // Padding that is below zero: pools of onnxruntime move by half of it, its convolutions do not.
                if let Some(i) = (0..2).find(|&i| size[i] > span(i) + 1).filter(|_| !site.operator.ends_with("Conv")) {
                    let (kernel, stride, size) = (kernel[i], stride[i], size[i]);
                    let why = format!("is {auto} for windows of {kernel}, {stride} apart, on {size} pixels: they begin at the first pixel or behind it, as one reads it");
                    b.report(site, "auto_pad", why, "pads as numbers");
                    return None;
                }
                let missing = [0, 1].map(|i| span(i).saturating_sub(size[i]));
                let less = missing.map(|m| m / 2);
                let more = [missing[0] - less[0], missing[1] - less[1]];
                let (before, after) = if auto == "SAME_UPPER" { (less, more) } else { (more, less) };
                [before[0], before[1], after[0], after[1]]
            }
            other => {
                b.report(site, "auto_pad", format!("is {other}"), "NOTSET, VALID, SAME_UPPER or SAME_LOWER");
                return None;
            }
        };
        Some(PoolOf { kernel, stride, pad: Padding { top, left, bottom, right }, ceil: false })
    }

    /// Whether the last windows on a map of that size reach beyond its padding.
    fn reaches_beyond(&self, size: [usize; 2]) -> bool {
        let Padding { top, left, bottom, right } = self.pad;
        (0..2).zip([[top, bottom], [left, right]]).any(|(i, pads)| {
            let (kernel, stride, there) = (self.kernel[i], self.stride[i], size[i] + pads[0] + pads[1]);
            let count = window_count(size[i], kernel, stride, pads, self.ceil);
            count.is_some_and(|count| (count - 1) * stride + kernel > there)
        })
    }
}

impl Importer<'_> {
    pub fn max_pool(&mut self, call: &Call) -> Option<Value> {
        let known = ["kernel_shape", "strides", "pads", "ceil_mode", "dilations", "storage_order", "auto_pad"];
        let attributes = call.attributes(self, &known);
        attributes.expect(&mut self.builder, "dilations", 1);
        let kernel = attributes.sizes(&mut self.builder, "kernel_shape", None);
        let ceil = attributes.int(&mut self.builder, "ceil_mode", 0)? != 0;
        let input = self.map_in_order(call, 0);
        let size = input.map_or([0, 0], |v| self.builder.padded_size(v));
        let window = Window::read(&mut self.builder, call.site, &attributes, kernel?, size)?;
        self.builder.max_pool(call.site, input?, Window { ceil, ..window })
    }

    pub fn average_pool(&mut self, call: &Call) -> Option<Value> {
        self.average_of_windows(call, false)
    }

    /// With `whole`, windows that reach beyond the padding are divided by all of their pixels where padding counts.
    pub fn average_of_windows(&mut self, call: &Call, whole: bool) -> Option<Value> {
        let window = ["kernel_shape", "strides", "pads", "auto_pad", "dilations"];
        let known = [&window[..], &["ceil_mode", "count_include_pad", "channels_last"]].concat();
        let attributes = call.attributes(self, &known);
        attributes.expect(&mut self.builder, "dilations", 1);
        attributes.expect(&mut self.builder, "channels_last", 0);
        let kernel = attributes.sizes(&mut self.builder, "kernel_shape", None);
        let ceil = attributes.int(&mut self.builder, "ceil_mode", 0)? != 0;
        let count_pad = attributes.int(&mut self.builder, "count_include_pad", 0)? != 0;
        let input = self.map_in_order(call, 0);
        let size = input.map_or([0, 0], |v| self.builder.padded_size(v));
        let window = Window::read(&mut self.builder, call.site, &attributes, kernel?, size)?;
        let window = Window { ceil, ..window };
        if whole && count_pad && window.reaches_beyond(size) {
            let why = "is 1 with count_include_pad = 1: windows beyond the padding are divided by all of their pixels";
            self.builder.report(call.site, "ceil_mode", why, "ceil_mode = 0, or count_include_pad = 0");
            return None;
        }
        self.builder.average(call.site, input?, window, count_pad)
    }

    pub fn global_average_pool(&mut self, call: &Call) -> Option<Value> {
        call.attributes(self, &[]);
        let input = self.map_in_order(call, 0)?;
        self.builder.apply(call.site, Op::GlobalAverage, &[input])
    }

    pub fn reduce_mean(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["axes", "keepdims", "noop_with_empty_axes"]);
        let keep = attributes.int(&mut self.builder, "keepdims", 1)? != 0;
        let listed = attributes.ints(&mut self.builder, "axes")?.map(<[i64]>::to_vec);
        let axes = if call.lacks(1) { listed.unwrap_or_default() } else { self.integers(call, 1)? };
        let input = self.map(call, 0)?;
        self.builder.mean(call.site, input, &axes, keep)
    }

    /// Zeros around height and width.
    pub fn pad(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["mode", "pads", "value"]);
        let b = &mut self.builder;
        let mode = attributes.text(b, "mode", "constant")?;
        let mut value = attributes.float(b, "value", 0.0)?;
        let listed = attributes.ints(b, "pads")?.map(<[i64]>::to_vec);
        let pads = if call.lacks(1) { listed.unwrap_or_default() } else { self.integers(call, 1)? };
        let zero = match self.content(call, 0) {
            Content::Integers(counts) => Some(counts.zero_point),
            _ => None,
        };
        if !call.lacks(2) {
            let first = match zero {
                Some(_) => self.integers(call, 2)?.first().map(|&integer| integer as f32),
                None => self.floats(call, 2)?.first().copied(),
            };
            value = first.unwrap_or(0.0);
        }
        let axes = if call.lacks(3) { vec![0, 1, 2, 3] } else { self.integers(call, 3)? };
        let input = self.map_in_order(call, 0)?;
        if mode != "constant" || value != zero.unwrap_or(0) as f32 {
            let nearest = match zero {
                Some(zero) => format!("constant with value {zero}, the zero point of the map"),
                None => "constant with value 0".to_string(),
            };
            self.builder.report(call.site, "mode", format!("is {mode} with value {value}"), nearest);
            return None;
        }
        let Some((channels, pad)) =
            padding(&pads, &axes).filter(|(channels, _)| zero != Some(0) || *channels == [0; 2])
        else {
            let why = format!("is {pads:?} of axes {axes:?}");
            self.builder.report(call.site, "pads", why, "0 or more pixels of height and width, or channels");
            return None;
        };
        let input = self.pad_channels(call, input, channels)?;
        self.builder.pad(call.site, input, pad)
    }

    /// The largest value of every channel: pools that halve the map until it is one pixel.
    pub fn global_max_pool(&mut self, call: &Call) -> Option<Value> {
        call.attributes(self, &[]);
        let input = self.map_in_order(call, 0)?;
        self.builder.largest(call.site, input)
    }
}

/// Begins and ends per axis: channels before and behind, and padding of height and width; none of the batch.
fn padding(pads: &[i64], axes: &[i64]) -> Option<([usize; 2], Padding)> {
    let pads = sizes(pads)?;
    if pads.len() != 2 * axes.len() {
        return None;
    }
    let mut around = [[0; 4]; 2];
    for (i, &axis) in axes.iter().enumerate() {
        let axis = usize::try_from(if axis < 0 { axis.saturating_add(4) } else { axis }).ok().filter(|&a| a < 4)?;
        around[0][axis] = pads[i];
        around[1][axis] = pads[i + axes.len()];
    }
    let [before, after] = around;
    let around = Padding { top: before[2], left: before[3], bottom: after[2], right: after[3] };
    (before[0] == 0 && after[0] == 0).then_some(([before[1], after[1]], around))
}

//! Padding, and pools of any rounding and padding, as the pools that the graph has.

use crate::builder::{add_padding, Builder, Site, Value, View};
use crate::graph::Op;
use crate::shape::window_count;
use systole_net::Padding;

/// A pool as files describe it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoolWindow {
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub pad: Padding,
    pub ceil: bool,
}

/// Windows of pools that halve a map.
const HALVING: usize = 3;

impl Builder {
    /// Zeros around a map, kept back for the convolution or pool that follows.
    pub fn pad(&mut self, site: Site, input: Value, pad: Padding) -> Option<Value> {
        let around = match input.view {
            View::Map => Padding::default(),
            View::Padded(around) => around,
            _ if pad == Padding::default() => return Some(input),
            View::Flat | View::Axes(_) | View::Scores(_) => {
                let why = "pads values that are not batch, channels, height, width";
                self.report(site, "inputs", why, "padding of height and width of such a map");
                return None;
            }
        };
        let sum = add_padding(pad, around);
        let view = if sum == Padding::default() { View::Map } else { View::Padded(sum) };
        Some(Value { view, ..input })
    }

    /// Zeros that are kept back as pixels of the map: a 1x1 convolution that changes no value.
    fn put_zeros(&mut self, site: Site, input: Value, pad: Padding) -> Option<Value> {
        let channels = self.shape(input)[0];
        let op = self.diagonal(site, &vec![1.0; channels], &vec![0.0; channels], [1, 1], pad)?;
        let name = format!("{}_pad", site.node);
        let site = Site { node: &name, ..site };
        let padded = self.apply(site, op, &[Value { view: View::Map, ..input }])?;
        self.note(site, "a 1x1 convolution puts zeros around the map");
        match self.is_non_negative(input) {
            true => self.apply(site, Op::Relu, &[padded]),
            false => Some(padded),
        }
    }

    /// A max pool of any padding and rounding. Zeros change no maximum where no value is below zero.
    pub fn max_pool(&mut self, site: Site, input: Value, window: PoolWindow) -> Option<Value> {
        let PoolWindow { kernel: [kernel, kernel_w], stride: [stride, stride_w], pad, ceil } = window;
        if kernel != kernel_w && window.kernel == self.padded_size(input) && pad == Padding::default() {
            return self.largest(site, input);
        }
        if kernel != kernel_w || stride != stride_w {
            let why = format!("windows of {kernel}x{kernel_w}, {stride} and {stride_w} apart");
            self.report(site, "kernel", why, "windows that are the same vertically and horizontally");
            return None;
        }
        self.is_map(site, input)?;
        let (map, around) = split(input);
        let non_negative = self.is_non_negative(input);
        if !non_negative && around != Padding::default() {
            let put = self.put_zeros(site, map, around)?;
            return self.max_pool(site, put, window);
        }
        let sum = add_padding(pad, around);
        let wanted = self.windows(input, &window);
        let [_, height, width] = self.shape(map);
        for ceil in [ceil, !ceil] {
            let counts = [height, width].map(|size| window_count(size, kernel, stride, [sum.top; 2], ceil));
            if sum.top == sum.left && sum.top < kernel && wanted.is_some_and(|wanted| counts == wanted.map(Some)) {
                return self.apply(site, Op::MaxPool { kernel, stride, pad: sum.top, ceil }, &[map]);
            }
        }
        let Some([rows, columns]) = wanted.filter(|_| non_negative && pad_below(pad, kernel)) else {
            let why = format!("windows of {kernel}, {stride} apart, on {height}x{width} with {}", in_words(pad));
            let nearest = "a kernel that fits; a padding below it, behind a ReLU or the same on all four sides";
            self.report(site, "pads", why, nearest);
            return None;
        };
        // The zeros that the last windows reach.
        let behind =
            |count: usize, before: usize, size: usize| ((count - 1) * stride + kernel).saturating_sub(before + size);
        let (bottom, right) = (behind(rows, sum.top, height), behind(columns, sum.left, width));
        let put = self.put_zeros(site, map, Padding { bottom, right, ..sum })?;
        self.apply(site, Op::MaxPool { kernel, stride, pad: 0, ceil: false }, &[put])
    }

    /// The largest value of every channel: one window over the map, or (larger than that of most pools, or not square) windows of
    /// 3x3 that halve it, until it is one pixel.
    pub fn largest(&mut self, site: Site, input: Value) -> Option<Value> {
        self.is_map(site, input)?;
        let (mut map, [mut height, mut width]) = (input, self.padded_size(input));
        if height == width && (2..=HALVING).contains(&height) {
            let window = PoolWindow { kernel: [height; 2], stride: [1; 2], pad: Padding::default(), ceil: false };
            return self.max_pool(site, map, window);
        }
        while [height, width] != [1, 1] {
            let name = format!("{}_{height}x{width}", site.node);
            let pad = Padding { top: 1, left: 1, bottom: 1, right: 1 };
            let window = PoolWindow { kernel: [HALVING; 2], stride: [2; 2], pad, ceil: false };
            map = self.max_pool(Site { node: &name, ..site }, map, window)?;
            [_, height, width] = self.shape(map);
        }
        Some(map)
    }

    /// Windows along height and width, as the file counts them.
    fn windows(&self, input: Value, window: &PoolWindow) -> Option<[usize; 2]> {
        let [height, width] = self.padded_size(input);
        let PoolWindow { kernel: [k, _], stride: [s, _], pad, ceil } = *window;
        let rows = window_count(height, k, s, [pad.top, pad.bottom], ceil)?;
        Some([rows, window_count(width, k, s, [pad.left, pad.right], ceil)?])
    }

    /// An average pool: over the whole map, or of windows as [`Op::AveragePool`] has them.
    pub fn average(&mut self, site: Site, input: Value, window: PoolWindow, count_pad: bool) -> Option<Value> {
        self.is_map(site, input)?;
        let [_, height, width] = self.shape(input);
        let PoolWindow { kernel: [kernel, kernel_w], stride: [stride, stride_w], pad, ceil } = window;
        let (map, around) = split(input);
        let none = Padding::default();
        if window.kernel == [height, width] && pad == none && around == none {
            return self.apply(site, Op::GlobalAverage, &[input]);
        }
        if kernel != kernel_w || stride != stride_w {
            let why = format!("averages windows of {kernel}x{kernel_w}, {stride} and {stride_w} apart");
            self.report(site, "kernel", why, "windows that are the same vertically and horizontally");
            return None;
        }
        let sum = add_padding(pad, around);
        let even = [sum.left, sum.bottom, sum.right].iter().all(|&side| side == sum.top);
        // Zeros that an operator put around the map are values like any other.
        let counted = count_pad || around != none;
        // Rounded up, a last window may begin in zeros that are values, but not in padding.
        let [_, rows, columns] = self.shape(map);
        let counts = [rows, columns].map(|size| window_count(size, kernel, stride, [sum.top; 2], ceil));
        let same = self.windows(input, &window).is_some_and(|wanted| counts == wanted.map(Some));
        if even && same && sum.top < kernel && (pad == none || around == none) {
            let count_pad = sum.top > 0 && counted;
            return self.apply(site, Op::AveragePool { kernel, stride, pad: sum.top, ceil, count_pad }, &[map]);
        }
        if around != none {
            let put = self.put_zeros(site, map, around)?;
            return self.average(site, put, window, count_pad);
        }
        if count_pad && !ceil && pad_below(pad, kernel) {
            let put = self.put_zeros(site, map, pad)?;
            return self.average(site, put, PoolWindow { pad: none, ..window }, false);
        }
        let why = format!("averages windows of {kernel} with {}", in_words(pad));
        let nearest = "the same padding on all four sides, below the kernel, or padding that counts as zeros";
        self.report(site, "pads", why, nearest);
        None
    }
}

/// The map without the zeros around it, and these.
fn split(input: Value) -> (Value, Padding) {
    match input.view {
        View::Padded(around) => (Value { view: View::Map, ..input }, around),
        _ => (input, Padding::default()),
    }
}

fn pad_below(pad: Padding, kernel: usize) -> bool {
    [pad.top, pad.left, pad.bottom, pad.right].iter().all(|&side| side < kernel)
}

/// A padding for people.
pub(crate) fn in_words(pad: Padding) -> String {
    let Padding { top, left, bottom, right } = pad;
    match [top, left, bottom, right] {
        [0, 0, 0, 0] => "no padding".to_string(),
        [a, b, c, d] if a == b && b == c && c == d => format!("padding {a}"),
        _ => format!("padding {top} above, {left} left, {bottom} below, {right} right"),
    }
}

//! ONNX operators that become convolutions or are folded into one.

use super::attributes::Attributes;
use super::network::Importer;
use super::node::Call;
use super::pooling::Window;
use crate::builder::{Value, View};
use crate::fold::UNDILATED;
use crate::graph::Op;
use crate::shape::window_count;

impl Importer<'_> {
    pub fn conv(&mut self, call: &Call) -> Option<Value> {
        let known = ["kernel_shape", "strides", "pads", "dilations", "group", "auto_pad"];
        let attributes = call.attributes(self, &known);
        let Some(group) = self.plain_groups(&attributes) else {
            return self.conv_in_place(call, &attributes, 1);
        };
        let weights = self.floats(call, 1);
        let bias = if call.lacks(2) { Some(None) } else { self.floats(call, 2).map(Some) };
        let shape: [usize; 4] = match call.constant(1)?.shape().map(<[usize; 4]>::try_from) {
            Ok(Ok(shape)) => shape,
            Ok(Err(shape)) => {
                self.blame_constant(call, 1, format!("has shape {shape:?}; wanted [out, in, height, width]"));
                return None;
            }
            Err(_) => return None,
        };
        let b = &mut self.builder;
        let kernel = attributes.sizes(b, "kernel_shape", Some([shape[2], shape[3]]));
        let input = self.map_in_order(call, 0);
        let size = input.map_or([0, 0], |v| self.builder.padded_size(v));
        let window = Window::read(&mut self.builder, call.site, &attributes, kernel?, size);
        let (weights, bias, window, input) = (weights?, bias?, window?, input?);
        self.builder.is_map(call.site, input)?;
        let channels = [self.builder.shape(input)[0], shape[0]];
        if self.builder.are_groups(call.site, "group", group, channels).is_none() {
            return self.conv_in_place(call, &attributes, 1);
        }
        self.fits_weights(call, (1, shape), group, &window, input)?;
        if weights.len() < shape[0] {
            self.blame_constant(call, 1, format!("has shape {shape:?}, which holds no weights"));
            return None;
        }
        let Window { kernel, stride, pad, .. } = window;
        let bias = bias.unwrap_or_else(|| vec![0.0; shape[0]]);
        let op = Op::Conv { out_channels: shape[0], kernel, stride, pad, weights, bias };
        let conv = self.builder.apply(call.site, op, &[input])?;
        let stored = self.stored_weights(call);
        self.keep_weights(conv, stored);
        Some(conv)
    }

    /// Whether the window and the channels of `input` are those of the weights, input `place` of such a shape, in `group`
    /// groups that part both evenly; or a report.
    pub fn fits_weights(
        &mut self,
        call: &Call,
        (place, shape): (usize, [usize; 4]),
        group: usize,
        window: &Window,
        input: Value,
    ) -> Option<()> {
        if window.kernel != shape[2..] {
            let nearest = format!("the kernel of its weights, {:?}", &shape[2..]);
            self.builder.report(call.site, "kernel_shape", format!("is {:?}", window.kernel), nearest);
            return None;
        }
        self.builder.is_map(call.site, input)?;
        let channels = self.builder.shape(input)[0];
        let seen = channels / group;
        if shape[1] == seen {
            return Some(());
        }
        let parted = if group == 1 { String::new() } else { format!(" in {group} groups") };
        let why = format!("has shape {shape:?} for an input of {channels} channels{parted}");
        self.builder.report(call.site, &format!("input {place}"), why, format!("[{}, {seen}, ...]", shape[0]));
        None
    }

    /// The groups of a convolution over neighbouring pixels, or a report.
    pub fn plain_groups(&mut self, attributes: &Attributes) -> Option<usize> {
        let b = &mut self.builder;
        let group = attributes.int(b, "group", 1);
        let undilated = attributes.expect_or(b, "dilations", 1, UNDILATED);
        let count = group.and_then(|group| {
            let count = usize::try_from(group).ok().filter(|&count| count > 0);
            if count.is_none() {
                attributes.expect_or(b, "group", 1, "group = 1, or as many as its input and its weights have");
            }
            count
        });
        count.filter(|_| undilated)
    }

    /// What stands in for a convolution that has been refused; `weights` is the input that holds them.
    pub fn conv_in_place(&mut self, call: &Call, attributes: &Attributes, weights: usize) -> Option<Value> {
        let input = self.map_in_order(call, 0)?;
        let &[out_channels, _, height, width] = call.constant(weights)?.shape().ok()?.as_slice() else { return None };
        let b = &mut self.builder;
        let dilation = attributes.sizes(b, "dilations", Some([1, 1]))?;
        let reach = |kernel: usize, dilation: usize| kernel.checked_sub(1)?.checked_mul(dilation)?.checked_add(1);
        let (size, kernel) = (b.padded_size(input), [reach(height, dilation[0])?, reach(width, dilation[1])?]);
        let Window { kernel, stride, pad, .. } = Window::read(b, call.site, attributes, kernel, size)?;
        let rows = window_count(size[0], kernel[0], stride[0], [pad.top, pad.bottom], false)?;
        let columns = window_count(size[1], kernel[1], stride[1], [pad.left, pad.right], false)?;
        let input = Value { view: View::Map, ..input };
        b.stand_in(call.site, input, [out_channels, rows, columns])
    }

    /// `alpha * A * B + beta * C` on a flattened map.
    pub fn gemm(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["alpha", "beta", "transA", "transB", "broadcast"]);
        let b = &mut self.builder;
        attributes.expect(b, "transA", 0);
        let alpha = attributes.float(b, "alpha", 1.0)?;
        let beta = attributes.float(b, "beta", 1.0)?;
        let transposed = attributes.int(b, "transB", 0)? != 0;
        let weights = self.matrix(call, transposed);
        let bias = if call.lacks(2) { Some(vec![0.0]) } else { self.floats(call, 2) };
        let (mut weights, outputs) = weights?;
        weights.iter_mut().for_each(|w| *w *= alpha);
        let mut bias: Vec<f32> = bias?.iter().map(|c| c * beta).collect();
        if bias.len() == 1 {
            bias = vec![bias[0]; outputs];
        }
        let product = self.dense(call, weights, outputs, bias)?;
        let stored = self.stored_matrix(call, transposed).filter(|_| alpha == 1.0);
        self.keep_weights(product, stored);
        Some(product)
    }

    pub fn mat_mul(&mut self, call: &Call) -> Option<Value> {
        call.attributes(self, &[]);
        let (weights, outputs) = self.matrix(call, false)?;
        let product = self.dense(call, weights, outputs, vec![0.0; outputs])?;
        let stored = self.stored_matrix(call, false);
        self.keep_weights(product, stored);
        Some(product)
    }

    /// Input 1 as `[outputs][inputs]`, with the number of outputs.
    fn matrix(&mut self, call: &Call, transposed: bool) -> Option<(Vec<f32>, usize)> {
        let shape = self.tensor(call, 1)?.shape();
        let values = self.floats(call, 1)?;
        let (rows, columns) = match shape.as_deref() {
            Ok(&[rows, columns]) if rows > 0 && columns > 0 => (rows, columns),
            Ok(other) => {
                self.blame_constant(call, 1, format!("has shape {other:?}; wanted a matrix"));
                return None;
            }
            Err(why) => {
                self.blame_constant(call, 1, why.clone());
                return None;
            }
        };
        if transposed {
            return Some((values, rows));
        }
        let turned = (0..columns).flat_map(|c| values[c..].iter().step_by(columns).copied()).collect();
        Some((turned, columns))
    }

    pub fn dense(&mut self, call: &Call, weights: Vec<f32>, outputs: usize, bias: Vec<f32>) -> Option<Value> {
        let input = self.map(call, 0)?;
        if bias.len() != outputs {
            self.blame_constant(call, 2, format!("has {} values; wanted {outputs}", bias.len()));
            return None;
        }
        if !weights.iter().chain(&bias).all(|w| w.is_finite()) {
            self.builder.report(call.site, "alpha", "weights are not finite", "finite alpha and beta");
            return None;
        }
        self.builder.dense(call.site, input, weights, bias)
    }

    pub fn batch_normalization(&mut self, call: &Call) -> Option<Value> {
        let attributes = call.attributes(self, &["epsilon", "momentum", "training_mode", "spatial"]);
        let b = &mut self.builder;
        attributes.expect(b, "training_mode", 0);
        attributes.expect(b, "spatial", 1);
        let epsilon = attributes.float(b, "epsilon", 1e-5)?;
        let [scale, shift, mean, variance] = [1, 2, 3, 4].map(|i| self.floats(call, i));
        let input = self.map(call, 0)?;
        let (scale, shift, mean, variance) = (scale?, shift?, mean?, variance?);
        let counts = [scale.len(), shift.len(), mean.len(), variance.len()];
        if counts.iter().any(|&c| c != counts[0]) {
            self.builder.report(call.site, "inputs", format!("{counts:?} parameters"), "as many of each");
            return None;
        }
        let channels = self.builder.shape(input)[0];
        let (Some(order), true) = (self.second_axis(input), counts[0] == channels) else {
            let why = format!("{} parameters of each kind for {channels} channels", counts[0]);
            self.builder.report(call.site, "inputs", why, "one for every channel, and the channels on axis 1");
            return None;
        };
        let [scale, shift, mean, variance] =
            [scale, shift, mean, variance].map(|all| order.iter().map(|&place| all[place]).collect::<Vec<f32>>());
        let factor: Vec<f32> = scale.iter().zip(&variance).map(|(s, v)| s / (v + epsilon).sqrt()).collect();
        let moved = shift.iter().zip(mean.iter().zip(&factor));
        let offset: Vec<f32> = moved.map(|(b, (m, f))| b - m * f).collect();
        self.builder.scale_channels(call.site, input, &factor, &offset)
    }

    /// Per channel its place on axis 1, if that holds all channels.
    fn second_axis(&self, input: Value) -> Option<Vec<usize>> {
        let view = if let View::Padded(_) = input.view { View::Map } else { input.view };
        let order = self.builder.layout(Value { view, ..input })?.channels_on(1, self.builder.shape(input)[0])?;
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, &channel)| places[channel] = place);
        Some(places)
    }
}

//! A design to its graph, with the names of Caffe's prototxt.

use super::weights::Weights;
use super::{Bypass, DesignSpace, Fire, Version, FIRES};
use crate::builder::{Builder, Site, Value};
use crate::error::ModelError;
use crate::graph::{Graph, Op, Padding};

/// Colours of an image.
const COLOURS: usize = 3;
/// Variance of the biases: small against activations of images in any of the usual normalisations.
const BIAS_VARIANCE: f64 = 0.01;
/// A ReLU leaves half the square of what a weight's variance makes.
const RELU_GAIN: f64 = 2.0;

/// Factor on the variance of what is added: an unchanged map and such a summand make little more than the map.
const SUMMAND_GAIN: f64 = 0.25;

/// What sets the versions apart.
struct Layout {
    channels: usize,
    kernel: usize,
    /// Modules that a pool follows.
    pools: [usize; 2],
    last_pad: usize,
}

impl Version {
    fn layout(self) -> Layout {
        match self {
            Version::V1_0 => Layout { channels: 96, kernel: 7, pools: [4, 8], last_pad: 1 },
            Version::V1_1 => Layout { channels: 64, kernel: 3, pools: [3, 5], last_pad: 0 },
        }
    }
}

/// A convolution to be made.
struct Filter {
    channels: usize,
    kernel: usize,
    stride: usize,
    pad: usize,
    relu: bool,
    /// Factor on the variance of its results.
    gain: f64,
}

impl Filter {
    fn new(channels: usize, kernel: usize) -> Self {
        Filter { channels, kernel, stride: 1, pad: 0, relu: true, gain: 1.0 }
    }
}

struct Net {
    builder: Builder,
    weights: Weights,
}

impl DesignSpace {
    /// The network with random weights; the same seed gives the same.
    ///
    /// # Errors
    /// [`ModelError::DesignSpace`] for numbers out of range, [`ModelError::Problems`] for a network beyond all bounds.
    pub fn graph(&self, seed: u64) -> Result<Graph, ModelError> {
        self.check()?;
        let mut net = Net { builder: Builder::default(), weights: Weights::new(seed) };
        let output = self.build(&mut net);
        net.builder.finish(self.name(), output).map_err(ModelError::Problems)
    }

    fn name(&self) -> String {
        let version = match self.version {
            Version::V1_0 => "v1.0",
            Version::V1_1 => "v1.1",
        };
        let bypass = match self.bypass {
            Bypass::None => "",
            Bypass::Simple => "_simple_bypass",
            Bypass::Complex => "_complex_bypass",
        };
        format!("squeezenet_{version}{bypass}_random")
    }

    fn build(&self, net: &mut Net) -> Option<Value> {
        let layout = self.version.layout();
        let image = net.builder.input(site("data", "Input"), [COLOURS, self.input, self.input])?;
        let first = Filter { stride: 2, ..Filter::new(layout.channels, layout.kernel) };
        let mut value = net.conv("conv1", first, image)?;
        value = net.pool("pool1", value)?;
        for number in FIRES {
            value = self.module(net, self.fire(number), value)?;
            if layout.pools.contains(&number) {
                value = net.pool(&format!("pool{number}"), value)?;
            }
        }
        let last = Filter { pad: layout.last_pad, ..Filter::new(self.classes, 1) };
        value = net.conv("conv10", last, value)?;
        net.builder.apply(site("pool10", "GlobalAveragePool"), Op::GlobalAverage, &[value])
    }

    /// A fire module and what bypasses it.
    fn module(&self, net: &mut Net, fire: Fire, input: Value) -> Option<Value> {
        let (channels, name) = (net.builder.shape(input)[0], format!("fire{}", fire.number));
        let same = channels == fire.expand();
        let named = self.bypass_convolutions.as_ref().map(|list| list.contains(&fire.number));
        let convolution = self.bypass == Bypass::Complex && named.unwrap_or(!same);
        let bypassed = convolution || (self.bypass != Bypass::None && same);
        // What is added to must leave room for what is added.
        let gain = if bypassed { SUMMAND_GAIN } else { 1.0 };
        let around = match convolution {
            true => {
                let filter = Filter { relu: false, gain, ..Filter::new(fire.expand(), 1) };
                net.conv(&format!("{name}/bypass1x1"), filter, input)?
            }
            false => input,
        };
        let through = net.fire(&name, fire, gain, input)?;
        match bypassed {
            true => net.builder.apply(site(&format!("{name}/bypass"), "Add"), Op::Add, &[around, through]),
            false => Some(through),
        }
    }
}

impl Net {
    /// A convolution, and its ReLU where it has one.
    fn conv(&mut self, name: &str, filter: Filter, input: Value) -> Option<Value> {
        let Filter { channels, kernel, stride, pad, relu, gain } = filter;
        let reduction = self.builder.shape(input)[0] * kernel * kernel;
        let count = channels.saturating_mul(reduction);
        self.builder.reserve_parameters(site(name, "Conv"), count)?;
        let rectified = if relu { RELU_GAIN } else { 1.0 };
        let weights = self.weights.draw(count, gain * rectified / reduction as f64);
        let bias = self.weights.draw(channels, BIAS_VARIANCE);
        let pad = Padding { top: pad, left: pad, bottom: pad, right: pad };
        let op = Op::Conv { out_channels: channels, kernel: [kernel; 2], stride: [stride; 2], pad, weights, bias };
        let conv = self.builder.apply(site(name, "Conv"), op, &[input])?;
        if !relu {
            return Some(conv);
        }
        let (folder, leaf) = name.rsplit_once('/').map_or((String::new(), name), |(f, l)| (format!("{f}/"), l));
        self.builder.apply(site(&format!("{folder}relu_{leaf}"), "Relu"), Op::Relu, &[conv])
    }

    fn fire(&mut self, name: &str, fire: Fire, gain: f64, input: Value) -> Option<Value> {
        let squeezed = self.conv(&format!("{name}/squeeze1x1"), Filter::new(fire.squeeze, 1), input)?;
        let mut branches = Vec::new();
        for (channels, kernel) in [(fire.expand1x1, 1), (fire.expand3x3, 3)] {
            if channels > 0 {
                let filter = Filter { pad: kernel / 2, gain, ..Filter::new(channels, kernel) };
                branches.push(self.conv(&format!("{name}/expand{kernel}x{kernel}"), filter, squeezed)?);
            }
        }
        match branches.as_slice() {
            [one] => Some(*one),
            _ => self.builder.apply(site(&format!("{name}/concat"), "Concat"), Op::Concat, &branches),
        }
    }

    /// 3x3/2, rounded up.
    fn pool(&mut self, name: &str, input: Value) -> Option<Value> {
        self.builder.apply(site(name, "MaxPool"), Op::MaxPool { kernel: 3, stride: 2, pad: 0, ceil: true }, &[input])
    }
}

fn site<'a>(node: &'a str, operator: &'a str) -> Site<'a> {
    Site { node, operator }
}

//! Channels of a map in another order, some left out, repeated or zero: a 1x1 convolution of ones and zeros while the file is
//! read, and then folded into what it lies between.

mod folded;
mod given;

use crate::builder::{Builder, Site, Value, View};
use crate::graph::Op;
use crate::selections::Order;
use systole_net::Padding;

pub(crate) use folded::folded;

impl Builder {
    /// The channels of a map that `order` names, in that order.
    pub fn select(&mut self, site: Site, input: Value, order: Order) -> Option<Value> {
        let channels = self.shape(input)[0];
        if order.iter().copied().eq((0..channels).map(Some)) {
            return Some(input);
        }
        let [least, most] = self.range_of(input);
        let zeros = order.contains(&None);
        let range = if zeros { [least.min(0.0), most.max(0.0)] } else { [least, most] };
        self.reserve_parameters(site, order.len().saturating_mul(channels))?;
        let selected = self.apply(site, convolution(&order, channels), &[input])?;
        self.note(site, "goes into the weights before and behind it, where they are those of a convolution");
        let node = match self.nodes[selected.node].op {
            Op::GlobalAverage => self.nodes[selected.node].inputs[0],
            _ => selected.node,
        };
        self.set_range(node, range);
        self.set_range(selected.node, range);
        self.selections.insert(node, order);
        Some(selected)
    }

    /// A map of the file's axes whose channels alone are in another order, as a map.
    pub fn in_order(&mut self, site: Site, input: Value) -> Option<Value> {
        let View::Axes(_) = input.view else { return Some(input) };
        let shape = self.shape(input);
        let Some(order) = self.layout(input).and_then(|layout| layout.map_with_channels(self.batch, shape)) else {
            return Some(input);
        };
        self.select(site, Value { view: View::Map, ..input }, order.into_iter().map(Some).collect())
    }
}

/// The convolution that selects channels of so many.
fn convolution(order: &[Option<usize>], channels: usize) -> Op {
    let mut weights = vec![0.0; order.len() * channels];
    for (row, channel) in order.iter().enumerate() {
        if let Some(channel) = channel {
            weights[row * channels + channel] = 1.0;
        }
    }
    let (kernel, stride, pad) = ([1, 1], [1, 1], Padding::default());
    Op::Conv { out_channels: order.len(), kernel, stride, pad, weights, bias: vec![0.0; order.len()] }
}

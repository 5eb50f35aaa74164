//! What the layer descriptors stand for, and the weights in the order in which the array takes them.

use serde::{Deserialize, Serialize};
use systole_net::{Conv, LayerKind, Net};

/// What a layer descriptor stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// Index of the layer in the network.
    pub layer: usize,
    pub name: String,
    /// Steps of one channel tile, channel tiles, pixel tiles of an image.
    pub reduction: usize,
    pub channel_tiles: usize,
    pub tiles: usize,
    pub macs: u64,
}

/// A row of `cols` weights per step of the layers bound: channel tile, tap, input channel; zeros where no channel is left.
pub fn weight_steps(net: &Net, bindings: &[Binding], cols: usize) -> Vec<i8> {
    let steps: usize = bindings.iter().map(|b| b.channel_tiles * b.reduction).sum();
    let mut rows = Vec::with_capacity(steps * cols);
    for b in bindings {
        match &net.layers[b.layer].kind {
            LayerKind::Conv(c) => (0..b.channel_tiles).for_each(|tile| channel_tile(c, tile * cols, cols, &mut rows)),
            // Without weights.
            LayerKind::Pool(_) => {}
        }
    }
    rows
}

/// Rows of the output channels from `first` on.
fn channel_tile(c: &Conv, first: usize, cols: usize, rows: &mut Vec<i8>) {
    let taps = c.kernel_h * c.kernel_w;
    for tap in 0..taps {
        for i in 0..c.in_channels {
            let weight =
                |o: usize| if o < c.out_channels { c.weights[(o * c.in_channels + i) * taps + tap] } else { 0 };
            rows.extend((first..first + cols).map(weight));
        }
    }
}

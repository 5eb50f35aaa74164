//! What the layer descriptors stand for, and the weights in the order in which the array takes them.

use crate::channel_window::ChannelWindow;
use serde::{Deserialize, Serialize};
use systole_net::{Conv, LayerKind, Net};

/// What a layer descriptor stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// Index of the layer in the network.
    pub layer: usize,
    pub name: String,
    /// Products of a result.
    pub products: usize,
    /// Steps of one channel tile: more than products where groups share channel tiles; channel tiles, pixel tiles of an image.
    pub reduction: usize,
    pub channel_tiles: usize,
    pub tiles: usize,
    pub macs: u64,
}

/// A row of `cols` weights per step of the layers bound: channel tile, tap, input channel; zeros where no channel is left, and for
/// the channels of other groups.
pub fn weight_steps(net: &Net, bindings: &[Binding], cols: usize) -> Vec<i8> {
    let steps: usize = bindings.iter().map(|b| b.channel_tiles * b.reduction).sum();
    let mut rows = Vec::with_capacity(steps * cols);
    for b in bindings {
        match &net.layers[b.layer].kind {
            LayerKind::Conv(c) => {
                let channels = net.tensors[net.layers[b.layer].input].channels;
                (0..b.channel_tiles).for_each(|tile| channel_tile(c, channels, tile, cols, &mut rows));
            }
            // Without weights.
            LayerKind::Pool(_) => {}
        }
    }
    rows
}

/// Rows of a channel tile of a convolution of so many input channels.
fn channel_tile(c: &Conv, channels: usize, tile: usize, cols: usize, rows: &mut Vec<i8>) {
    let taps = c.kernel_h * c.kernel_w;
    let groups = c.groups(channels);
    let window = ChannelWindow::of(groups, c.in_channels, c.out_channels / groups, cols);
    let first = window.first(tile);
    for tap in 0..taps {
        for i in first..first + window.channels {
            let weight = |o: usize| {
                if o >= c.out_channels {
                    return 0;
                }
                let seen = i.checked_sub(c.first_seen(o, channels)).filter(|&seen| seen < c.in_channels);
                seen.map_or(0, |seen| c.weights[(o * c.in_channels + seen) * taps + tap])
            };
            rows.extend((tile * cols..(tile + 1) * cols).map(weight));
        }
    }
}

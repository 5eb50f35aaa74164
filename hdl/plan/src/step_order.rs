//! Weights in the order in which the array takes them.

use crate::plan::{Binding, Plan};
use systole_net::{Conv, LayerKind, Net};

/// A row of `cols` weights per step of the layers bound: channel tile, tap, input channel; zeros where no channel is left.
pub fn weight_steps(net: &Net, bindings: &[Binding], cols: usize) -> Vec<i8> {
    let steps: usize = bindings.iter().map(|b| b.channel_tiles * b.reduction).sum();
    let mut rows = Vec::with_capacity(steps * cols);
    for b in bindings {
        if let LayerKind::Conv(c) = &net.layers[b.layer].kind {
            (0..b.channel_tiles).for_each(|tile| channel_tile(c, tile * cols, cols, &mut rows));
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

impl Plan {
    /// With the weights of its network; plans are compared without.
    pub(crate) fn with_weights(self, net: &Net) -> Plan {
        Plan { weights: weight_steps(net, &self.bindings, self.geometry.cols), ..self }
    }
}

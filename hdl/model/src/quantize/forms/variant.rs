//! Other forms of single layers, for measuring what they cost.

use crate::quantize::forms::choice::{WeightFormat, WeightFormats};
use systole_net::{Conv, LayerKind, Net};

/// A layer's convolution with weights of another form.
#[derive(Clone)]
pub(in crate::quantize) struct Variant {
    /// Index of the layer in the network.
    pub layer: usize,
    pub form: WeightFormat,
    pub conv: Conv,
}

impl Variant {
    /// `net` with this layer in place of its own.
    pub fn in_place(&self, net: &Net) -> Net {
        let mut net = net.clone();
        net.layers[self.layer].kind = LayerKind::Conv(self.conv.clone());
        net
    }

    /// `net` with all layers in the forms that are wanted of them, as far as they are among `variants`.
    pub fn all_in_place(variants: &[Variant], net: &Net, formats: &WeightFormats) -> Net {
        let mut net = net.clone();
        for variant in variants {
            let layer = &mut net.layers[variant.layer];
            if formats.of(&layer.name) == variant.form {
                layer.kind = LayerKind::Conv(variant.conv.clone());
            }
        }
        net
    }
}

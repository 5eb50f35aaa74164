//! The same network with fewer classes, for a smaller image or with fewer different weights, to be planned only.

use systole_net::limits::MAX_WEIGHT;
use systole_net::{Layer, LayerKind, Net, Sink};

/// The network with its first classes alone.
pub fn with_classes(net: &Net, classes: usize) -> Net {
    let mut net = net.clone();
    net.labels.truncate(classes);
    if let Some(Layer { kind: LayerKind::Conv(conv), .. }) = net.layers.last_mut() {
        let weights = conv.reduction() * classes;
        conv.out_channels = classes;
        conv.weights.truncate(weights);
        conv.bias.truncate(classes);
        conv.mult.truncate(classes);
    }
    net
}

/// The network with weights that codes of `bits` hold, one codebook for all: each moved to the nearest of evenly spaced values, none to 0
/// that was not.
pub fn with_codes(net: &Net, bits: u32) -> Net {
    let mut net = Net { codebooks: Vec::new(), ..net.clone() };
    let most = (1 << (bits - 1)) - 1;
    let value = |weight: i8| {
        let level =
            (i32::from(weight) * most + i32::from(weight.signum()) * i32::from(MAX_WEIGHT) / 2) / i32::from(MAX_WEIGHT);
        let level = if level == 0 { i32::from(weight.signum()) } else { level };
        (level * i32::from(MAX_WEIGHT) / most) as i8
    };
    for layer in &mut net.layers {
        if let LayerKind::Conv(conv) = &mut layer.kind {
            conv.codebook = None;
            conv.weights.iter_mut().for_each(|weight| *weight = value(*weight));
        }
    }
    net
}

/// The network for an image of a share of its sides; none where it needs the size that it has. A network does not say how its poolings
/// round what no window ends at: `up` says it of those whose maps now are the same either way.
pub fn with_share_of_image(net: &Net, share: usize, of: usize, up: bool) -> Option<Net> {
    let mut small = net.clone();
    let image = &mut small.tensors[Net::INPUT];
    (image.height, image.width) = (image.height * share / of, image.width * share / of);
    for at in 0..small.layers.len() {
        let (layer, input) = (&net.layers[at], &small.tensors[net.layers[at].input]);
        let (id, [height, width]) = match &layer.kind {
            LayerKind::Conv(conv) => {
                let (height, width) = conv.out_size(input.height, input.width);
                let Sink::Tensor { id, .. } = conv.sink else {
                    return (height * width > 0 && pools(net)).then_some(small);
                };
                (id, [height, width])
            }
            LayerKind::Pool(pool) => {
                let (before, after) = (&net.tensors[layer.input], &net.tensors[pool.output]);
                let rounds_up = |size, pooled| match [false, true].map(|up| pool.out_size(size, up)) {
                    [down, other] if down == other => up,
                    [down, _] => down != pooled,
                };
                let height = pool.out_size(input.height, rounds_up(before.height, after.height));
                (pool.output, [height, pool.out_size(input.width, rounds_up(before.width, after.width))])
            }
        };
        if height * width == 0 {
            return None;
        }
        (small.tensors[id].height, small.tensors[id].width) = (height, width);
    }
    None
}

/// Whether the sums run over a map of many pixels, as those of any image would.
fn pools(net: &Net) -> bool {
    net.sum_pixels() > 1
}

//! Networks of any depth, of one module again and again: cases for tests of what planning costs. Kernels are 1x1, maps small.

use crate::{
    Colour, Conv, InputEncoding, Layer, LayerKind, Net, Padding, Pool, PoolKind, Residual, Sink, TensorId, TensorInfo,
};

const SIDE: usize = 8;
const CHANNELS: usize = 2;
const CLASSES: usize = 3;
/// A rescale multiplier with which values stay in range.
const MULT: crate::Multiplier = crate::limits::MAX_MULT;

/// Convolutions one behind the other.
pub fn chain(layers: usize) -> Net {
    let mut maker = Maker::new(SIDE);
    for _ in 0..layers {
        let input = maker.newest();
        let map = maker.map(CHANNELS);
        maker.conv(input, map, 0, None);
    }
    maker.net(format!("chain{layers}"))
}

/// Modules of two convolutions that are added.
pub fn diamonds(modules: usize) -> Net {
    let mut maker = Maker::new(SIDE);
    for _ in 0..modules {
        let input = maker.newest();
        let (kept, sum) = (maker.map(CHANNELS), maker.map(CHANNELS));
        maker.conv(input, kept, 0, None);
        maker.conv(input, sum, 0, Some(kept));
    }
    maker.net(format!("diamonds{modules}"))
}

/// Modules of some convolutions side by side, concatenated.
pub fn concats(modules: usize, branches: usize) -> Net {
    let mut maker = Maker::new(SIDE);
    for _ in 0..modules {
        let input = maker.newest();
        let map = maker.map(branches * CHANNELS);
        for branch in 0..branches {
            maker.conv(input, map, branch * CHANNELS, None);
        }
    }
    maker.net(format!("concats{modules}x{branches}"))
}

/// A convolution, poolings of 2x2 windows, further convolutions up to `convolutions` of them.
///
/// # Panics
/// With less than two convolutions: the first reads the image, the last is the sum.
pub fn pooled(convolutions: usize, poolings: usize) -> Net {
    assert!(convolutions >= 2, "a first and a last convolution");
    let mut maker = Maker::new(SIDE + poolings);
    for _ in 0..poolings {
        maker.pool();
    }
    for _ in 2..convolutions {
        let input = maker.newest();
        let map = maker.map(CHANNELS);
        maker.conv(input, map, 0, None);
    }
    maker.net(format!("pooled{convolutions}x{poolings}"))
}

/// A network under construction: an image and a first convolution; what comes next reads the newest tensor.
struct Maker {
    side: usize,
    tensors: Vec<TensorInfo>,
    layers: Vec<Layer>,
}

impl Maker {
    fn new(side: usize) -> Maker {
        let mut maker = Maker { side, tensors: Vec::new(), layers: Vec::new() };
        let image = maker.map(CLASSES);
        let map = maker.map(CHANNELS);
        maker.conv(image, map, 0, None);
        maker
    }

    fn newest(&self) -> TensorId {
        self.tensors.len() - 1
    }

    fn map(&mut self, channels: usize) -> TensorId {
        let (name, side) = (format!("map{}", self.tensors.len()), self.side);
        self.tensors.push(TensorInfo { name, channels, height: side, width: side, signed: false, scale: 1.0 });
        self.newest()
    }

    /// A convolution of two channels into a map, from a channel on; it may add a map.
    fn conv(&mut self, input: TensorId, id: TensorId, channel_offset: usize, kept: Option<TensorId>) {
        let residual = kept.map(|tensor| Residual { tensor, channel_offset: 0, mult: MULT });
        let sink = Sink::Tensor { id, channel_offset };
        let conv = Conv { residual, ..pointwise(self.tensors[input].channels, CHANNELS, sink) };
        self.push(input, LayerKind::Conv(conv));
    }

    fn pool(&mut self) {
        let input = self.newest();
        self.side -= 1;
        let output = self.map(CHANNELS);
        self.push(input, LayerKind::Pool(Pool { kind: PoolKind::Max, kernel: 2, stride: 1, pad: 0, output }));
    }

    fn push(&mut self, input: TensorId, kind: LayerKind) {
        let name = format!("layer{}", self.layers.len());
        self.layers.push(Layer { name, input, kind });
    }

    fn net(mut self, name: String) -> Net {
        let input = self.newest();
        let sum = pointwise(self.tensors[input].channels, CLASSES, Sink::Sum { signed: false, border: 0 });
        self.push(input, LayerKind::Conv(sum));
        let encoding = InputEncoding { colours: vec![Colour::Red, Colour::Green, Colour::Blue], lut: None };
        let (tensors, layers) = (self.tensors, self.layers);
        Net {
            name,
            input: encoding,
            tensors,
            layers,
            codebooks: Vec::new(),
            labels: Vec::new(),
            preprocessing: None,
            score_ends: None,
        }
    }
}

fn pointwise(in_channels: usize, out_channels: usize, sink: Sink) -> Conv {
    Conv {
        in_channels,
        out_channels,
        kernel_h: 1,
        kernel_w: 1,
        stride_y: 1,
        stride_x: 1,
        pad: Padding::default(),
        codebook: None,
        weights: (0..in_channels * out_channels).map(|w| 1 + (w % 5) as i8).collect(),
        bias: vec![0; out_channels],
        mult: vec![MULT; out_channels],
        relu: true,
        residual: None,
        sink,
        out_scale: 1.0,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn they_are_networks() {
        for net in [super::chain(3), super::diamonds(3), super::concats(2, 4), super::pooled(2, 3), super::pooled(4, 0)]
        {
            net.check().unwrap_or_else(|faults| panic!("{}: {faults:?}", net.name));
        }
    }
}

//! The judge: plain integer loops over a network, every layer's output kept. Knows nothing of any plan.

mod conv;
mod pool;

use systole_net::{Conv, Engine, Layer, LayerKind, Net, NetError, Sink, Tensor, TensorId, Trace};

/// A checked network, ready to run.
pub struct Golden<'a> {
    net: &'a Net,
}

impl<'a> Golden<'a> {
    /// Fails with every fault when the network is unsound; the loops rely on the rules of [`Net::check`].
    pub fn new(net: &'a Net) -> Result<Self, Vec<NetError>> {
        net.check()?;
        Ok(Golden { net })
    }

    /// Runs one encoded image. Fails when its shape or range is not the network's input.
    pub fn trace(&self, image: &Tensor) -> Result<Trace, NetError> {
        self.net.check_input(image)?;
        let mut maps: Vec<Tensor> =
            self.net.tensors.iter().map(|t| Tensor::zeros(t.channels, t.height, t.width)).collect();
        maps[Net::INPUT] = image.clone();
        let mut trace = Trace { layers: Vec::new(), sums: Vec::new() };
        for layer in &self.net.layers {
            let result = self.layer(layer, &maps);
            match &layer.kind {
                LayerKind::Pool(pool) => maps[pool.output] = result.clone(),
                LayerKind::Conv(Conv { sink: Sink::Tensor { id, channel_offset }, .. }) => {
                    store(&result, &mut maps, *id, *channel_offset)
                }
                LayerKind::Conv(Conv { sink: Sink::Sum { .. }, .. }) => {
                    trace.sums = sums(&result);
                    trace.sums.iter_mut().zip(self.net.border_sums()).for_each(|(sum, border)| *sum += border);
                }
            }
            trace.layers.push(result);
        }
        Ok(trace)
    }

    /// The layer's own result, from complete inputs.
    fn layer(&self, layer: &Layer, maps: &[Tensor]) -> Tensor {
        let input = &maps[layer.input];
        match &layer.kind {
            LayerKind::Pool(pool) => {
                let output = &self.net.tensors[pool.output];
                pool::max(pool, input, output.height, output.width)
            }
            LayerKind::Conv(conv) => {
                let residual = conv.residual.as_ref().map(|r| &maps[r.tensor]);
                conv::convolve(conv, input, residual, conv.clamp(&self.net.tensors))
            }
        }
    }
}

impl Engine for Golden<'_> {
    fn name(&self) -> &str {
        "golden"
    }

    fn run(&mut self, image: &Tensor) -> Result<Trace, NetError> {
        self.trace(image)
    }
}

/// Copies `result` into channels `offset..` of tensor `id`.
fn store(result: &Tensor, maps: &mut [Tensor], id: TensorId, offset: usize) {
    let start = offset * result.height * result.width;
    maps[id].data[start..start + result.data.len()].copy_from_slice(&result.data);
}

/// Per channel the exact sum over all pixels.
fn sums(result: &Tensor) -> Vec<i64> {
    let pixels = result.height * result.width;
    result.data.chunks(pixels).map(|channel| channel.iter().map(|&v| i64::from(v)).sum()).collect()
}

//! Rules across layers: who writes and reads each tensor, in which order, and which layer sums.

use super::Checker;
use crate::{Layer, LayerKind, Net, NetError, Sink, TensorId};
use std::ops::Range;

impl Layer {
    /// The tensor channels this layer writes, if it writes a tensor.
    pub fn writes(&self, net: &Net) -> Option<(TensorId, Range<usize>)> {
        match &self.kind {
            LayerKind::Pool(p) => Some((p.output, 0..net.tensors.get(p.output)?.channels)),
            LayerKind::Conv(c) => match c.sink {
                Sink::Tensor { id, channel_offset } => {
                    Some((id, channel_offset..channel_offset.saturating_add(c.out_channels)))
                }
                Sink::Sum { .. } => None,
            },
        }
    }

    /// The tensors this layer reads: its input, then its residual.
    pub fn reads(&self) -> impl Iterator<Item = TensorId> {
        let residual = match &self.kind {
            LayerKind::Conv(c) => c.residual.as_ref().map(|r| r.tensor),
            LayerKind::Pool(_) => None,
        };
        std::iter::once(self.input).chain(residual)
    }
}

impl Checker<'_> {
    /// Topological order, exact coverage, no tensor unread.
    pub(super) fn flow(&mut self) {
        let count = self.net.tensors.len();
        let (mut last_writer, mut read) = (vec![None; count], vec![false; count]);
        for (index, layer) in self.net.layers.iter().enumerate() {
            if let Some((id, _)) = layer.writes(self.net).filter(|w| w.0 < count) {
                last_writer[id] = Some(index);
            }
        }
        for (index, layer) in self.net.layers.iter().enumerate() {
            for id in layer.reads().filter(|&id| id < count) {
                read[id] = true;
                if last_writer[id].is_some_and(|w| w >= index) {
                    let tensor = self.net.tensors[id].name.clone();
                    self.faults.push(NetError::ReadBeforeWritten { layer: layer.name.clone(), tensor });
                }
            }
        }
        for (id, tensor) in self.net.tensors.iter().enumerate() {
            self.coverage(id);
            if !read[id] {
                self.faults.push(NetError::Unread { tensor: tensor.name.clone() });
            }
        }
    }

    /// Every channel written once; of the input tensor, none.
    fn coverage(&mut self, id: TensorId) {
        let tensor = &self.net.tensors[id];
        let mut writers = vec![usize::from(id == Net::INPUT); tensor.channels];
        for (_, channels) in self.net.layers.iter().filter_map(|l| l.writes(self.net)).filter(|w| w.0 == id) {
            let end = channels.end.min(tensor.channels);
            writers[channels.start.min(end)..end].iter_mut().for_each(|w| *w += 1);
        }
        if let Some((channel, &writers)) = writers.iter().enumerate().find(|(_, &w)| w != 1) {
            self.faults.push(NetError::Coverage { tensor: tensor.name.clone(), channel, writers });
        }
    }

    /// The last layer, and only that, sums.
    pub(super) fn sums(&mut self) {
        let last = self.net.layers.len() - 1;
        for (index, layer) in self.net.layers.iter().enumerate() {
            let sums = matches!(&layer.kind, LayerKind::Conv(c) if matches!(c.sink, Sink::Sum { .. }));
            let problem = match (index == last, sums) {
                (true, false) => "the last layer must be a convolution that sums over all pixels",
                (false, true) => "only the last layer may sum over all pixels",
                _ => continue,
            };
            self.faults.push(NetError::Sink { layer: layer.name.clone(), problem });
        }
    }
}

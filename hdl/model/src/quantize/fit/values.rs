//! The calibration images on their way through the network, in floating point and in integers, one map at a time.

use crate::float;
use crate::graph::{Graph, NodeId};
use crate::quantize::fit::encode::Encoding;
use crate::quantize::fuse::{Fused, FusedKind};
use crate::quantize::QuantizeError;
use rayon::prelude::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
use std::collections::{BTreeMap, BTreeSet};
use systole_net::{Image, Preprocess, Sink, TensorId, TensorInfo};

/// Per image and node (or tensor) the values that later layers still need.
#[derive(Clone)]
pub(in crate::quantize) struct Values<'a> {
    graph: &'a Graph,
    /// What whoever gave the images calls them.
    indices: Vec<usize>,
    floats: Vec<Vec<Option<Vec<f32>>>>,
    integers: Vec<Vec<Option<Vec<i16>>>>,
}

impl<'a> Values<'a> {
    /// Images of `indices` as node 0, by the composed preprocessing, and as tensor 0. Fails when an image is not of the network's size.
    pub fn new(
        graph: &'a Graph,
        input: &TensorInfo,
        encoding: &Encoding,
        preprocess: &Preprocess,
        (images, indices): (&[Image], Vec<usize>),
    ) -> Result<Self, QuantizeError> {
        let mut values = Values { graph, indices, floats: Vec::new(), integers: Vec::new() };
        for &index in &values.indices {
            let image = &images[index];
            let encoded = encoding.input.apply(input, image);
            let encoded = encoded.map_err(|source| QuantizeError::Image { index, source })?;
            let mut floats = vec![None; graph.nodes.len()];
            floats[0] = Some(preprocess.apply(image).map_err(|source| QuantizeError::Image { index, source })?);
            values.floats.push(floats);
            values.integers.push(vec![Some(encoded.data.iter().map(|&v| v as i16).collect())]);
        }
        Ok(values)
    }

    pub fn images(&self) -> usize {
        self.floats.len()
    }

    /// Computes the float values of `node` for all images; of what it takes to compute them, `kept` stays.
    pub fn compute(&mut self, node: NodeId, kept: &[NodeId]) -> Result<(), QuantizeError> {
        let graph = self.graph;
        self.floats.par_iter_mut().for_each(|slots| {
            let before: Vec<bool> = slots.iter().map(Option::is_some).collect();
            evaluate(graph, slots, node, kept);
            let needed: Vec<bool> = (0..slots.len()).map(|n| before[n] || n == node || kept.contains(&n)).collect();
            forget(slots, &needed);
        });
        match (0..self.images()).find(|&i| !self.float(i, node).iter().all(|v| v.is_finite())) {
            Some(image) => {
                let (node, index) = (graph.nodes[node].name.clone(), self.indices[image]);
                Err(QuantizeError::NotFinite { node, index })
            }
            None => Ok(()),
        }
    }

    /// Float values of a computed node.
    pub fn float(&self, image: usize, node: NodeId) -> &[f32] {
        self.floats[image][node].as_deref().expect("computed and not yet retired")
    }

    /// Integers of a stored tensor.
    pub fn integer(&self, image: usize, tensor: TensorId) -> &[i16] {
        self.integers[image][tensor].as_deref().expect("stored and not yet retired")
    }

    /// Makes room for the next tensor.
    pub fn add_tensor(&mut self, len: usize) {
        self.integers.iter_mut().for_each(|tensors| tensors.push(Some(vec![0; len])));
    }

    /// Stores one layer's results, per image, from `offset` values on.
    pub fn store(&mut self, tensor: TensorId, offset: usize, results: &[Vec<i32>]) {
        self.integers.par_iter_mut().zip(results).for_each(|(tensors, result)| {
            let stored = tensors[tensor].as_mut().expect("room was made");
            stored[offset..].iter_mut().zip(result).for_each(|(s, &r)| *s = r as i16);
        });
    }

    /// Forgets what no layer from `next` on reads.
    pub fn retire(&mut self, fused: &Fused, next: usize) {
        let (mut tensors, mut nodes) = (vec![false; fused.maps.len()], vec![false; self.graph.nodes.len()]);
        for layer in &fused.layers[next..] {
            tensors[layer.input] = true;
            layer.residual().into_iter().for_each(|kept| tensors[kept] = true);
        }
        let read = fused.maps.iter().zip(&tensors).filter(|(_, &needed)| needed);
        read.for_each(|(map, _)| nodes[map.node] = true);
        self.floats.iter_mut().for_each(|slots| forget(slots, &nodes));
        self.integers.iter_mut().for_each(|slots| forget(slots, &tensors));
    }
}

impl crate::quantize::fuse::FusedLayer {
    /// The kept tensor that is added.
    pub fn residual(&self) -> Option<TensorId> {
        match self.kind {
            FusedKind::Conv { residual, .. } => residual.map(|(kept, _)| kept),
            FusedKind::Pool { .. } => None,
        }
    }

    /// First channel of its map that the layer writes.
    pub fn first_channel(&self) -> usize {
        self.writes().map_or(0, |(_, channel)| channel)
    }

    /// The tensor the layer writes and its first channel; `None` when it sums.
    pub fn writes(&self) -> Option<(TensorId, usize)> {
        match self.kind {
            FusedKind::Pool { output } => Some((output, 0)),
            FusedKind::Conv { sink: Sink::Tensor { id, channel_offset }, .. } => Some((id, channel_offset)),
            FusedKind::Conv { sink: Sink::Sum { .. }, .. } => None,
        }
    }
}

fn forget<T>(slots: &mut [Option<T>], needed: &[bool]) {
    slots.iter_mut().zip(needed).filter(|(_, &needed)| !needed).for_each(|(slot, _)| *slot = None);
}

/// Computes `node` and what it needs and is not there; of that, only what `kept` says stays longer than it is needed.
fn evaluate(graph: &Graph, slots: &mut [Option<Vec<f32>>], node: NodeId, kept: &[NodeId]) {
    let missing = missing(graph, slots, node);
    let mut readers: BTreeMap<NodeId, usize> = BTreeMap::new();
    missing.iter().flat_map(|&n| &graph.nodes[n].inputs).for_each(|&input| *readers.entry(input).or_default() += 1);
    for &next in &missing {
        let inputs = &graph.nodes[next].inputs;
        let ready: Vec<_> =
            inputs.iter().map(|&i| (slots[i].as_deref().expect("just computed"), graph.nodes[i].shape)).collect();
        slots[next] = Some(float::evaluate(&graph.nodes[next], &ready));
        for &input in inputs {
            let left = readers.entry(input).or_insert(1);
            *left -= 1;
            if *left == 0 && missing.contains(&input) && !kept.contains(&input) {
                slots[input] = None;
            }
        }
    }
}

/// What `node` needs and is not there, itself among it, in an order that can be computed.
fn missing(graph: &Graph, slots: &[Option<Vec<f32>>], node: NodeId) -> BTreeSet<NodeId> {
    let (mut missing, mut open) = (BTreeSet::new(), vec![node]);
    while let Some(next) = open.pop() {
        if slots[next].is_none() && missing.insert(next) {
            open.extend(&graph.nodes[next].inputs);
        }
    }
    missing
}

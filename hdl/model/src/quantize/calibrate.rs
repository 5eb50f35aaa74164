//! Walks the network map by map with all images: scale of the map, then weights and biases of the layers that write it.

use super::choice::{WeightFormat, WeightFormats};
use super::encode::Encoding;
use super::equalise;
use super::fuse::{Fused, FusedKind, FusedLayer};
use super::given;
use super::report::{LayerReport, Report, Statistics};
use super::scale::Histogram;
use super::values::Values;
use super::variant::Variant;
use super::weights;
use super::{Progress, QuantizeError};
use crate::graph::{Graph, Node, NodeId, Op, Preprocess};
use std::collections::BTreeSet;
use std::ops::Range;
use systole_net::{Image, Layer, Net, TensorId, TensorInfo};

/// The summing layer's range, relative to the largest value seen: 16 bits have room to spare.
const SUM_HEADROOM: f64 = 2.0;

/// A stored map's range, relative to the one with the least error on the images seen: others may be louder.
const HEADROOM: f64 = 1.2;

/// How far a scale that a file gives may lie beyond a clip's, which it holds in 32 bits.
const ROUNDED: f64 = 1.0 + f32::EPSILON as f64;

/// Consecutive layers that write the same feature map (or the one that sums).
pub(super) struct Group {
    /// The node whose float values they approximate.
    pub(super) node: NodeId,
    layers: Range<usize>,
}

pub(super) struct Calibration<'a> {
    pub(super) graph: &'a Graph,
    pub(super) fused: &'a Fused,
    pub(super) formats: &'a WeightFormats,
    /// Forms that every convolution is also made in.
    pub(super) tried: &'a [WeightFormat],
    pub(super) variants: Vec<Variant>,
    pub(super) encoding: Encoding,
    pub(super) values: Values<'a>,
    pub(super) tensors: Vec<TensorInfo>,
    /// Per tensor and channel: the real value of one count is `gain * scale`.
    pub(super) gains: Vec<Vec<f64>>,
    pub(super) layers: Vec<Layer>,
    pub(super) reports: Vec<LayerReport>,
    pub(super) scores: Statistics,
    pub(super) same_best_class: usize,
}

impl<'a> Calibration<'a> {
    pub fn new(
        graph: &'a Graph,
        fused: &'a Fused,
        (formats, tried): (&'a WeightFormats, &'a [WeightFormat]),
        encoding: Encoding,
        preprocess: &Preprocess,
        images: &[Image],
    ) -> Result<Self, QuantizeError> {
        let input = info(&graph.nodes[0], encoding.signed, encoding.scale);
        let values = Values::new(graph, &input, &encoding, preprocess, images)?;
        let (layers, reports, scores) = (Vec::new(), Vec::new(), Statistics::default());
        let (tensors, gains) = (vec![input], vec![encoding.gain.clone()]);
        let variants = Vec::new();
        Ok(Calibration {
            graph,
            fused,
            formats,
            tried,
            variants,
            encoding,
            values,
            tensors,
            gains,
            layers,
            reports,
            scores,
            same_best_class: 0,
        })
    }

    pub fn run(mut self, progress: &mut dyn FnMut(Progress)) -> Result<(Net, Report, Vec<Variant>), QuantizeError> {
        let groups = self.groups();
        for (done, group) in groups.iter().enumerate() {
            progress(Progress { map: &self.graph.nodes[group.node].name, done, total: groups.len() });
            self.group(group)?;
        }
        let net = Net {
            name: self.graph.name.clone(),
            input: self.encoding.input,
            tensors: self.tensors,
            layers: self.layers,
            labels: Vec::new(),
        };
        let report = Report {
            layers: self.reports,
            images: self.values.images(),
            score_error: self.scores.relative_error(),
            same_best_class: self.same_best_class,
        };
        Ok((net, report, self.variants))
    }

    fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for (index, layer) in self.fused.layers.iter().enumerate() {
            let node = match layer.writes() {
                Some((id, _)) => self.fused.maps[id].node,
                None => self.graph.nodes[self.graph.nodes.len() - 1].inputs[0],
            };
            match groups.last_mut() {
                Some(group) if group.node == node => group.layers.end = index + 1,
                _ => groups.push(Group { node, layers: index..index + 1 }),
            }
        }
        groups
    }

    fn group(&mut self, group: &Group) -> Result<(), QuantizeError> {
        let reading = self.fused.layers[group.layers.clone()].iter().flat_map(|l| &self.graph.nodes[l.node].inputs);
        self.values.compute(group.node, &reading.copied().collect::<Vec<_>>())?;
        let first = &self.fused.layers[group.layers.start];
        let gains = self.output_gains(group);
        let scale = self.output_scale(group, &gains)?;
        if let Some((id, _)) = first.writes() {
            let tensor = info(&self.graph.nodes[group.node], self.fused.maps[id].signed, scale);
            self.values.add_tensor(tensor.len());
            self.tensors.push(tensor);
        }
        self.gains.push(gains);
        let fused = self.fused;
        for layer in &fused.layers[group.layers.clone()] {
            self.layer(group, layer, scale);
        }
        self.values.retire(self.fused, group.layers.end);
        Ok(())
    }

    /// Real value of one count of the group's results. Fails where a clip would lie beyond the range's upper end.
    fn output_scale(&self, group: &Group, gains: &[f64]) -> Result<f64, QuantizeError> {
        let layers = || self.fused.layers[group.layers.clone()].iter();
        let first = &self.fused.layers[group.layers.start];
        if let FusedKind::Pool { .. } = first.kind {
            return Ok(self.tensors[first.input].scale);
        }
        let most = first.most_scale();
        if let Some((id, _)) = first.writes() {
            let given = given::scale(&self.graph.nodes[group.node], self.fused.maps[id].signed);
            if let Some(scale) =
                given.filter(|s| *s <= most * ROUNDED && layers().all(|l| self.least_scale(l, gains) <= *s))
            {
                return Ok(scale);
            }
        }
        let histogram = Histogram::new(&self.floats(group.node), gains);
        let wanted = match (&first.kind, first.writes()) {
            (_, Some((id, _))) if self.fused.maps[id].signed => {
                histogram.best_scale(i8::MAX as u32).map(|s| s * HEADROOM)
            }
            (_, Some(_)) => histogram.best_scale(u8::MAX.into()).map(|s| s * HEADROOM),
            (FusedKind::Conv { relu: true, .. }, None) => Some(sum_scale(&histogram, u16::MAX.into())),
            _ => Some(sum_scale(&histogram, i16::MAX as u32)),
        };
        let least = layers().map(|layer| self.least_scale(layer, gains)).fold(0.0, f64::max);
        if least > most {
            let node = self.graph.nodes[group.node].name.clone();
            return Err(QuantizeError::Clip { node, times: least / most });
        }
        // Nothing but zeros and no weights: any scale will do.
        let scale = wanted.unwrap_or(0.0).max(least);
        Ok(if scale > 0.0 { scale } else { 1.0 }.min(most))
    }

    /// Smallest output scale at which the layer's multipliers are in range.
    fn least_scale(&self, layer: &FusedLayer, gains: &[f64]) -> f64 {
        let weights = self.average_units(layer, gains).unwrap_or_else(|| self.real_weights(layer, gains));
        let largest = weights.iter().fold(0f64, |m, w| m.max(w.abs()));
        let weights = weights::least_output_scale(largest, self.tensors[layer.input].scale);
        match layer.kind {
            FusedKind::Conv { residual: Some((kept, _)), .. } => weights.max(self.tensors[kept].scale),
            _ => weights,
        }
    }

    /// The convolution's weights between maps whose gains are taken out: its input's and, on its way out, `gains` (of the
    /// whole map it writes).
    pub(super) fn real_weights(&self, layer: &FusedLayer, gains: &[f64]) -> Vec<f64> {
        let Op::Conv { out_channels, weights, .. } = &self.graph.nodes[layer.node].op else { return Vec::new() };
        let (before, size) = (&self.gains[layer.input], weights.len() / out_channels);
        let after = &gains[layer.first_channel()..];
        let gain = |index: usize| before[index % size * before.len() / size] / after[index / size];
        weights.iter().enumerate().map(|(index, &w)| f64::from(w) * gain(index)).collect()
    }

    /// Gain of each channel of the group's map: the input's for a pool, none where maps are added or scores are made.
    fn output_gains(&self, group: &Group) -> Vec<f64> {
        let layers = &self.fused.layers[group.layers.clone()];
        let channels = self.graph.nodes[group.node].shape[0];
        match (&layers[0].kind, layers[0].writes()) {
            (FusedKind::Pool { .. }, _) => self.gains[layers[0].input].clone(),
            (_, None) => vec![1.0; channels],
            _ if self.graph.nodes[group.node].given.result.is_some() => vec![1.0; channels],
            (_, Some((id, _))) if self.is_added(id) || layers.iter().any(|l| l.residual().is_some()) => {
                vec![1.0; channels]
            }
            _ => equalise::gains(&self.floats(group.node), channels),
        }
    }

    /// Whether the map, or what is pooled from it, is added to another.
    fn is_added(&self, map: TensorId) -> bool {
        // Layers stand in the order of their maps, so one walk finds all that is pooled from it.
        let mut pooled = BTreeSet::from([map]);
        self.fused.layers.iter().any(|layer| match layer.kind {
            FusedKind::Pool { output } => {
                if pooled.contains(&layer.input) {
                    pooled.insert(output);
                }
                false
            }
            FusedKind::Conv { .. } => layer.residual().is_some_and(|kept| pooled.contains(&kept)),
        })
    }

    /// Float values of a computed node, per image.
    pub(super) fn floats(&self, node: NodeId) -> Vec<&[f32]> {
        (0..self.values.images()).map(|image| self.values.float(image, node)).collect()
    }
}

fn sum_scale(histogram: &Histogram, levels: u32) -> f64 {
    histogram.largest() * SUM_HEADROOM / f64::from(levels)
}

pub(super) fn info(node: &Node, signed: bool, scale: f64) -> TensorInfo {
    let [channels, height, width] = node.shape;
    TensorInfo { name: node.name.clone(), channels, height, width, signed, scale }
}

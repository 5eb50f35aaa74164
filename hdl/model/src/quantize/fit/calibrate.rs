//! Walks the network map by map with all images: scale of the map, then weights and biases of the layers that write it.

use crate::graph::{Graph, Node, NodeId, Op};
use crate::groups::Groups;
use crate::quantize::fit::encode::Encoding;
use crate::quantize::fit::equalise;
use crate::quantize::fit::given;
use crate::quantize::fit::patch::Windows;
use crate::quantize::fit::scale::Histogram;
use crate::quantize::fit::values::Values;
use crate::quantize::forms::books::{Books, Material};
use crate::quantize::forms::choice::{WeightFormat, WeightFormats};
use crate::quantize::forms::variant::Variant;
use crate::quantize::fuse::{Fused, FusedKind, FusedLayer};
use crate::quantize::report::doubt::{self, Doubt};
use crate::quantize::report::measured::{LayerReport, Report, Statistics};
use crate::quantize::report::quiet;
use crate::quantize::report::split::Split;
use crate::quantize::round::weights;
use crate::quantize::Progress;
use crate::quantize::QuantizeError;
use std::collections::BTreeSet;
use std::ops::Range;
use systole_net::{Image, Layer, Net, Preprocess, TensorId, TensorInfo};

/// The summing layer's range, relative to the largest value seen: 16 bits have room to spare.
const SUM_HEADROOM: f64 = 2.0;

/// A stored map's range, relative to the one with the least error on the images seen: others may be louder, and by so much
/// more, divided by the values seen of each channel.
const HEADROOM: f64 = 1.2;
const UNSEEN: f64 = 6.0;
const MOST_UNSEEN: f64 = 3.0;

/// Integers of a channel below which its weights may be cut, in proportion.
const COUNTS: f64 = 4.0;

/// How far a scale that a file gives may lie beyond a clip's, which it holds in 32 bits.
const ROUNDED: f64 = 1.0 + f32::EPSILON as f64;

/// Consecutive layers that write the same feature map (or the one that sums).
pub(in crate::quantize) struct Group {
    /// The node whose float values they approximate.
    pub(in crate::quantize) node: NodeId,
    layers: Range<usize>,
}

#[derive(Clone)]
pub(in crate::quantize) struct Calibration<'a> {
    pub(in crate::quantize) graph: &'a Graph,
    pub(in crate::quantize) fused: &'a Fused,
    pub(in crate::quantize) formats: &'a WeightFormats,
    pub(in crate::quantize) books: Books,
    /// Forms that every convolution is also made in, and their codebooks.
    pub(in crate::quantize) tried: Vec<(WeightFormat, Books)>,
    pub(in crate::quantize) variants: Vec<Variant>,
    pub(in crate::quantize) encoding: Encoding,
    /// Those of the images that calibrate come first.
    pub(in crate::quantize) values: Values<'a>,
    /// How many calibrate.
    pub(in crate::quantize) calibrating: usize,
    pub(in crate::quantize) doubts: Vec<Doubt>,
    pub(in crate::quantize) tensors: Vec<TensorInfo>,
    /// Per tensor and channel: the real value of one count is `gain * scale`.
    pub(in crate::quantize) gains: Vec<Vec<f64>>,
    pub(in crate::quantize) layers: Vec<Layer>,
    pub(in crate::quantize) reports: Vec<LayerReport>,
    pub(in crate::quantize) scores: Statistics,
    pub(in crate::quantize) same_best_class: usize,
}

impl<'a> Calibration<'a> {
    pub fn new(
        graph: &'a Graph,
        fused: &'a Fused,
        formats: &'a WeightFormats,
        encoding: Encoding,
        preprocess: &Preprocess,
        (images, split): (&[Image], Split),
    ) -> Result<Self, QuantizeError> {
        let input = info(&graph.nodes[0], encoding.signed, encoding.scale);
        let calibrating = split.calibrating.len();
        let indices = [split.calibrating, split.held_back].concat();
        let values = Values::new(graph, &input, &encoding, preprocess, (images, indices))?;
        let (layers, reports, scores) = (Vec::new(), Vec::new(), Statistics::default());
        let (tensors, gains) = (vec![input], vec![encoding.gain.clone()]);
        let variants = Vec::new();
        Ok(Calibration {
            graph,
            fused,
            formats,
            books: Books::default(),
            tried: Vec::new(),
            variants,
            encoding,
            values,
            calibrating,
            doubts: Vec::new(),
            tensors,
            gains,
            layers,
            reports,
            scores,
            same_best_class: 0,
        })
    }

    /// The images that the report's figures are of: those that do not calibrate, where there are any.
    pub(in crate::quantize) fn measured(&self) -> Range<usize> {
        match self.calibrating < self.values.images() {
            true => self.calibrating..self.values.images(),
            false => 0..self.calibrating,
        }
    }

    pub fn run(mut self, progress: &mut dyn FnMut(Progress)) -> Result<(Net, Report, Vec<Variant>), QuantizeError> {
        let groups = self.groups();
        for (done, group) in groups.iter().enumerate() {
            progress(Progress { map: &self.graph.nodes[group.node].name, done, total: groups.len() });
            self.group(group)?;
        }
        self.doubts.extend(self.few());
        let measured = self.measured();
        let net = Net {
            name: self.graph.name.clone(),
            input: self.encoding.input,
            tensors: self.tensors,
            layers: self.layers,
            codebooks: self.books.codebooks,
            labels: Vec::new(),
            preprocessing: None,
            score_ends: None,
        };
        let report = Report {
            layers: self.reports,
            calibrated: self.calibrating,
            images: measured.len(),
            held_back: measured.start > 0,
            doubts: self.doubts,
            score_error: self.scores.relative_error(),
            same_best_class: self.same_best_class,
            notes: Vec::new(),
        };
        Ok((net, report, self.variants))
    }

    /// Whether some layer was seen on too few images.
    fn few(&self) -> Option<Doubt> {
        let need = |layer: &FusedLayer| {
            let node = &self.graph.nodes[layer.node];
            let Op::Conv { out_channels, weights, .. } = &node.op else { return None };
            Some((node.name.as_str(), weights.len() / out_channels, node.shape[1] * node.shape[2]))
        };
        doubt::few(self.fused.layers.iter().filter_map(need), self.calibrating)
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

    /// Codebooks for the forms that are wanted and those to be `tried`, from a walk in floating point alone.
    pub fn with_books(self, tried: &[WeightFormat], progress: &mut dyn FnMut(Progress)) -> Result<Self, QuantizeError> {
        let wanted = WeightFormats::clone(self.formats);
        if tried.is_empty() && !wanted.has_codes() {
            return Ok(self);
        }
        let mut ahead = self.clone();
        let mut materials = Vec::new();
        let groups = self.groups();
        for (done, group) in groups.iter().enumerate() {
            progress(Progress { map: "codebooks", done, total: groups.len() });
            ahead.frame(group)?;
            materials.extend(ahead.fused.layers[group.layers.clone()].iter().filter_map(|layer| ahead.material(layer)));
            ahead.values.retire(ahead.fused, group.layers.end);
        }
        let tried = tried.iter().map(|&form| (form, Books::single(&materials, form))).collect();
        Ok(Calibration { books: Books::fit(&materials, &wanted)?, tried, ..self })
    }

    /// What a codebook has to stand for; `None` where the layer is no convolution.
    fn material(&self, layer: &FusedLayer) -> Option<Material> {
        let node = &self.graph.nodes[layer.node];
        let Op::Conv { out_channels, weights, .. } = &node.op else { return None };
        let windows = Windows::of(&node.op, self.tensors[layer.input].shape(), node.shape)?;
        let seen = windows.moments(&self.floats(node.inputs[0]));
        let (taps, size) = (windows.taps(), weights.len() / out_channels);
        let after = &self.gains[self.gains.len() - 1][layer.first_channel()..];
        let row = |(channel, row): (usize, &[f32])| {
            let before = self.gains_under(layer, channel);
            let weight = |(step, &w): (usize, &f32)| (f64::from(w) * before[step / taps] / after[channel]) as f32;
            row.iter().enumerate().map(weight).collect()
        };
        let rows = weights.chunks_exact(size).enumerate().map(row).collect();
        let before = &self.gains[layer.input];
        let importance = seen.iter().enumerate().map(|(at, seen)| (seen.variance / before[at / taps].powi(2)) as f32);
        let importance: Vec<f32> = importance.collect();
        let importance = importance.chunks_exact(size).map(<[f32]>::to_vec).collect();
        Some(Material { layer: node.name.clone(), rows, importance })
    }

    /// Gains of the input channels that an output channel of the layer sees.
    pub(in crate::quantize) fn gains_under(&self, layer: &FusedLayer, channel: usize) -> &[f64] {
        &self.gains[layer.input][self.sources(layer, channel)]
    }

    /// The input channels that an output channel of the layer sees.
    pub(in crate::quantize) fn sources(&self, layer: &FusedLayer, channel: usize) -> Range<usize> {
        Groups::of(&self.graph.nodes[layer.node].op, self.gains[layer.input].len()).sources(channel)
    }

    /// Per input channel of the layer its largest integer, of the images that calibrate; no end where no layer beside it is
    /// grouped.
    pub(in crate::quantize) fn counts(&self, layer: &FusedLayer) -> Vec<f64> {
        let (gains, scale) = (&self.gains[layer.input], self.tensors[layer.input].scale);
        let beside =
            self.parts(layer.input).are_groups() || layer.writes().is_some_and(|(id, _)| self.parts(id).are_groups());
        if layer.input == Net::INPUT || !beside {
            return vec![f64::INFINITY; gains.len()];
        }
        let floats = self.floats(self.graph.nodes[layer.node].inputs[0]);
        quiet::largest(&floats, gains.len()).iter().zip(gains).map(|(most, gain)| most / (gain * scale)).collect()
    }

    /// Gains of the layer's input channels, less where a channel has few counts: weights that see next to nothing, however
    /// large, do not widen the range of all results.
    fn gains_that_count(&self, layer: &FusedLayer) -> Vec<f64> {
        let counts = self.counts(layer);
        self.gains[layer.input].iter().zip(counts).map(|(gain, counts)| gain * (counts / COUNTS).min(1.0)).collect()
    }

    fn group(&mut self, group: &Group) -> Result<(), QuantizeError> {
        let scale = self.frame(group)?;
        let fused = self.fused;
        for layer in &fused.layers[group.layers.clone()] {
            self.layer(group, layer, scale);
        }
        self.values.retire(self.fused, group.layers.end);
        Ok(())
    }

    /// Gains and scale of the map that the group writes, from its values in floating point. Returns the scale.
    fn frame(&mut self, group: &Group) -> Result<f64, QuantizeError> {
        let reading = self.fused.layers[group.layers.clone()].iter().flat_map(|l| &self.graph.nodes[l.node].inputs);
        self.values.compute(group.node, &reading.copied().collect::<Vec<_>>())?;
        let first = &self.fused.layers[group.layers.start];
        let is_silent = || self.floats(group.node).iter().all(|image| image.iter().all(|&v| v == 0.0));
        if matches!(first.kind, FusedKind::Conv { .. }) && first.writes().is_some() && is_silent() {
            self.doubts.push(Doubt::Silent { map: self.graph.nodes[group.node].name.clone() });
        }
        let mut gains = self.output_gains(group);
        self.raise_gains(group, &mut gains);
        let scale = self.output_scale(group, &gains)?;
        self.limit_gains(group, &mut gains, scale)?;
        if let Some((id, _)) = first.writes() {
            if matches!(first.kind, FusedKind::Conv { .. }) && self.graph.nodes[group.node].given.result.is_none() {
                self.doubts.extend(self.quiet((group.node, id), &gains, scale));
            }
            let tensor = info(&self.graph.nodes[group.node], self.fused.maps[id].signed, scale);
            self.values.add_tensor(tensor.len());
            self.tensors.push(tensor);
        }
        self.gains.push(gains);
        Ok(scale)
    }

    /// Real value of one count of the group's results. Fails where a clip would lie beyond the range's upper end.
    fn output_scale(&self, group: &Group, gains: &[f64]) -> Result<f64, QuantizeError> {
        let layers = || self.fused.layers[group.layers.clone()].iter();
        let first = &self.fused.layers[group.layers.start];
        if let FusedKind::Pool { .. } = first.kind {
            return Ok(self.tensors[first.input].scale);
        }
        let most = self.limit(group).filter(|limit| limit.is_even()).map_or(f64::INFINITY, |limit| limit.scale(0));
        if let Some((id, _)) = first.writes() {
            let given = given::scale(&self.graph.nodes[group.node], self.fused.maps[id].signed);
            if let Some(scale) =
                given.filter(|s| *s <= most * ROUNDED && layers().all(|l| self.least_scale(l, gains) <= *s))
            {
                return Ok(scale);
            }
        }
        let wanted = self.wanted_scale(group, gains);
        let least = layers().map(|layer| self.least_scale(layer, gains)).fold(0.0, f64::max);
        self.check_scale(group, least, most)?;
        // Nothing but zeros and no weights: any scale will do.
        let scale = wanted.unwrap_or(0.0).max(least);
        Ok(if scale > 0.0 { scale } else { 1.0 }.min(most))
    }

    /// The scale that suits the values of the group's map; `None` where there are none but zeros.
    fn wanted_scale(&self, group: &Group, gains: &[f64]) -> Option<f64> {
        let first = &self.fused.layers[group.layers.start];
        let histogram = Histogram::new(&self.floats(group.node), gains);
        let [_, height, width] = self.graph.nodes[group.node].shape;
        let unseen = 1.0 + (UNSEEN / (self.calibrating * height * width) as f64).min(MOST_UNSEEN);
        let headroom = HEADROOM * unseen;
        match (&first.kind, first.writes()) {
            (_, Some((id, _))) if self.fused.maps[id].signed => {
                histogram.best_scale(i8::MAX as u32).map(|s| s * headroom)
            }
            (_, Some(_)) => histogram.best_scale(u8::MAX.into()).map(|s| s * headroom),
            (FusedKind::Conv { relu: true, .. }, None) => Some(sum_scale(&histogram, u16::MAX.into()) * unseen),
            _ => Some(sum_scale(&histogram, i16::MAX as u32) * unseen),
        }
    }

    fn check_scale(&self, group: &Group, least: f64, most: f64) -> Result<(), QuantizeError> {
        let node = || self.graph.nodes[group.node].name.clone();
        if least > most {
            let quantised = self.graph.nodes.iter().any(|node| node.given.result.is_some());
            Err(QuantizeError::Clip { node: node(), times: least / most, quantised })
        } else {
            Ok(())
        }
    }

    /// Where the channels of the group's map are clipped.
    fn limit(&self, group: &Group) -> Option<Limit<'a>> {
        let (id, _) = self.fused.layers[group.layers.start].writes()?;
        let map = &self.fused.maps[id];
        let counts = if map.signed { i8::MAX.into() } else { f64::from(u8::MAX) };
        map.limit.as_deref().map(|ends| Limit { ends, counts })
    }

    /// Raises the gains of channels that are pulled up so far that the multipliers would be out of range: where the map is
    /// clipped, and beside grouped layers with the scale that suits its values.
    fn raise_gains(&self, group: &Group, gains: &mut [f64]) {
        let first = &self.fused.layers[group.layers.start];
        if matches!(first.kind, FusedKind::Pool { .. }) || gains.iter().all(|&gain| gain == 1.0) {
            return;
        }
        let end = self.limit(group).filter(Limit::is_even).map(|limit| limit.scale(0) / ROUNDED);
        let grouped = first.writes().is_some_and(|(id, _)| self.parts(id).are_groups());
        let wanted = || if grouped { self.wanted_scale(group, gains) } else { None };
        let Some(most) = end.or_else(wanted) else { return };
        for layer in &self.fused.layers[group.layers.clone()] {
            let Op::Conv { out_channels, weights, .. } = &self.graph.nodes[layer.node].op else { continue };
            let (size, loudness) = (weights.len() / out_channels, self.gains_that_count(layer));
            let own = &mut gains[layer.first_channel()..];
            for (channel, (gain, row)) in own.iter_mut().zip(weights.chunks_exact(size)).enumerate() {
                let before = &loudness[self.sources(layer, channel)];
                let weight = |(index, &w): (usize, &f32)| (f64::from(w) * before[index * before.len() / size]).abs();
                let largest = row.iter().enumerate().map(weight).fold(0.0, f64::max);
                let least = weights::least_output_scale(largest, self.tensors[layer.input].scale) / most;
                *gain = gain.max(least.min(1.0));
            }
        }
    }

    /// Lowers the gains of channels that are clipped below the others, so that each saturates at its own end.
    fn limit_gains(&self, group: &Group, gains: &mut [f64], scale: f64) -> Result<(), QuantizeError> {
        let layers = &self.fused.layers[group.layers.clone()];
        let uneven =
            self.limit(group).filter(|limit| !limit.is_even() && matches!(layers[0].kind, FusedKind::Conv { .. }));
        let Some(limit) = uneven else { return Ok(()) };
        gains.iter_mut().enumerate().for_each(|(channel, gain)| *gain = gain.min(limit.scale(channel) / scale));
        let least = layers.iter().map(|layer| self.least_scale(layer, gains)).fold(0.0, f64::max);
        self.check_scale(group, least, scale)
    }

    /// Smallest output scale at which the layer's multipliers are in range.
    fn least_scale(&self, layer: &FusedLayer, gains: &[f64]) -> f64 {
        let units = self.average_units(layer, gains).map(|units| units.iter().fold(0f64, |m, w| m.max(*w)));
        let largest = units.unwrap_or_else(|| self.largest_weight(layer, gains));
        let weights = weights::least_output_scale(largest, self.tensors[layer.input].scale);
        match layer.kind {
            FusedKind::Conv { residual: Some((kept, _)), .. } => weights.max(self.tensors[kept].scale),
            _ => weights,
        }
    }

    /// The convolution's largest weight between maps whose gains are taken out: its input's and, of its result, `gains` (of
    /// the whole map it writes).
    fn largest_weight(&self, layer: &FusedLayer, gains: &[f64]) -> f64 {
        let Op::Conv { out_channels, weights, .. } = &self.graph.nodes[layer.node].op else { return 0.0 };
        let (after, size) = (&gains[layer.first_channel()..], weights.len() / out_channels);
        let loudness = self.gains_that_count(layer);
        let largest = |(channel, row): (usize, &[f32])| {
            let before = &loudness[self.sources(layer, channel)];
            let gain = |step: usize| before[step * before.len() / size] / after[channel];
            row.iter().enumerate().fold(0f64, |most, (step, &w)| most.max((f64::from(w) * gain(step)).abs()))
        };
        weights.chunks_exact(size).enumerate().map(largest).fold(0.0, f64::max)
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
            (_, Some((id, _))) => equalise::gains(&self.floats(group.node), &self.needs(id, channels), self.parts(id)),
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

    /// Float values of a computed node, per image that calibrates.
    pub(in crate::quantize) fn floats(&self, node: NodeId) -> Vec<&[f32]> {
        (0..self.calibrating).map(|image| self.values.float(image, node)).collect()
    }
}

/// Upper ends per channel of a map of so many counts.
struct Limit<'a> {
    ends: &'a [f32],
    counts: f64,
}

impl Limit<'_> {
    fn is_even(&self) -> bool {
        self.ends.iter().all(|end| *end == self.ends[0])
    }

    /// Real value of one count beyond which the channel would not saturate where it is clipped.
    fn scale(&self, channel: usize) -> f64 {
        f64::from(self.ends[channel]) / self.counts
    }
}

fn sum_scale(histogram: &Histogram, levels: u32) -> f64 {
    histogram.largest() * SUM_HEADROOM / f64::from(levels)
}

pub(in crate::quantize) fn info(node: &Node, signed: bool, scale: f64) -> TensorInfo {
    let [channels, height, width] = node.shape;
    TensorInfo { name: node.name.clone(), channels, height, width, signed, scale }
}

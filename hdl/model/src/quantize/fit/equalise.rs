//! Channel gains: quiet channels of a feature map are amplified before rounding, and the next layer's weights undo it.
//!
//! ReLU, pooling and concatenation commute with a positive factor per channel, so the float function stays what it is and
//! the integer network keeps one scale per tensor. A channel's gain is the root of its range over that of the weights that
//! read it: what rounding costs in both is then the same (cross-layer equalisation: Nagel et al., Data-Free Quantization, 2019).
//! Where groups read the map, each has weights of its own scales, so a gain for a whole group costs nothing in these: the
//! loudest channel of every group fills the range. Behind a depthwise layer, whose weights take the gains of both its maps,
//! every channel does.

use crate::graph::Op;
use crate::groups::Groups;
use crate::quantize::fit::calibrate::Calibration;
use crate::quantize::fuse::{FusedKind, FusedLayer};
use rayon::prelude::{IntoParallelIterator, ParallelIterator};
use systole_net::TensorId;

/// Pixels of an image that say as much of a channel's range as so many images: neighbours are alike.
const PIXELS: usize = 64;

/// How far each value other than zero that was seen of a channel lets it be pulled up.
const PULL: usize = 2;

/// Where a layer beside the map is grouped, all channels are pulled up: what they lack there nothing makes up for. A range that so
/// few values say is taken to be twice as wide, and at most so many times.
const FEW: f64 = 16.0;
const MOST_ROOM: f64 = 8.0;

/// What was seen of a channel.
#[derive(Clone, Copy, Default)]
struct Seen {
    largest: f32,
    /// Values other than zero, at most so many of an image.
    values: usize,
}

impl Seen {
    /// How far beyond what was seen a channel's range goes.
    fn room(&self) -> f64 {
        (1.0 + FEW / self.values.max(1) as f64).min(MOST_ROOM)
    }
}

/// In how many runs of channels the layers on both sides of a map work, none of which sees more than one: 1 where some layer
/// sees all channels.
#[derive(Clone, Copy)]
pub(in crate::quantize) struct Parts {
    pub read: usize,
    pub written: usize,
}

impl Parts {
    /// Whether a layer on either side is grouped.
    pub fn are_groups(&self) -> bool {
        self.read.max(self.written) > 1
    }
}

/// Per channel the real value of one count relative to the tensor's scale, at most 1, from images `[channels][pixels]` and
/// what the channels' readers make of them, in such parts. Between ungrouped layers, channels are not pulled up further than values other than
/// zero were seen of each: a range that few values say is not known well enough for more.
pub(in crate::quantize) fn gains(images: &[&[f32]], needs: &[f64], parts: Parts) -> Vec<f64> {
    let channels = needs.len();
    let add = |seen: Seen, values: &[f32]| Seen {
        largest: values.iter().fold(seen.largest, |m, v| m.max(v.abs())),
        values: seen.values + values.iter().filter(|v| **v != 0.0).count().min(PIXELS),
    };
    let of = |channel: usize| {
        let pixels = |image: &&[f32]| image.len() / channels * channel..image.len() / channels * (channel + 1);
        images.iter().fold(Seen::default(), |seen, image| add(seen, &image[pixels(image)]))
    };
    let seen: Vec<Seen> = (0..channels).into_par_iter().map(of).collect();
    // A silent channel needs no gain, nor does one that nobody reads.
    let wanted = |(seen, &need): (&Seen, &f64)| match need > 0.0 {
        true => (f64::from(seen.largest) / need).sqrt(),
        false => 0.0,
    };
    let mut wanted: Vec<f64> = seen.iter().zip(needs).map(wanted).collect();
    if parts.read > 1 {
        let size = channels / parts.read;
        wanted.chunks_mut(size).zip(seen.chunks(size)).for_each(|(w, seen)| fill(w, seen));
    }
    let most = wanted.iter().fold(0f64, |m, &w| m.max(w));
    let gain = |(&wanted, seen): (&f64, &Seen)| match wanted > 0.0 {
        true if parts.are_groups() => (wanted / most * seen.room()).min(1.0),
        true => (wanted / most).max(1.0 / (PULL * seen.values) as f64),
        false => 1.0,
    };
    wanted.iter().zip(&seen).map(gain).collect()
}

/// Multiplies the gains of a group so that its loudest channel fills the range where the gain is 1.
fn fill(wanted: &mut [f64], seen: &[Seen]) {
    let loudness = |(&wanted, seen): (&f64, &Seen)| if wanted > 0.0 { f64::from(seen.largest) / wanted } else { 0.0 };
    let loudest = wanted.iter().zip(seen).map(loudness).fold(0.0, f64::max);
    wanted.iter_mut().for_each(|wanted| *wanted *= loudest);
}

impl Calibration<'_> {
    /// Per channel of a map its largest weight in the convolutions that read it, relative to the largest of the output channel.
    pub(in crate::quantize) fn needs(&self, map: TensorId, channels: usize) -> Vec<f64> {
        let mut needs = vec![0f64; channels];
        for layer in self.readers(map) {
            match &self.graph.nodes[layer.node].op {
                op @ Op::Conv { out_channels, weights, .. } => {
                    let (size, groups) = (weights.len() / out_channels, Groups::of(op, channels));
                    let rows = weights.chunks_exact(size).enumerate();
                    rows.for_each(|(channel, row)| add_needs(row, &mut needs[groups.sources(channel)]));
                }
                _ => needs.iter_mut().for_each(|need| *need = need.max(1.0)),
            }
        }
        needs
    }

    /// The parts that a map's readers and writers see.
    pub(in crate::quantize) fn parts(&self, map: TensorId) -> Parts {
        let groups = |layer: &FusedLayer| {
            let channels = self.graph.nodes[self.fused.maps[layer.input].node].shape[0];
            self.graph.nodes[layer.node].op.groups(channels)
        };
        let read = self.readers(map).into_iter().map(groups).reduce(common_divisor);
        let writers = self.fused.layers.iter().filter(|layer| layer.writes().is_some_and(|(id, _)| id == map));
        let written = writers.map(groups).reduce(common_divisor);
        Parts { read: read.unwrap_or(1), written: written.unwrap_or(1) }
    }

    /// The layers that compute something of a map, or of what is pooled from it.
    pub(in crate::quantize) fn readers(&self, map: TensorId) -> Vec<&FusedLayer> {
        let mut reached = vec![false; self.fused.maps.len()];
        reached[map] = true;
        let mut readers = Vec::new();
        for layer in &self.fused.layers {
            match layer.kind {
                _ if !reached[layer.input] => {}
                FusedKind::Pool { output } => reached[output] = true,
                FusedKind::Conv { .. } => readers.push(layer),
            }
        }
        readers
    }
}

fn common_divisor(a: usize, b: usize) -> usize {
    if b == 0 {
        a
    } else {
        common_divisor(b, a % b)
    }
}

fn add_needs(row: &[f32], needs: &mut [f64]) {
    let largest = |taps: &[f32]| taps.iter().fold(0f32, |m, w| m.max(w.abs()));
    let most = f64::from(largest(row));
    if most > 0.0 {
        let taps = row.len() / needs.len();
        needs
            .iter_mut()
            .zip(row.chunks_exact(taps))
            .for_each(|(need, taps)| *need = need.max(f64::from(largest(taps)) / most));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Parts = Parts { read: 1, written: 1 };

    #[test]
    fn quiet_channels_are_pulled_up_within_bounds() {
        let image = [8.0, 4.0, -2.0, 0.0, 0.0, 0.0, 1e-9, 0.0];
        assert_eq!(gains(&[&image[..]; 20], &[1.0; 4], ONE), [1.0, 0.5, 1.0, 1.0 / 40.0]);
        assert_eq!(gains(&[&image], &[1.0; 4], ONE), [1.0, 0.5, 1.0, 0.5]);
    }

    #[test]
    fn what_is_read_with_large_weights_is_pulled_up_more() {
        let image = [8.0, 8.0 / 1024.0, 2.0, 2.0];
        let mut needs = [0.0; 4];
        add_needs(&[0.0, 1.0, -1024.0, 3.0, 0.5, -1.0, 0.0, 0.0], &mut needs);
        assert_eq!(needs, [1.0 / 1024.0, 1.0, 1.0 / 1024.0, 0.0]);
        assert_eq!(gains(&[&image[..]; 2048], &needs, ONE), [1.0, 1.0 / 1024.0, 0.5, 1.0]);
    }

    #[test]
    fn every_group_fills_the_range() {
        let image = [8.0, 8.0, 0.5, 0.5, 0.125, 0.125, 0.03125, 0.03125];
        let found = |parts| gains(&[&image[..]; 2048], &[1.0, 0.25, 1.0, 1.0], Parts { read: parts, written: 1 });
        let like = |parts, wanted: [f64; 4]| {
            found(parts)
                .iter()
                .zip(wanted)
                .all(|(a, b)| (a / b / if b < 1.0 { 1.0 + FEW / 4096.0 } else { 1.0 } - 1.0).abs() < 1e-12)
        };
        assert!(like(4, [1.0, 1.0 / 16.0, 1.0 / 64.0, 1.0 / 256.0]), "{:?}", found(4));
        assert!(like(2, [1.0, 0.5, 1.0 / 64.0, 1.0 / 128.0]), "{:?}", found(2));
    }
}

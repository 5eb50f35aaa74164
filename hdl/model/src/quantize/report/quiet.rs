//! Channels of a map that are so much quieter than its others that its integers hardly tell their values apart.

use crate::graph::{NodeId, Op};
use crate::groups::Groups;
use crate::quantize::fit::calibrate::Calibration;
use crate::quantize::report::doubt::Doubt;
use systole_net::TensorId;

/// Largest integer of a channel below which it is said to be lost: it has two bits at most.
const FEW: f64 = 4.0;
/// Part of what the loudest channel brings to some result from which on a channel is needed.
const NEEDED: f64 = 0.25;

impl Calibration<'_> {
    /// What to know of a map of `node` with such gains and scale, where channels that its readers need are lost.
    pub(in crate::quantize) fn quiet(
        &self,
        (node, map): (NodeId, TensorId),
        gains: &[f64],
        scale: f64,
    ) -> Option<Doubt> {
        let largest = largest(&self.floats(node), gains.len());
        let loudest = largest.iter().copied().fold(0.0, f64::max);
        let needed = self.shares(map, &largest);
        let is_lost = |&c: &usize| largest[c] > 0.0 && needed[c] >= NEEDED && largest[c] < FEW * gains[c] * scale;
        let lost: Vec<usize> = (0..gains.len()).filter(is_lost).collect();
        let ratio = lost.iter().map(|&c| loudest / largest[c]).reduce(f64::max)?;
        let map = self.graph.nodes[node].name.clone();
        Some(Doubt::Quiet { map, lost: lost.len(), channels: gains.len(), ratio })
    }

    /// Per channel the largest part that it has in a result, of the part of the channel that has most in it.
    fn shares(&self, map: TensorId, largest: &[f64]) -> Vec<f64> {
        let mut shares = vec![0f64; largest.len()];
        for layer in self.readers(map) {
            match &self.graph.nodes[layer.node].op {
                op @ Op::Conv { out_channels, weights, .. } => {
                    let groups = Groups::of(op, largest.len());
                    for (channel, row) in weights.chunks_exact(weights.len() / out_channels).enumerate() {
                        let seen = groups.sources(channel);
                        add_shares(row, &largest[seen.clone()], &mut shares[seen]);
                    }
                }
                // Every result is of one channel alone.
                _ => shares.fill(1.0),
            }
        }
        shares
    }
}

/// Largest magnitude per channel, of images `[channels][pixels]`.
pub(in crate::quantize) fn largest(images: &[&[f32]], channels: usize) -> Vec<f64> {
    let mut largest = vec![0f64; channels];
    for image in images {
        let planes = image.chunks_exact(image.len() / channels);
        let ends = planes.map(|plane| plane.iter().fold(0f32, |most, value| most.max(value.abs())));
        largest.iter_mut().zip(ends).for_each(|(most, end)| *most = most.max(end.into()));
    }
    largest
}

fn add_shares(row: &[f32], largest: &[f64], shares: &mut [f64]) {
    let taps = row.chunks_exact(row.len() / largest.len());
    let heaviest = taps.map(|taps| taps.iter().fold(0f32, |most, weight| most.max(weight.abs())));
    let parts: Vec<f64> = heaviest.zip(largest).map(|(weight, largest)| f64::from(weight) * largest).collect();
    let most = parts.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    shares.iter_mut().zip(parts).for_each(|(share, part)| *share = share.max(part / most));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_needed_as_far_as_some_result_hangs_on_it() {
        let mut shares = vec![0.0; 3];
        add_shares(&[1.0, -2.0, 0.0, 4.0, 1.0, 0.0], &[8.0, 2.0, 1e-3], &mut shares);
        assert_eq!(shares, [1.0, 0.5, 1e-3 / 16.0]);
        add_shares(&[0.0, 0.0, 0.0, 0.0, 1.0, 0.0], &[8.0, 2.0, 1e-3], &mut shares);
        assert_eq!(shares, [1.0, 0.5, 1.0]);
    }

    #[test]
    fn the_largest_magnitude_of_all_images_counts() {
        assert_eq!(largest(&[&[1.0, -3.0, 0.0, 0.5], &[2.0, 0.0, -0.25, 0.0]], 2), [3.0, 0.5]);
    }
}

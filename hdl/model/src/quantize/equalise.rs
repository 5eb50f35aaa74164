//! Channel gains: quiet channels of a feature map are amplified before rounding, and the next layer's weights undo it.
//!
//! ReLU, pooling and concatenation commute with a positive factor per channel, so the float function stays what it is and
//! the integer network keeps one scale per tensor (cross-layer equalisation: Nagel et al., Data-Free Quantization, 2019).

use rayon::prelude::{IntoParallelIterator, ParallelIterator};

/// How far a channel's range is pulled to the largest one: 1 would make all ranges equal.
const PULL: f64 = 0.5;
/// Smallest gain: rare channels are not known well enough for more.
const LEAST: f64 = 1.0 / 16.0;

/// Per channel the real value of one count relative to the tensor's scale, at most 1, from images `[channels][pixels]`.
pub(super) fn gains(images: &[&[f32]], channels: usize) -> Vec<f64> {
    let largest = |channel: usize| {
        let values =
            images.iter().flat_map(|image| &image[channel * image.len() / channels..][..image.len() / channels]);
        f64::from(values.fold(0f32, |m, v| m.max(v.abs())))
    };
    let ranges: Vec<f64> = (0..channels).into_par_iter().map(largest).collect();
    let most = ranges.iter().fold(0f64, |m, &r| m.max(r));
    // A silent channel needs no gain; a silent map has none to give.
    let gain = |&range: &f64| if range > 0.0 { (range / most).powf(PULL).max(LEAST) } else { 1.0 };
    ranges.iter().map(gain).collect()
}

#[cfg(test)]
mod tests {
    use super::{gains, LEAST};

    #[test]
    fn quiet_channels_are_pulled_up_within_bounds() {
        let image = [8.0, 4.0, -2.0, 0.0, 0.0, 0.0, 0.001, 0.0];
        assert_eq!(gains(&[&image], 4), [1.0, 0.5, 1.0, LEAST]);
    }
}

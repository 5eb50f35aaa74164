//! What makes calibration images poor ones, so that the report cannot be taken at its word.

use crate::quantize::report::split::Split;
use serde::{Deserialize, Serialize};
use systole_net::Image;

/// So many images are wanted at least for the ranges of maps, and are enough whatever a layer has of weights.
const LEAST: usize = 8;
const ENOUGH: usize = 32;

/// Something that whoever chose the images should know.
#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    #[error("one image, and it calibrated: its figures flatter, and nothing was measured on others; give some dozens of typical ones")]
    OneImage,
    #[error("{found} image(s) calibrated, {wanted} or more are wanted: {layer} has {weights} weights per output and saw {samples} sample(s)")]
    Few { found: usize, wanted: usize, layer: String, weights: usize, samples: usize },
    #[error("{equal} of {images} images are equal to others and count once")]
    Equal { equal: usize, images: usize },
    #[error("{blank} of {images} images have one colour alone")]
    Blank { blank: usize, images: usize },
    #[error("{map} is zero on every image that calibrated, so nothing is known of its values; give images that it answers to, prepared as in training")]
    Silent { map: String },
    #[error("{map}: {lost} of its {channels} channels have 2 bits or less, though layers that read them need them: they are up to {ratio:.0} times quieter than its loudest; in the model, multiply the weights and the bias that make such a channel by what it is quieter, and divide the weights that read it by the same")]
    Quiet { map: String, lost: usize, channels: usize, ratio: f64 },
}

/// What the images alone say.
pub(in crate::quantize) fn of_images(images: &[Image], split: &Split) -> Vec<Doubt> {
    let has_one_colour = |image: &&Image| image.rgb.chunks_exact(3).all(|pixel| pixel == &image.rgb[..3]);
    let (count, equal, blank) = (images.len(), split.equal, images.iter().filter(has_one_colour).count());
    let doubts = [
        split.held_back.is_empty().then_some(Doubt::OneImage),
        (equal > 0).then_some(Doubt::Equal { equal, images: count }),
        (blank > 0).then_some(Doubt::Blank { blank, images: count }),
    ];
    doubts.into_iter().flatten().collect()
}

/// The layer of `(name, weights per output, output pixels)` that wants most images, where `found` are too few for it.
pub(in crate::quantize) fn few<'a>(
    layers: impl Iterator<Item = (&'a str, usize, usize)>,
    found: usize,
) -> Option<Doubt> {
    let wanted = |(_, weights, pixels): &(&str, usize, usize)| weights.div_ceil(*pixels).clamp(LEAST, ENOUGH);
    let (layer, weights, pixels) = layers.reduce(|a, b| if wanted(&b) > wanted(&a) { b } else { a })?;
    let wanted = wanted(&(layer, weights, pixels));
    let samples = found * pixels;
    (found < wanted).then(|| Doubt::Few { found, wanted, layer: layer.to_string(), weights, samples })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_is_what_the_neediest_layer_says() {
        let layers = || [("conv", 27, 100), ("fc", 924, 1), ("last", 6, 1)].into_iter();
        let wanted = Doubt::Few { found: 4, wanted: ENOUGH, layer: "fc".into(), weights: 924, samples: 4 };
        assert_eq!(few(layers(), 4), Some(wanted));
        assert_eq!(few(layers(), ENOUGH), None);
        assert!(matches!(few(layers().take(1), 7), Some(Doubt::Few { wanted: LEAST, samples: 700, .. })));
    }
}

//! Image bytes to the network's input: the known normalisations as data, and their application.

use crate::error::ModelError;
use crate::graph::Preprocess;

/// Largest value of an image byte.
const BYTE_MAX: f32 = 255.0;

/// Names that [`Preprocess::by_name`] knows.
pub const PREPROCESS_NAMES: [&str; 4] = ["caffe", "torchvision", "unit", "grey"];

impl Preprocess {
    /// Caffe's ImageNet models: B, G, R, the dataset's mean subtracted, no scaling.
    pub fn caffe() -> Self {
        Preprocess { rgb_index: vec![2, 1, 0], mean: vec![104.0, 117.0, 123.0], scale: vec![1.0; 3] }
    }

    /// torchvision's ImageNet models: R, G, B in 0..1, then mean and standard deviation per channel.
    pub fn torchvision() -> Self {
        let mean = [0.485, 0.456, 0.406];
        let deviation = [0.229, 0.224, 0.225];
        Preprocess {
            rgb_index: vec![0, 1, 2],
            mean: mean.iter().map(|m| m * BYTE_MAX).collect(),
            scale: deviation.iter().map(|d| 1.0 / (d * BYTE_MAX)).collect(),
        }
    }

    /// R, G, B in 0..1.
    pub fn unit() -> Self {
        Preprocess { rgb_index: vec![0, 1, 2], mean: vec![0.0; 3], scale: vec![1.0 / BYTE_MAX; 3] }
    }

    /// One channel in 0..1, for networks that take grey images.
    pub fn grey() -> Self {
        Preprocess { rgb_index: vec![0], mean: vec![0.0], scale: vec![1.0 / BYTE_MAX] }
    }

    /// One of [`PREPROCESS_NAMES`].
    pub fn by_name(name: &str) -> Result<Self, ModelError> {
        match name {
            "caffe" => Ok(Self::caffe()),
            "torchvision" => Ok(Self::torchvision()),
            "unit" => Ok(Self::unit()),
            "grey" => Ok(Self::grey()),
            _ => Err(ModelError::UnknownPreprocess { found: name.to_string(), known: PREPROCESS_NAMES.join(", ") }),
        }
    }

    /// `[height][width][rgb]` bytes to `[channels][height][width]` normalised values.
    ///
    /// # Errors
    /// [`ModelError::Length`] when `rgb` does not hold `height * width` pixels.
    pub fn apply(&self, rgb: &[u8], height: usize, width: usize) -> Result<Vec<f32>, ModelError> {
        let wanted = height * width * 3;
        if rgb.len() != wanted {
            return Err(ModelError::Length { what: "RGB image bytes".to_string(), wanted, found: rgb.len() });
        }
        let channels = self.rgb_index.iter().zip(self.mean.iter().zip(&self.scale));
        let values = channels.flat_map(|(&index, (mean, scale))| {
            rgb.chunks_exact(3).map(move |pixel| (f32::from(pixel[index]) - mean) * scale)
        });
        Ok(values.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caffe_swaps_to_bgr_and_subtracts_the_mean() {
        let x = Preprocess::caffe().apply(&[1, 2, 3, 123, 117, 104], 1, 2).unwrap();
        assert_eq!(x, [-101.0, 0.0, -115.0, 0.0, -122.0, 0.0]);
    }

    #[test]
    fn torchvision_of_white_is_one_minus_mean_over_deviation() {
        let x = Preprocess::torchvision().apply(&[255; 3], 1, 1).unwrap();
        for (got, want) in x.iter().zip([2.248_908, 2.428_571, 2.64]) {
            assert!((got - want).abs() < 1e-5, "{got} {want}");
        }
    }

    #[test]
    fn every_listed_name_is_known_and_others_are_refused() {
        assert!(PREPROCESS_NAMES.iter().all(|n| Preprocess::by_name(n).is_ok()));
        assert!(matches!(Preprocess::by_name("x"), Err(ModelError::UnknownPreprocess { .. })));
        assert!(matches!(Preprocess::unit().apply(&[0; 5], 1, 2), Err(ModelError::Length { wanted: 6, found: 5, .. })));
    }
}

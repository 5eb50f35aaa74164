//! The scale of a feature map: the clipping point with the least squared error over the calibration images.

/// Bins from 0 to the largest magnitude; sixteen to a count of the finest scale.
const BINS: usize = 4096;
/// Clipping points tried, as parts of the largest magnitude.
const PARTS: usize = 128;
/// Smallest part tried.
const LEAST_PART: usize = PARTS / 8;
/// How much a clipped value's squared error counts: clipping errs to one side, and sums do not average that out.
const CLIPPED: f64 = 16.0;

/// Counts of magnitudes; zeros are left out, they are exact in every scale.
pub(in crate::quantize) struct Histogram {
    largest: f64,
    counts: Vec<u64>,
}

impl Histogram {
    /// Of all values of some images `[channels][pixels]`, each channel divided by its gain.
    pub fn new(images: &[&[f32]], gains: &[f64]) -> Self {
        let channels = || images.iter().flat_map(|image| image.chunks(image.len() / gains.len()).zip(gains));
        let magnitudes = || channels().flat_map(|(values, gain)| values.iter().map(move |v| f64::from(v.abs()) / gain));
        let largest = magnitudes().fold(0f64, f64::max);
        let mut counts = vec![0; BINS];
        if largest > 0.0 {
            let per_value = BINS as f64 / largest;
            magnitudes().filter(|&m| m > 0.0).for_each(|m| counts[((m * per_value) as usize).min(BINS - 1)] += 1);
        }
        Histogram { largest, counts }
    }

    pub fn largest(&self) -> f64 {
        self.largest
    }

    /// Real value of one count when magnitudes have `levels` counts; `None` when all values are zero.
    pub fn best_scale(&self, levels: u32) -> Option<f64> {
        let scales = (LEAST_PART..=PARTS).map(|part| self.largest * part as f64 / PARTS as f64 / f64::from(levels));
        let errors = scales.map(|scale| (self.squared_error(scale, levels), scale));
        (self.largest > 0.0).then(|| errors.min_by(|a, b| a.0.total_cmp(&b.0)))?.map(|(_, scale)| scale)
    }

    fn squared_error(&self, scale: f64, levels: u32) -> f64 {
        let width = self.largest / BINS as f64;
        let error = |bin: usize| {
            let value = (bin as f64 + 0.5) * width;
            let count = (value / scale).round();
            let weight = if count > f64::from(levels) { CLIPPED } else { 1.0 };
            weight * (value - count.min(levels.into()) * scale).powi(2)
        };
        self.counts.iter().enumerate().filter(|(_, &n)| n > 0).map(|(bin, &n)| n as f64 * error(bin)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_values_are_not_clipped_and_a_lone_outlier_is() {
        let even: Vec<f32> = (0..=10_000).map(|i| i as f32 / 10_000.0).collect();
        let scale = Histogram::new(&[&even], &[1.0]).best_scale(255).unwrap();
        assert!((0.95..=1.0).contains(&(scale * 255.0)), "{scale}");
        let outlier: Vec<f32> = even.iter().cycle().take(10_000_000).copied().chain([4.0]).collect();
        let scale = Histogram::new(&[&outlier], &[1.0]).best_scale(255).unwrap();
        assert!((1.0..3.0).contains(&(scale * 255.0)), "{scale}");
    }

    #[test]
    fn nothing_but_zeros_has_no_scale() {
        assert_eq!(Histogram::new(&[&[0.0; 4]], &[1.0]).best_scale(255), None);
    }
}

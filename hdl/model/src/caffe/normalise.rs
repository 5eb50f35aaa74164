//! Caffe's BatchNorm and Scale layers: factors and offsets per channel, folded into the convolution before them.

use super::network::Importer;
use super::params::Params;
use super::text::Message;
use crate::builder::{Site, Value};

/// Caffe's own where the prototxt has none.
const EPSILON: &str = "1e-5";

impl Importer {
    /// `(x - mean / count) / sqrt(variance / count + eps)`: blobs mean, variance and (one value) count.
    pub fn batch_norm(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>]) -> Option<Value> {
        let b = &mut self.builder;
        let known = ["use_global_stats", "moving_average_fraction", "eps"];
        let params = Params::new(b, site, layer, "batch_norm_param", &known);
        let epsilon = params.word(b, "eps")?.unwrap_or(EPSILON);
        let stored = params.flag(b, "use_global_stats", true)?;
        let Some(epsilon) = epsilon.parse::<f32>().ok().filter(|e| *e >= 0.0 && e.is_finite() && stored) else {
            let why = format!("eps {epsilon}, use_global_stats {stored}");
            b.report(site, "eps", why, "stored statistics and an eps of 0 or more");
            return None;
        };
        let input = self.only(site, bottoms)?;
        let channels = self.builder.shape(input)[0];
        let blobs = self.weights.blobs(&mut self.builder, site)?;
        let mean = blobs.take(&mut self.builder, site, 0, &[channels]);
        let variance = blobs.take(&mut self.builder, site, 1, &[channels]);
        let count = blobs.take(&mut self.builder, site, 2, &[1]);
        let (mean, variance, count) = (mean?, variance?, count?[0]);
        // Caffe takes statistics that were never gathered as zero.
        let share = if count == 0.0 { 0.0 } else { 1.0 / count };
        let factor: Vec<f32> = variance.iter().map(|v| 1.0 / (v * share + epsilon).sqrt()).collect();
        let offset: Vec<f32> = mean.iter().zip(&factor).map(|(m, f)| -m * share * f).collect();
        self.builder.scale_channels(site, input, &factor, &offset)
    }

    /// A factor per channel, and an offset where `bias_term` is set.
    pub fn scale(&mut self, site: Site, layer: &Message, bottoms: &[Option<Value>]) -> Option<Value> {
        let b = &mut self.builder;
        let known = ["axis", "num_axes", "filler", "bias_term", "bias_filler"];
        let params = Params::new(b, site, layer, "scale_param", &known);
        for name in ["axis", "num_axes"] {
            if let Some(other) = params.word(b, name)?.filter(|&value| value != "1") {
                b.report(site, name, format!("is {other}"), format!("{name}: 1, one factor per channel"));
                return None;
            }
        }
        let with_offset = params.flag(b, "bias_term", false)?;
        let input = self.only(site, bottoms)?;
        let channels = self.builder.shape(input)[0];
        let blobs = self.weights.blobs(&mut self.builder, site)?;
        let factor = blobs.take(&mut self.builder, site, 0, &[channels]);
        let offset = match with_offset {
            true => blobs.take(&mut self.builder, site, 1, &[channels]),
            false => Some(vec![0.0; channels]),
        };
        self.builder.scale_channels(site, input, &factor?, &offset?)
    }
}

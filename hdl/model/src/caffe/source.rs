//! Where a network description gets its weights from: a caffemodel, or a Deep Compression file.

use super::blobs::BlobTable;
use super::compressed::Compressed;
use crate::builder::{Builder, Site};
use crate::given::Codebook;

pub(crate) enum Source {
    Blobs(BlobTable),
    Compressed(Compressed),
}

/// Weights and one bias per output.
pub(crate) struct Parameters {
    pub weights: Vec<f32>,
    pub bias: Vec<f32>,
    pub codebook: Option<Codebook>,
}

impl Source {
    /// Weights of the given shape (the first is that of the outputs), and biases where the layer has them.
    pub fn parameters(&mut self, b: &mut Builder, site: Site, shape: &[usize], bias_term: bool) -> Option<Parameters> {
        if shape.contains(&0) {
            b.report(site, "num_output", format!("weights of {shape:?}"), "one or more of every size");
            return None;
        }
        match self {
            Source::Blobs(blobs) => from_blobs(blobs, b, site, shape, bias_term),
            Source::Compressed(file) => {
                let decoded = file.take(b, site, shape)?;
                let (weights, bias) = (decoded.codebook.decode(), decoded.bias);
                Some(Parameters { weights, bias, codebook: Some(decoded.codebook) })
            }
        }
    }

    /// Notes or reports what no layer asked for.
    pub fn finish(&self, b: &mut Builder) {
        match self {
            Source::Compressed(file) => file.finish(b),
            Source::Blobs(blobs) => {
                let unused = blobs.unused().into_iter();
                b.notes.extend(unused.map(|name| format!("{name}: weights that the network description does not use")));
            }
        }
    }

    /// The caffemodel's blobs, for layers that a Deep Compression file cannot have.
    pub fn blobs(&mut self, b: &mut Builder, site: Site) -> Option<&mut BlobTable> {
        match self {
            Source::Blobs(blobs) => Some(blobs),
            Source::Compressed(_) => {
                b.report(site, "", "has parameters that a Deep Compression file does not hold", "a caffemodel");
                None
            }
        }
    }
}

fn from_blobs(
    blobs: &mut BlobTable,
    b: &mut Builder,
    site: Site,
    shape: &[usize],
    bias_term: bool,
) -> Option<Parameters> {
    let weights = blobs.take(b, site, 0, shape);
    let bias = match bias_term {
        true => blobs.take(b, site, 1, &shape[..1]),
        false => Some(Vec::new()),
    };
    let wanted = 1 + usize::from(bias_term);
    let found = blobs.count(site.node);
    if found > wanted {
        let why = format!("{found} blobs in the caffemodel");
        b.report(site, "bias_term", why, format!("{wanted}, as bias_term: {bias_term} says"));
        return None;
    }
    let (weights, mut bias) = (weights?, bias?);
    bias.resize(shape[0], 0.0);
    Some(Parameters { weights, bias, codebook: None })
}

//! Post-training quantisation: the float graph and some images become the integer network. The last float dies here.

mod calibrate;
mod encode;
mod equalise;
mod error;
mod fuse;
mod integer;
mod layer;
mod outcome;
mod patch;
mod report;
mod scale;
mod values;
mod weights;

pub use error::QuantizeError;
pub use fuse::unsupported;
pub use report::{LayerReport, Report};

use crate::graph::{Graph, Preprocess};
use systole_net::{Image, Net};

/// What the graph does not say.
#[derive(Clone, Debug, Default)]
pub struct QuantizeOptions {
    /// Class names in the order of the scores, or empty.
    pub labels: Vec<String>,
}

/// One step of the work, reported before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// Feature map (one or more layers) that comes next.
    pub map: &'a str,
    pub done: usize,
    pub total: usize,
}

/// Makes the integer network of `graph` from calibration `images` of the network's size (some dozens are enough).
///
/// Weights get one scale per output channel, activations one per tensor, chosen by least squared error; biases absorb the
/// mean error that is left on the images. The same arguments give the same network, bit for bit.
///
/// # Errors
/// Structures that the machine has no step for (all at once), images of another size or none, values that are not finite.
pub fn quantize(
    graph: &Graph,
    preprocess: &Preprocess,
    images: &[Image],
    options: &QuantizeOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Net, Report), QuantizeError> {
    if images.is_empty() {
        return Err(QuantizeError::NoImages);
    }
    let graph = fuse::relu_before_pool(graph);
    let encoding = encode::Encoding::new(&graph, preprocess)?;
    let fused = fuse::fuse(&graph, encoding.signed)?;
    let calibration = calibrate::Calibration::new(&graph, &fused, encoding, preprocess, images)?;
    let (mut net, report) = calibration.run(progress)?;
    net.labels.clone_from(&options.labels);
    net.check().map_err(QuantizeError::Unsound)?;
    Ok((net, report))
}

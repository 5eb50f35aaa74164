//! Post-training quantisation: the float graph and some images become the integer network. The last float dies here.

mod error;
mod fit;
mod forms;
mod fuse;
mod prepare;
mod report;
mod round;

pub use error::QuantizeError;
pub use forms::budget::{Choice, Sensitivity};
pub use forms::choice::{WeightFormat, WeightFormats};
pub use fuse::outline::{outline, unsupported};
pub use report::distribution::Distribution;
pub use report::doubt::Doubt;
pub use report::measured::{LayerReport, Report};
pub use report::split::Split;

use crate::graph::{FileImage, Graph};
use crate::host::score_ends;
use forms::sensitivity::Measured;
use systole_net::{Image, Net, NetError, Preprocess, Preprocessing, Resize};

/// What the graph does not say.
#[derive(Clone, Debug, Default)]
pub struct QuantizeOptions {
    /// Class names in the order of the scores, or empty.
    pub labels: Vec<String>,
    /// How pictures of other sizes became the network's; kept with it.
    pub resize: Option<Resize>,
    /// In what form weights are kept.
    pub weights: WeightFormats,
}

/// One step of the work, reported before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// Feature map (one or more layers) that comes next, or what is made for all of them.
    pub map: &'a str,
    pub done: usize,
    pub total: usize,
}

/// Makes the integer network of `graph` from `images` of the network's size (some dozens are enough). A fifth of them is held
/// back ([`Split`]): the others calibrate, and the report says what came of it on these.
///
/// Weights get one scale per output channel, activations one per tensor, chosen by least squared error; biases absorb the
/// mean error that is left on the images. What a padded 1x1 last layer has outside its map is counted and not computed
/// ([`Net::fold_border`]). The same arguments give the same network, bit for bit.
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
    let (net, report, _) = calibrate((graph, preprocess, images), &options.weights, &[], progress)?;
    let preprocessing =
        Preprocessing { preprocess: preprocess.clone(), inside: graph.image.inside.clone(), resize: options.resize };
    let labels = options.labels.clone();
    let score_ends = score_ends(graph).map(|ends| ends.map(f64::from));
    let net = Net { labels, preprocessing: Some(preprocessing), score_ends, ..net }.fold_border();
    net.check().map_err(QuantizeError::Unsound)?;
    Ok((net, report))
}

/// The same function in the forms that the machine has steps for.
fn prepared(graph: &Graph) -> Graph {
    let composed = prepare::image::behind_a_layer(prepare::compose::compose_averages(prepare::last_mean::last_mean(
        graph.clone(),
    )));
    prepare::average::sum_behind_a_layer(prepare::activation::before_pool(prepare::stride::pick_behind(composed)))
}

/// A model with what it needs to be calibrated.
type Source<'a> = (&'a Graph, &'a Preprocess, &'a [Image]);

fn calibrate(
    (graph, preprocess, images): Source,
    formats: &WeightFormats,
    tried: &[WeightFormat],
    progress: &mut dyn FnMut(Progress),
) -> Result<(Net, Report, Vec<forms::variant::Variant>), QuantizeError> {
    if images.is_empty() {
        return Err(QuantizeError::NoImages);
    }
    // From here on the image is node 0.
    let preprocess = &graph.image.composed(preprocess);
    let bare = graph.image.inside.is_some().then(|| Graph { image: FileImage::default(), ..graph.clone() });
    let graph = bare.as_ref().unwrap_or(graph);
    let calibrating = Split::of(images).calibrating;
    let prepare::saturate::Settled { graph, notes } =
        prepare::saturate::settle(graph, preprocess, images, &calibrating)?;
    let graph = prepared(&prepare::image::without_idle_relus(graph, preprocess));
    formats.check(&graph)?;
    let encoding = fit::encode::Encoding::new(&graph, preprocess)?;
    let fused = fuse::fuse(&graph, encoding.signed)?;
    fuse::outline::checked(&graph, &fused).map_err(QuantizeError::Unsupported)?;
    let calibration = fit::calibrate::Calibration::new(&graph, &fused, formats, encoding, preprocess, images)?;
    let calibration = calibration.with_books(tried, progress)?;
    let (net, report, variants) = calibration.run(progress)?;
    Ok((net, Report { notes, ..report }, variants))
}

/// The class sums of a network for every image that calibrates, by an engine of the caller's choice.
pub type Run<'a> = dyn Fn(&Net, &[Image]) -> Result<Vec<Vec<i64>>, NetError> + 'a;

/// The form of every layer's weights that loses least within `budget` bytes. Each layer is measured in each form by `run`
/// with all others at eight bits; the forms that follow are measured together, beside one form for all layers.
///
/// # Errors
/// As [`quantize`]; a budget that is too small; whatever keeps `run` from running.
pub fn allot_weights(
    graph: &Graph,
    preprocess: &Preprocess,
    images: &[Image],
    budget: usize,
    run: &Run,
    progress: &mut dyn FnMut(Progress),
) -> Result<(WeightFormats, Vec<Sensitivity>), QuantizeError> {
    let source = (graph, preprocess, images);
    let (net, _, variants) = calibrate(source, &WeightFormats::default(), &forms::budget::TRIED, progress)?;
    net.check().map_err(QuantizeError::Unsound)?;
    let images: Vec<Image> = Split::of(images).calibrating.iter().map(|&index| images[index].clone()).collect();
    let sums = |net: &Net| run(net, &images).map_err(QuantizeError::Engine);
    let Measured { layers, wanted } = forms::sensitivity::measure(&net, &variants, &sums, progress)?;
    let mut best = (f64::INFINITY, forms::budget::allot(&layers, budget)?);
    for formats in [Some(best.1.clone()), forms::budget::even(&layers, budget)].into_iter().flatten() {
        let (net, ..) = calibrate(source, &formats, &[], progress)?;
        let lost = forms::sensitivity::divergence(&net, &wanted, &sums(&net)?)?;
        if lost < best.0 {
            best = (lost, formats);
        }
    }
    Ok((best.1, layers))
}

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
pub use forms::room::Room;
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
    /// The mirror image of every image that calibrates does so, too.
    pub mirrored: bool,
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
    let wanted = Wanted { formats: &options.weights, tried: &[], mirrored: options.mirrored };
    let (net, report, _) = calibrate((graph, preprocess, images), wanted, progress)?;
    finished((graph, preprocess), net, options).map(|net| (net, report))
}

/// The network with what it is to know beside its integers.
fn finished(
    (graph, preprocess): (&Graph, &Preprocess),
    net: Net,
    options: &QuantizeOptions,
) -> Result<Net, QuantizeError> {
    let preprocessing =
        Preprocessing { preprocess: preprocess.clone(), inside: graph.image.inside.clone(), resize: options.resize };
    let labels = options.labels.clone();
    let score_ends = score_ends(graph).map(|ends| ends.map(f64::from));
    let net = Net { labels, preprocessing: Some(preprocessing), score_ends, ..net }.fold_border();
    net.check().map_err(QuantizeError::Unsound)?;
    Ok(net)
}

/// The same function in the forms that the machine has steps for.
fn prepared(graph: &Graph) -> Graph {
    let composed = prepare::image::behind_a_layer(prepare::compose::compose_averages(prepare::last_mean::last_mean(
        graph.clone(),
    )));
    let picked = prepare::activation::before_pool(prepare::stride::pick_behind(composed));
    prepare::average::sum_behind_a_layer(prepare::carried::behind_a_layer(picked))
}

/// A model with what it needs to be calibrated.
pub type Source<'a> = (&'a Graph, &'a Preprocess, &'a [Image]);

/// What calibration is to make.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    formats: &'a WeightFormats,
    /// Forms that every convolution is also made in.
    tried: &'a [WeightFormat],
    /// See [`QuantizeOptions::mirrored`].
    mirrored: bool,
}

fn calibrate(
    (graph, preprocess, images): Source,
    Wanted { formats, tried, mirrored }: Wanted,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Net, Report, Vec<forms::variant::Variant>), QuantizeError> {
    if images.is_empty() {
        return Err(QuantizeError::NoImages);
    }
    // From here on the image is node 0.
    let preprocess = &graph.image.composed(preprocess);
    let bare = graph.image.inside.is_some().then(|| Graph { image: FileImage::default(), ..graph.clone() });
    let graph = bare.as_ref().unwrap_or(graph);
    let split = Split::of(images);
    let (calibrated, doubts) = (split.calibrating.len(), report::doubt::of_images(images, &split));
    let (mirrors, split) = if mirrored { split.mirrored(images) } else { (Vec::new(), split) };
    let images: &[Image] = if mirrored { &mirrors } else { images };
    let prepare::saturate::Settled { graph, notes } =
        prepare::saturate::settle(graph, preprocess, images, &split.calibrating)?;
    let graph = prepared(&prepare::image::without_idle_relus(graph, preprocess));
    formats.check(&graph)?;
    let encoding = fit::encode::Encoding::new(&graph, preprocess)?;
    let fused = fuse::fuse(&graph, encoding.signed)?;
    fuse::outline::checked(&graph, &fused).map_err(QuantizeError::Unsupported)?;
    let calibration = fit::calibrate::Calibration::new(&graph, &fused, formats, encoding, preprocess, (images, split))?;
    let calibration = calibration.with_books(tried, progress)?;
    let (net, report, variants) = calibration.run(progress)?;
    let doubts = [doubts, report.doubts].concat();
    Ok((net, Report { notes, calibrated, doubts, ..report }, variants))
}

/// The class sums of a network for every image that calibrates, by an engine of the caller's choice.
pub type Run<'a> = dyn Fn(&Net, &[Image]) -> Result<Vec<Vec<i64>>, NetError> + 'a;

/// As [`quantize`], in the forms of weights that lose least of those that find `room`; also what each form of each layer loses,
/// measured by `run` with all others at eight bits. The forms that follow are measured together, beside one form for all layers.
/// (`weights` of the options counts for nothing.)
///
/// # Errors
/// As [`quantize`]; [`QuantizeError::Budget`] or [`QuantizeError::NoRoom`] where not even the smallest forms find room; whatever
/// keeps `run` from running.
pub fn quantize_within(
    (graph, preprocess, images): Source,
    options: &QuantizeOptions,
    room: &Room,
    run: &Run,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Net, Report, Vec<Sensitivity>), QuantizeError> {
    let source = (graph, preprocess, images);
    let done = |(net, report): (Net, Report), layers: Vec<Sensitivity>| {
        finished((graph, preprocess), net, options).map(|net| (net, report, layers))
    };
    let (formats, mirrored) = (&WeightFormats::default(), options.mirrored);
    let wanted = Wanted { formats, tried: &forms::budget::TRIED, mirrored };
    let (plain, report, variants) = calibrate(source, wanted, progress)?;
    plain.check().map_err(QuantizeError::Unsound)?;
    if room.takes(&plain, progress) {
        return done((plain, report), Vec::new());
    }
    forms::room::check((&plain, &variants), room, progress)?;
    let images: Vec<Image> = Split::of(images).calibrating.iter().map(|&index| images[index].clone()).collect();
    let sums = |net: &Net| run(net, &images).map_err(QuantizeError::Engine);
    let Measured { layers, wanted: plain_sums } = forms::sensitivity::measure(&plain, &variants, &sums, progress)?;
    let mut candidates = forms::room::Candidates::new((&plain, &variants), &layers, room, progress)?;
    let mut best = None;
    while let Some(formats) = candidates.next() {
        let wanted = Wanted { formats: &formats, tried: &[], mirrored };
        let (net, report, _) = calibrate(source, wanted, progress)?;
        if !room.takes(&net, progress) {
            candidates.too_large();
            continue;
        }
        let lost = forms::sensitivity::divergence(&net, &plain_sums, &sums(&net)?)?;
        if best.as_ref().is_none_or(|(least, _)| lost < *least) {
            best = Some((lost, (net, report)));
        }
    }
    best.map_or(Err(QuantizeError::NoRoom), |(_, found)| done(found, layers))
}

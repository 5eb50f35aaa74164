//! The real networks in integers: the fast engine's answers (golden's, bit for bit) against the float reference.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;
use systole_fast::Fast;
use systole_model::{
    allot_weights, load, quantize, Graph, LoadOptions, Op, Preprocess, QuantizeOptions, WeightFormats,
};
use systole_net::{Image, LayerKind, Net, NetError, StoreSize};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
const IMAGES: usize = 100;
const CLASSES: usize = 1000;
/// The first dev images calibrate; all others are unseen.
const CALIBRATION: usize = 40;

/// A model of the test data: name in the table, of its reference scores, folder and file.
#[derive(Clone, Copy)]
struct Model {
    name: &'static str,
    folder: &'static str,
    file: &'static str,
}

const V1_0: Model = Model { name: "v1.0", folder: "v1.0", file: "squeezenet_v1.0.rebuilt.caffemodel" };
const V1_1: Model = Model { name: "v1.1", folder: "v1.1", file: "squeezenet_v1.1.fp16src.rebuilt.caffemodel" };
const COMPRESSED: Model = Model { name: "dc", folder: "deep_compression", file: "squeezenet_dc_decoded.onnx" };
const BYPASS: Model =
    Model { name: "bypass_structural", folder: "bypass_structural", file: "squeezenet_bypass_structural.onnx" };

/// How weights are kept in a row of the table.
enum Form {
    All(&'static str),
    /// Share of the bytes that all weights take at eight bits.
    Budget(f64),
}

/// A row of the table.
struct Accuracy {
    same: usize,
    same_unseen: usize,
    right: usize,
    right_float: usize,
    /// Root mean square of the score errors relative to that of the scores: on all images, on those unseen.
    error: f64,
    error_unseen: f64,
    /// Mean divergence of the class probabilities from those in floating point, in nats.
    divergence: f64,
    bytes: usize,
}

fn data() -> Option<PathBuf> {
    let data = PathBuf::from(DATA);
    if !data.exists() {
        println!("SKIPPED: ../shared/data is absent");
    }
    data.exists().then_some(data)
}

fn graph(data: &Path, model: Model) -> Graph {
    let folder = data.join("models").join(model.folder);
    let options = LoadOptions { prototxt: Some(folder.join("deploy.prototxt")), ..LoadOptions::default() };
    load(&folder.join(model.file), &options).unwrap()
}

fn dev_images(data: &Path) -> Vec<Image> {
    let read = |i: usize| {
        let image = image::open(data.join(format!("dev/images/dev_{i:03}.png"))).unwrap().to_rgb8();
        Image { height: image.height() as usize, width: image.width() as usize, rgb: image.into_raw() }
    };
    (0..IMAGES).map(read).collect()
}

fn npy<T: npyz::Deserialize>(path: &Path) -> Vec<T> {
    npyz::NpyFile::new(fs::File::open(path).unwrap()).unwrap().into_vec().unwrap()
}

/// Index of the largest score, the first of equals.
fn best(scores: &[f64]) -> usize {
    (0..scores.len()).reduce(|best, i| if scores[i] > scores[best] { i } else { best }).unwrap()
}

fn sums(net: &Net, images: &[Image]) -> Result<Vec<Vec<i64>>, NetError> {
    let encoded: Vec<_> = images.iter().map(|image| net.encode(image)).collect::<Result<_, _>>()?;
    Fast::new(net).map_err(|mut faults| faults.swap_remove(0))?.sums_of(&encoded)
}

fn log_probabilities(scores: &[f64]) -> Vec<f64> {
    let most = scores.iter().fold(f64::MIN, |m, &s| m.max(s));
    let total = scores.iter().map(|s| (s - most).exp()).sum::<f64>().ln() + most;
    scores.iter().map(|s| s - total).collect()
}

fn measure(data: &Path, model: Model, form: &Form) -> Accuracy {
    let (graph, images, preprocess) = (graph(data, model), dev_images(data), Preprocess::caffe());
    let seen = &images[..CALIBRATION];
    let start = Instant::now();
    let (weights, text) = match form {
        Form::All(text) => (WeightFormats { all: text.parse().unwrap(), ..WeightFormats::default() }, text.to_string()),
        Form::Budget(share) => {
            let weights: usize =
                graph.nodes.iter().map(|n| if let Op::Conv { weights, .. } = &n.op { weights.len() } else { 0 }).sum();
            let budget = (weights as f64 * share) as usize;
            let allotted = allot_weights(&graph, &preprocess, seen, budget, &sums, &mut |_| ()).unwrap();
            (allotted.0, format!("budget of {budget} bytes"))
        }
    };
    let options = QuantizeOptions { weights, ..QuantizeOptions::default() };
    let (net, _) = quantize(&graph, &preprocess, seen, &options, &mut |_| ()).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let found = compare(data, model, &net, &images);
    println!(
        "{:17} {text:24} best class as in floating point {:3} of {IMAGES} ({} of {} unseen), right {} (float {}), score error \
         {:.2} % (unseen {:.2} %), divergence {:.5}, {} bytes; quantised in {seconds:.0} s",
        model.name,
        found.same,
        found.same_unseen,
        IMAGES - CALIBRATION,
        found.right,
        found.right_float,
        100.0 * found.error,
        100.0 * found.error_unseen,
        found.divergence,
        found.bytes
    );
    found
}

fn compare(data: &Path, model: Model, net: &Net, images: &[Image]) -> Accuracy {
    let reference: Vec<f32> = npy(&data.join(format!("dev/logits_{}.npy", model.name)));
    let labels: Vec<i32> = npy(&data.join("dev/class_index.npy"));
    let (mut same, mut same_unseen, mut right, mut right_float, mut divergence) = (0, 0, 0, 0, 0.0);
    let (mut all, mut unseen) = ((0.0, 0.0), (0.0, 0.0));
    for (i, sums) in sums(net, images).unwrap().iter().enumerate() {
        let wanted: Vec<f64> = reference[i * CLASSES..][..CLASSES].iter().map(|&s| s.into()).collect();
        let scores = net.scores(sums).unwrap();
        let (float, integer) = (best(&wanted), best(&scores));
        same += usize::from(float == integer);
        same_unseen += usize::from(float == integer && i >= CALIBRATION);
        right += usize::from(integer as i32 == labels[i]);
        right_float += usize::from(float as i32 == labels[i]);
        let (p, q) = (log_probabilities(&wanted), log_probabilities(&scores));
        divergence += p.iter().zip(&q).map(|(p, q)| p.exp() * (p - q)).sum::<f64>() / IMAGES as f64;
        let noise: f64 = wanted.iter().zip(&scores).map(|(w, s)| (w - s).powi(2)).sum();
        let signal: f64 = wanted.iter().map(|w| w * w).sum();
        all = (all.0 + noise, all.1 + signal);
        if i >= CALIBRATION {
            unseen = (unseen.0 + noise, unseen.1 + signal);
        }
    }
    let [error, error_unseen] = [all, unseen].map(|(noise, signal): (f64, f64)| (noise / signal).sqrt());
    let convs = net.layers.iter().filter_map(|layer| match &layer.kind {
        LayerKind::Conv(conv) => Some(conv.store_size()),
        LayerKind::Pool(_) => None,
    });
    let bytes = convs.map(|size: StoreSize| size.bytes()).sum();
    Accuracy { same, same_unseen, right, right_float, error, error_unseen, divergence, bytes }
}

#[test]
fn eight_bits_keep_the_answers_of_v1_1() {
    let Some(data) = data() else { return };
    let found = measure(&data, V1_1, &Form::All("8"));
    assert!(found.same >= 97 && found.error < 0.02 && found.right + 1 >= found.right_float);
}

#[test]
fn eight_bits_keep_the_answers_of_v1_0() {
    let Some(data) = data() else { return };
    let found = measure(&data, V1_0, &Form::All("8"));
    // Two labels of a hundred: more than was lost, less than a hundred images can tell from none.
    assert!(found.same >= 97 && found.error < 0.02 && found.right + 2 >= found.right_float);
}

#[test]
fn eight_bits_keep_the_labels_of_deep_compression() {
    let Some(data) = data() else { return };
    let found = measure(&data, COMPRESSED, &Form::All("8"));
    assert!(found.same >= 97 && found.right >= found.right_float && found.error < 0.04);
}

/// Not trained as it stands, so its answers mean nothing; the additions' arithmetic does.
#[test]
fn eight_bits_keep_the_scores_of_the_bypass() {
    let Some(data) = data() else { return };
    assert!(measure(&data, BYPASS, &Form::All("8")).error < 0.02);
}

#[test]
fn codebooks_of_64_keep_the_answers_of_v1_1() {
    let Some(data) = data() else { return };
    let found = measure(&data, V1_1, &Form::All("codebook:6"));
    assert!(found.same >= 97 && found.right + 1 >= found.right_float && found.error < 0.025);
}

/// The table of README: minutes for every row, so only when asked for (`make accuracy`).
#[test]
#[ignore = "takes a quarter of an hour"]
fn table() {
    let Some(data) = data() else { return };
    for model in [V1_1, V1_0, COMPRESSED, BYPASS] {
        for form in ["8", "6", "5", "4", "codebook:6", "codebook:5", "codebook:4"] {
            measure(&data, model, &Form::All(form));
        }
        measure(&data, model, &Form::Budget(5.0 / 8.0));
    }
}

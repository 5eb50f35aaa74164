//! The real networks in integers: the fast engine's answers (golden's, bit for bit) against the float reference.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Instant;
use systole_fast::Fast;
use systole_model::{
    load, quantize, quantize_within, Graph, LoadOptions, Op, Preprocess, QuantizeOptions, Report, Room, WeightFormats,
};
use systole_net::{Image, Net, NetError};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
const IMAGES: usize = 100;
const CLASSES: usize = 1000;
/// The first dev images calibrate; all others are unseen.
const CALIBRATION: Range<usize> = 0..50;
/// Calibrates where a table's unseen images are others.
const OTHERS: Range<usize> = 60..100;

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

/// What some images say of a network.
#[derive(Clone, Copy, Default)]
struct Figures {
    images: usize,
    /// Whose best class is floating point's.
    same: usize,
    right: usize,
    right_float: usize,
    /// Squares of the score errors and of the scores.
    noise: f64,
    signal: f64,
    /// Divergence of the class probabilities from those in floating point, in nats, summed over the images.
    divergence: f64,
}

impl Figures {
    /// Root mean square of the score errors relative to that of the scores.
    fn error(&self) -> f64 {
        (self.noise / self.signal).sqrt()
    }

    fn cells(&self) -> String {
        let Figures { images, same, right, right_float, divergence, .. } = self;
        let (error, divergence) = (100.0 * self.error(), divergence / *images as f64);
        format!("{same:4} of {images:3}  {right:3} ({right_float:3})  {error:5.2} %  {divergence:.5}")
    }
}

/// A row of the table.
struct Accuracy {
    all: Figures,
    unseen: Figures,
    report: Report,
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

fn heading() {
    let figures = format!("{:11}  {:9}  {:>7}  {:>7}", " best class", "right", "error", "diverg.");
    println!("\n{:51}  {:40}  {:40}", "", "all images (right in floating point)", "those that did not calibrate");
    println!("{:17} {:24} {:8} {figures}  {figures} {:>9} {:>5}", "network", "weights", "seen", "bytes", "s");
}

/// Calibrates on the dev images `seen` and prints a row of the table.
fn measure(data: &Path, model: Model, form: &Form, seen: Range<usize>) -> Accuracy {
    let (graph, images, preprocess) = (graph(data, model), dev_images(data), Preprocess::caffe());
    let calibration = &images[seen.clone()];
    let start = Instant::now();
    let (net, report, text) = match form {
        Form::All(text) => {
            let weights = WeightFormats { all: text.parse().unwrap(), ..WeightFormats::default() };
            let options = QuantizeOptions { weights, ..QuantizeOptions::default() };
            let (net, report) = quantize(&graph, &preprocess, calibration, &options, &mut |_| ()).unwrap();
            (net, report, text.to_string())
        }
        Form::Budget(share) => {
            let weights: usize =
                graph.nodes.iter().map(|n| if let Op::Conv { weights, .. } = &n.op { weights.len() } else { 0 }).sum();
            let budget = (weights as f64 * share) as usize;
            let (source, options) = ((&graph, &preprocess, calibration), QuantizeOptions::default());
            let found = quantize_within(source, &options, &Room::Bytes(budget), &sums, &mut |_| ());
            let (net, report, _) = found.unwrap();
            (net, report, format!("budget of {budget} bytes"))
        }
    };
    let seconds = start.elapsed().as_secs_f64();
    let (all, unseen) = compare(data, model, &net, &images, &seen);
    let bytes: usize = report.layers.iter().map(|layer| layer.stored).sum();
    let found = Accuracy { all, unseen, report };
    let (seen, all, unseen) = (format!("{}..{}", seen.start, seen.end), found.all.cells(), found.unseen.cells());
    println!("{:17} {text:24} {seen:8} {all}  {unseen} {bytes:9} {seconds:5.0}", model.name);
    found
}

fn compare(data: &Path, model: Model, net: &Net, images: &[Image], seen: &Range<usize>) -> (Figures, Figures) {
    let reference: Vec<f32> = npy(&data.join(format!("dev/logits_{}.npy", model.name)));
    let labels: Vec<i32> = npy(&data.join("dev/class_index.npy"));
    let [mut all, mut unseen] = [Figures::default(); 2];
    for (i, sums) in sums(net, images).unwrap().iter().enumerate() {
        let wanted: Vec<f64> = reference[i * CLASSES..][..CLASSES].iter().map(|&s| s.into()).collect();
        let scores = net.scores(sums).unwrap();
        all.add(&wanted, &scores, labels[i]);
        if !seen.contains(&i) {
            unseen.add(&wanted, &scores, labels[i]);
        }
    }
    (all, unseen)
}

impl Figures {
    fn add(&mut self, wanted: &[f64], scores: &[f64], label: i32) {
        let (float, integer) = (best(wanted), best(scores));
        self.images += 1;
        self.same += usize::from(float == integer);
        self.right += usize::from(integer as i32 == label);
        self.right_float += usize::from(float as i32 == label);
        let (p, q) = (log_probabilities(wanted), log_probabilities(scores));
        self.divergence += p.iter().zip(&q).map(|(p, q)| p.exp() * (p - q)).sum::<f64>();
        self.noise += wanted.iter().zip(scores).map(|(w, s)| (w - s).powi(2)).sum::<f64>();
        self.signal += wanted.iter().map(|w| w * w).sum::<f64>();
    }
}

#[test]
fn eight_bits_keep_the_answers_of_v1_1() {
    let Some(data) = data() else { return };
    let found = measure(&data, V1_1, &Form::All("8"), CALIBRATION).all;
    assert!(found.same >= 97 && found.error() < 0.02 && found.right + 1 >= found.right_float);
}

#[test]
fn eight_bits_keep_the_answers_of_v1_0() {
    let Some(data) = data() else { return };
    let found = measure(&data, V1_0, &Form::All("8"), CALIBRATION).all;
    // Three other classes of a hundred are three labels at most, which a hundred images cannot tell from none.
    assert!(found.same >= 97 && found.error() < 0.03);
}

#[test]
fn eight_bits_keep_the_labels_of_deep_compression() {
    let Some(data) = data() else { return };
    let found = measure(&data, COMPRESSED, &Form::All("8"), CALIBRATION).all;
    assert!(found.same >= 97 && found.right >= found.right_float && found.error() < 0.045);
}

/// Not trained as it stands, so its answers mean nothing; the additions' arithmetic does.
#[test]
fn eight_bits_keep_the_scores_of_the_bypass() {
    let Some(data) = data() else { return };
    assert!(measure(&data, BYPASS, &Form::All("8"), CALIBRATION).all.error() < 0.02);
}

#[test]
fn codebooks_of_64_keep_the_answers_of_v1_1() {
    let Some(data) = data() else { return };
    let found = measure(&data, V1_1, &Form::All("codebook:6"), CALIBRATION).all;
    assert!(found.same >= 97 && found.right + 1 >= found.right_float && found.error() < 0.025);
}

/// Rows of the table: minutes, so only when asked for (`make accuracy`). Each form comes with the labels it may lose.
fn rows(model: Model, forms: &[(Form, usize)], seen: &Range<usize>) {
    let Some(data) = data() else { return };
    heading();
    for (form, lost) in forms {
        let found = measure(&data, model, form, seen.clone()).all;
        assert!(found.right + lost >= found.right_float, "{}: more than {lost} labels lost", model.name);
    }
}

/// Labels of a hundred that a form may lose; one is a point, and less cannot be told from none.
fn forms() -> Vec<(Form, usize)> {
    let all = [("8", 2), ("6", 2), ("5", 4), ("4", 8), ("codebook:6", 1), ("codebook:5", 3), ("codebook:4", 6)];
    all.map(|(text, lost)| (Form::All(text), lost)).into()
}

/// As many bytes as five bits a weight take.
fn five_bits(lost: usize) -> [(Form, usize); 1] {
    [(Form::Budget(5.0 / 8.0), lost)]
}

#[test]
#[ignore = "takes minutes"]
fn table_1_mixed_forms() {
    rows(V1_1, &five_bits(2), &CALIBRATION);
    rows(V1_1, &five_bits(2), &OTHERS);
    rows(V1_0, &five_bits(4), &CALIBRATION);
}

#[test]
#[ignore = "takes minutes"]
fn table_2_v1_1() {
    rows(V1_1, &forms(), &CALIBRATION);
    rows(V1_1, &[(Form::All("8"), 2), (Form::All("codebook:6"), 1), (Form::All("codebook:5"), 3)], &OTHERS);
}

#[test]
#[ignore = "takes minutes"]
fn table_3_v1_0() {
    rows(V1_0, &forms(), &CALIBRATION);
}

/// 256 values a layer in the file; of 64, what a store on chip takes layer by layer.
#[test]
#[ignore = "takes minutes"]
fn table_4_deep_compression() {
    let Some(data) = data() else { return };
    heading();
    let whole = measure(&data, COMPRESSED, &Form::All("8"), CALIBRATION).all;
    let clustered = measure(&data, COMPRESSED, &Form::All("codebook:6"), CALIBRATION);
    println!("{:17} {:>9} {:>9} {:>9}", "codebook of 64", "weights", "zeros", "bytes");
    for layer in clustered.report.layers.iter().filter(|layer| layer.weight_bytes > 0) {
        println!("{:17} {:9} {:9} {:9}", layer.name, layer.weight_bytes, layer.zeros, layer.stored);
    }
    for found in [whole, clustered.all] {
        assert!(found.right >= found.right_float, "labels lost");
    }
}

#[test]
#[ignore = "takes minutes"]
fn table_5_bypass() {
    rows(BYPASS, &[(Form::All("8"), 2), (Form::All("codebook:6"), 2)], &CALIBRATION);
}

//! The real networks, quantised: the golden model's answers against the float reference on the dev images.

use rayon::prelude::{IntoParallelIterator, ParallelIterator};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;
use systole_golden::Golden;
use systole_model::{load, quantize, Graph, LoadOptions, Preprocess, QuantizeOptions, Report};
use systole_net::{Image, Net};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
const IMAGES: usize = 100;
const CLASSES: usize = 1000;
/// The first dev images calibrate.
const CALIBRATION: usize = 40;
/// A model of the test data and what its integers must reach.
struct Case {
    version: &'static str,
    model: &'static str,
    /// Dev images whose best class must be the float reference's.
    least_same: usize,
    /// Correct labels that may be lost.
    most_lost: usize,
    /// Root mean square of the score errors, relative to the scores.
    most_error: f64,
}

fn data() -> Option<PathBuf> {
    let data = PathBuf::from(DATA);
    if !data.exists() {
        println!("SKIPPED: ../shared/data is absent");
    }
    data.exists().then_some(data)
}

fn graph(data: &Path, version: &str, model: &str) -> Graph {
    let folder = data.join("models").join(version);
    let options = LoadOptions { prototxt: Some(folder.join("deploy.prototxt")), ..LoadOptions::default() };
    load(&folder.join(model), &options).unwrap()
}

fn dev_images(data: &Path, count: usize) -> Vec<Image> {
    let read = |i: usize| {
        let image = image::open(data.join(format!("dev/images/dev_{i:03}.png"))).unwrap().to_rgb8();
        Image { height: image.height() as usize, width: image.width() as usize, rgb: image.into_raw() }
    };
    (0..count).map(read).collect()
}

fn npy<T: npyz::Deserialize>(path: &Path) -> Vec<T> {
    npyz::NpyFile::new(fs::File::open(path).unwrap()).unwrap().into_vec().unwrap()
}

fn print(report: &Report) {
    for l in &report.layers {
        let (low, high) = l.weight_scale.unwrap_or_default();
        println!(
            "{:28} {:>14} {:6} bytes, scales {:.3e} -> {:.3e}, weights {low:.2e}..{high:.2e}, mult {:2} bits, acc {:2} bits, {:5.1} dB, {:.4} % saturated",
            l.name, format!("{:?}", l.output), l.weight_bytes, l.input_scale, l.output_scale, l.mult_bits, l.acc_bits, l.sqnr_db, 100.0 * l.saturated
        );
    }
    println!(
        "calibration: {} of {} same, score error {:.2} %",
        report.same_best_class,
        report.images,
        100.0 * report.score_error
    );
}

/// Index of the largest score, the first of equals.
fn best<T: PartialOrd>(scores: &[T]) -> usize {
    (0..scores.len()).reduce(|best, i| if scores[i] > scores[best] { i } else { best }).unwrap()
}

fn golden_scores(net: &Net, images: &[Image]) -> Vec<Vec<f64>> {
    let golden = Golden::new(net).unwrap();
    let start = Instant::now();
    let scores = images
        .into_par_iter()
        .map(|i| net.scores(&golden.trace(&net.encode(i).unwrap()).unwrap().sums).unwrap())
        .collect();
    println!("golden: {:.2} s an image", start.elapsed().as_secs_f64() / images.len() as f64);
    scores
}

fn compare(case: &Case) {
    let Case { version, model, .. } = case;
    let Some(data) = data() else { return };
    let (graph, images) = (graph(&data, version, model), dev_images(&data, IMAGES));
    let options = QuantizeOptions::default();
    let start = Instant::now();
    let (net, report) = quantize(&graph, &Preprocess::caffe(), &images[..CALIBRATION], &options, &mut |_| ()).unwrap();
    println!("{version}: quantised in {:.1} s, net {}", start.elapsed().as_secs_f64(), net.hash());
    print(&report);
    let scores = golden_scores(&net, &images);
    let reference: Vec<f32> = npy(&data.join(format!("dev/logits_{version}.npy")));
    let top5: Vec<i32> = npy(&data.join(format!("dev/top5_{version}.npy")));
    let labels: Vec<i32> = npy(&data.join("dev/class_index.npy"));

    let (mut same, mut same_unseen, mut right, mut right_float) = (0, 0, 0, 0);
    let (mut noise, mut signal) = (0.0, 0.0);
    for (i, scores) in scores.iter().enumerate() {
        let wanted = &reference[i * CLASSES..][..CLASSES];
        let (float, integer) = (best(wanted), best(scores));
        assert_eq!(float, top5[i * 5] as usize);
        same += usize::from(float == integer);
        same_unseen += usize::from(float == integer && i >= CALIBRATION);
        right += usize::from(integer as i32 == labels[i]);
        right_float += usize::from(float as i32 == labels[i]);
        for (&w, s) in wanted.iter().zip(scores) {
            noise += (f64::from(w) - s).powi(2);
            signal += f64::from(w).powi(2);
        }
    }
    let error = (noise / signal).sqrt();
    println!(
        "{version}: best class as in floating point on {same} of {IMAGES} ({same_unseen} of {} not calibrated with), right on \
         {right} (float {right_float}), score error {:.2} %",
        IMAGES - CALIBRATION,
        100.0 * error
    );
    assert!(same >= case.least_same, "{same}");
    assert!(right + case.most_lost >= right_float, "{right} {right_float}");
    assert!(error < case.most_error, "{error}");
}

#[test]
fn v1_1_keeps_its_answers() {
    let model = "squeezenet_v1.1.fp16src.rebuilt.caffemodel";
    compare(&Case { version: "v1.1", model, least_same: 97, most_lost: 1, most_error: 0.02 });
}

#[test]
fn v1_0_keeps_its_answers() {
    let model = "squeezenet_v1.0.rebuilt.caffemodel";
    compare(&Case { version: "v1.0", model, least_same: 97, most_lost: 2, most_error: 0.02 });
}

/// Not trained as it stands, so its answers mean nothing; the additions' arithmetic does.
#[test]
fn bypass_keeps_its_scores() {
    let model = "squeezenet_bypass_structural.onnx";
    compare(&Case { version: "bypass_structural", model, least_same: 92, most_lost: 1, most_error: 0.02 });
}

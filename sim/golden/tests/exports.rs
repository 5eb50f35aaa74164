//! PyTorch's exports as integers: golden's scores beside PyTorch's own.

use std::path::PathBuf;
use systole_golden::Golden;
use systole_model::{load, quantize, LoadOptions, Preprocess};
use systole_net::Image;

const CALIBRATION: usize = 16;
/// Largest error of a score, relative to the largest score.
const MOST_ERROR: f64 = 0.02;

/// The image of `tools/export_torch.py` for seed 0, others for other seeds.
fn picture(size: usize, seed: usize) -> Image {
    let byte = |i: usize| ((i * (37 + 2 * seed) + i / 192 * 11 + i * i / (97 + seed)) % 256) as u8;
    Image { height: size, width: size, rgb: (0..size * size * 3).map(byte).collect() }
}

#[test]
fn exported_networks_keep_their_scores_as_integers() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../hdl/model/tests/exports"));
    let text = std::fs::read_to_string(folder.join("scores.json")).unwrap();
    let scores: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (name, export) in [("squeezenet1_0", "script_9"), ("squeezenet1_1", "dynamo_28"), ("mixed", "script_17_batch")]
    {
        let graph = load(&folder.join(format!("{name}_{export}.onnx")), &LoadOptions::default()).unwrap();
        let size = graph.nodes[0].shape[1];
        let images: Vec<Image> = (0..CALIBRATION).map(|seed| picture(size, seed)).collect();
        let (net, _) =
            quantize::quantize(&graph, &Preprocess::unit(), &images, &Default::default(), &mut |_| ()).unwrap();
        let trace = Golden::new(&net).unwrap().trace(&net.encode(&images[0]).unwrap()).unwrap();
        let found = net.scores(&trace.sums).unwrap();
        let wanted: Vec<f64> = serde_json::from_value(scores["networks"][name]["scores"].clone()).unwrap();
        let largest = wanted.iter().fold(0f64, |m, w| m.max(w.abs()));
        let worst = found.iter().zip(&wanted).map(|(f, w)| (f - w).abs()).fold(0.0, f64::max) / largest;
        println!("{name}: largest score error {:.2} % of the largest score", 100.0 * worst);
        assert!(worst < MOST_ERROR, "{name}: {found:?}, {wanted:?}");
    }
}

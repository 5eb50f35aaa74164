//! Quantised ONNX through to integers: the file's own integers and scales, against what onnxruntime computes in integers.

use std::path::{Path, PathBuf};
use systole_golden::Golden;
use systole_model::{host, load, quantize, LoadOptions, Preprocess, QuantizeOptions};
use systole_net::{Image, LayerKind, Net};

const FILES: [&str; 4] = ["qdq_uint8_channels", "qdq_int8", "qoperator_uint8_channels", "qoperator_int8"];
/// onnxruntime rounds branches before it joins them, the joined map before it adds, and the average; the machine does not.
const COUNTS: f64 = 1.0;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../hdl/model/tests/data").join(name)
}

fn floats(name: &str) -> Vec<f32> {
    let bytes = std::fs::read(file(name)).unwrap();
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

/// The test image, whose values are bytes over 255, with its colours side by side.
fn image(name: &str) -> Image {
    let values = floats(&format!("{name}.image"));
    let pixels = values.len() / 3;
    let rgb = (0..pixels).flat_map(|p| [0, 1, 2].map(|c| (values[c * pixels + p] * 255.0).round() as u8)).collect();
    let side = pixels.isqrt();
    Image { width: side, height: side, rgb }
}

#[test]
fn integers_and_scales_are_the_files_and_scores_onnxruntimes() {
    for name in FILES {
        let graph = load(&file(&format!("{name}.onnx")), &LoadOptions::default()).unwrap();
        let image = image(name);
        let images = [image.clone()];
        let (net, _) =
            quantize(&graph, &Preprocess::unit(), &images, &QuantizeOptions::default(), &mut |_| ()).unwrap();
        for layer in &net.layers {
            let LayerKind::Conv(conv) = &layer.kind else { continue };
            let given = graph.nodes.iter().find(|n| n.name == layer.name).unwrap().given.weights.as_ref().unwrap();
            assert!(conv.weights == given.weights, "{name}: {}", layer.name);
        }
        for tensor in &net.tensors[1..] {
            let given = graph
                .nodes
                .iter()
                .find(|n| n.name == tensor.name)
                .unwrap()
                .given
                .result
                .unwrap_or_else(|| panic!("{name}: {} {:?}", tensor.name, graph.nodes));
            assert_eq!(tensor.scale, f64::from(given.scale), "{name}: {}", tensor.name);
        }
        let last = graph.nodes.iter().rev().find_map(|n| n.given.result).unwrap();
        let wanted = host::score_ends(&graph).map(|ends| ends.map(f64::from));
        assert_eq!((net.score_ends, wanted.is_some()), (wanted, true), "{name}: the scores are stored in 8 bits");
        let scores = scores(&net, &image);
        for (ours, theirs) in scores.iter().zip(floats(&format!("{name}.scores"))) {
            let counts = (ours - f64::from(theirs)).abs() / f64::from(last.scale);
            assert!(counts <= COUNTS, "{name}: {ours} {theirs}: {counts} counts");
            println!("{name}: {ours:.4} {theirs:.4}, {counts:.2} counts of the last map");
        }
    }
}

fn scores(net: &Net, image: &Image) -> Vec<f64> {
    let trace = Golden::new(net).unwrap().trace(&net.encode(image).unwrap()).unwrap();
    net.scores(&trace.sums).unwrap()
}

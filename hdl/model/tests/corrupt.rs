//! Truncated and damaged model files: an error or a graph, never a panic.

mod common;

use common::caffe::{layer, load_pair, network};
use common::onnx::{load_bytes, ramp, Attr, Onnx};
use common::wire::caffemodel;
use common::{data, MODELS};
use proptest::prelude::{any, prop, proptest, ProptestConfig, Strategy};
use systole_model::{describe, float, load, Graph, LoadOptions, ModelError};

/// Cuts of a large file.
const CUTS: usize = 48;

fn onnx_file() -> Vec<u8> {
    Onnx::new(13, [2, 6, 6])
        .floats("w", &[3, 2, 3, 3], &ramp(54))
        .floats("fw", &[3, 2], &ramp(6))
        .ints("pads", &[0, 0, 1, 1, 0, 0, 1, 1])
        .node("Pad", &["x", "pads"], "p", &[("mode", Attr::Text("constant"))])
        .node("Conv", &["p", "w"], "c", &[("kernel_shape", Attr::Ints(&[3, 3])), ("pads", Attr::Ints(&[1, 1, 0, 0]))])
        .node("Relu", &["c"], "r", &[])
        .node("MaxPool", &["r"], "m", &[("kernel_shape", Attr::Ints(&[2, 2])), ("ceil_mode", Attr::Int(1))])
        .node("Concat", &["m", "m"], "j", &[("axis", Attr::Int(1))])
        .floats("w2", &[3, 6, 1, 1], &ramp(18))
        .node("Conv", &["j", "w2"], "d", &[])
        .node("ReduceMean", &["d"], "a", &[("axes", Attr::Ints(&[2, 3])), ("keepdims", Attr::Int(0))])
        .node("Gemm", &["a", "fw"], "y", &[("alpha", Attr::Float(0.5))])
        .bytes()
}

fn caffe_files() -> (Vec<u8>, String) {
    let weights = caffemodel(&[("c", &[(&[2, 3, 3, 3], &ramp(54)), (&[2], &ramp(2))])]);
    let layers = [
        layer("Convolution", "c", "x", "convolution_param { num_output: 2 kernel_size: 3 pad: 1 stride: 2 }"),
        layer("ReLU", "r", "c", ""),
        layer("Pooling", "m", "r", "pooling_param { pool: MAX kernel_size: 3 stride: 2 }"),
        layer("Concat", "j", "m", "bottom: 'm' concat_param { axis: 1 }"),
        layer("Pooling", "a", "j", "pooling_param { pool: AVE global_pooling: true }"),
    ];
    (weights, network([3, 9, 9], &layers))
}

/// What loads must run and be described; what does not must say why.
fn check(result: Result<Graph, ModelError>) {
    match result {
        Ok(graph) => {
            let size = graph.nodes[0].shape.iter().product();
            if size < 1 << 16 {
                let results = float::run(&graph, &ramp(size)).unwrap();
                assert_eq!(results.len(), graph.nodes.len());
            }
            assert!(!describe(&graph).to_string().is_empty());
        }
        Err(ModelError::Problems(problems)) => assert!(!problems.is_empty()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn damage(length: usize) -> impl Strategy<Value = Vec<(usize, u8)>> {
    prop::collection::vec((0..length, any::<u8>()), 1..6)
}

fn damaged(bytes: &[u8], flips: &[(usize, u8)]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    flips.iter().for_each(|&(at, value)| bytes[at] = value);
    bytes
}

#[test]
fn undamaged_files_load() {
    let (weights, text) = caffe_files();
    assert!(load_pair(&weights, &text).is_ok());
    assert!(load_bytes(&onnx_file()).is_ok());
}

#[test]
fn every_truncation_is_refused() {
    let onnx = onnx_file();
    (0..onnx.len()).for_each(|cut| assert!(load_bytes(&onnx[..cut]).is_err(), "{cut}"));
    let (weights, text) = caffe_files();
    // Cut behind the name, the file is whole and has no weights.
    (0..weights.len()).for_each(|cut| assert!(load_pair(&weights[..cut], &text).is_err(), "{cut}"));
    text.char_indices().for_each(|(cut, _)| assert!(load_pair(&weights, &text[..cut]).is_err(), "{cut}"));
}

#[test]
fn truncated_released_models_are_refused() {
    let Some(data) = data() else { return };
    let folder = tempfile::tempdir().unwrap();
    for model in &MODELS[..5] {
        let source = data.join("models").join(model.file);
        let bytes = std::fs::read(&source).unwrap();
        let path = folder.path().join(source.file_name().unwrap());
        let prototxt = model.prototxt.map(|p| data.join("models").join(p));
        for cut in (0..CUTS).map(|i| bytes.len() * i / CUTS).chain([bytes.len() - 1]) {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            let options = LoadOptions { prototxt: prototxt.clone(), ..LoadOptions::default() };
            assert!(load(&path, &options).is_err(), "{} cut at {cut}", model.name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_onnx_never_panics(flips in damage(onnx_file().len())) {
        check(load_bytes(&damaged(&onnx_file(), &flips)));
    }

    #[test]
    fn damaged_caffemodel_never_panics(flips in damage(caffe_files().0.len())) {
        let (weights, text) = caffe_files();
        check(load_pair(&damaged(&weights, &flips), &text));
    }

    #[test]
    fn damaged_prototxt_never_panics(flips in damage(caffe_files().1.len())) {
        let (weights, text) = caffe_files();
        check(load_pair(&weights, &String::from_utf8_lossy(&damaged(text.as_bytes(), &flips))));
    }
}

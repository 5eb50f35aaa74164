//! Caffe files that cannot be used: every problem is named, with what would do.

mod common;

use common::caffe::{layer, load_pair, network};
use common::onnx::{problems, ramp};
use common::wire::caffemodel;
use std::path::{Path, PathBuf};
use systole_model::{load, Format, LoadOptions, ModelError, Problem};

fn found(weights: &[u8], layers: &[String]) -> Vec<Problem> {
    problems(load_pair(weights, &network([3, 8, 8], layers)))
}

fn conv(name: &str, bottom: &str, rest: &str) -> String {
    layer("Convolution", name, bottom, &format!("convolution_param {{ num_output: 2 kernel_size: 1 {rest} }}"))
}

fn good_weights() -> Vec<u8> {
    caffemodel(&[("c", &[(&[2, 3, 1, 1], &ramp(6)), (&[2], &ramp(2))])])
}

/// One layer, what is blamed, and a word of the reason.
#[test]
fn attributes_and_layers_that_are_not_supported() {
    let pool = |param: &str| layer("Pooling", "p", "x", &format!("pooling_param {{ {param} }}"));
    let cases = [
        (conv("c", "x", "group: 3"), "group", "is 3 for 3 input and 2 output channels"),
        (conv("c", "x", "group: 0"), "group", "is 0"),
        (
            layer("ConvolutionDepthwise", "c", "x", "convolution_param { num_output: 4 kernel_size: 1 }"),
            "num_output",
            "is 3 for 3 input and 4",
        ),
        (
            layer("DepthwiseConvolution", "c", "x", "convolution_param { num_output: 3 kernel_size: 1 group: 1 }"),
            "group",
            "is 1 for 3 channels",
        ),
        (conv("c", "x", "dilation: 2"), "dilation", "[2]"),
        (conv("c", "x", "axis: 2"), "axis", "[2]"),
        (conv("c", "x", "pad_hh: 2"), "pad_hh", "unknown in convolution_param"),
        (conv("c", "x", "pad: -1"), "pad", "is -1"),
        (conv("c", "x", "pad: 99999999999"), "pad", "is 99999999999"),
        (conv("c", "x", "stride: 0"), "kernel", "stride [0, 0]"),
        (conv("c", "x", "bias_term: maybe"), "bias_term", "is maybe"),
        (conv("c", "x", "bias_term: false"), "bias_term", "2 blobs"),
        (layer("Convolution", "c", "x", ""), "num_output", "missing"),
        (layer("Convolution", "c", "x", "convolution_param { num_output: 2 }"), "kernel_size", "[]"),
        (conv("c", "nobody", ""), "bottom", "no earlier layer makes 'nobody'"),
        (conv("c", "c", ""), "bottom", "cycle"),
        (layer("ReLU", "r", "x", "relu_param { negative_slope: 0.1 }"), "negative_slope", "is 0.1"),
        (pool("pool: STOCHASTIC kernel_size: 3"), "pool", "STOCHASTIC"),
        (pool("pool: AVE kernel_h: 3 kernel_w: 2"), "kernel", "averages windows of 3x2"),
        (pool("pool: MAX kernel_size: 9"), "pads", "windows of 9"),
        (pool("pool: MAX kernel_size: 3 pad: 3"), "pads", "padding 3"),
        (pool("pool: MAX kernel_h: 3 kernel_w: 2"), "kernel", "windows of 3x2"),
        (pool("pool: MAX kernel_size: 3 stride: 0"), "pads", "0 apart"),
        (layer("Softmax", "s", "x", ""), "inputs", "works on a map of [1, 3 channels, 8 rows, 8 columns]"),
        (layer("Eltwise", "e", "x", "eltwise_param { operation: PROD }"), "operation", "PROD"),
        (layer("Eltwise", "e", "x", "bottom: 'x' eltwise_param { coeff: 1 coeff: -1 }"), "coeff", "-1"),
        (layer("Concat", "j", "x", "bottom: 'x' concat_param { axis: 2 }"), "axis", "another axis"),
        (layer("ReLU", "r", "x", "bottom: 'x'"), "bottom", "2 bottoms"),
        (
            layer("InnerProduct", "c", "x", "inner_product_param { num_output: 2 transpose: true }"),
            "transpose",
            "is true",
        ),
        ("layer { name: 'y' type: 'Input' top: 'y' input_param { shape { dim: 1 } } }".to_string(), "shape", "[\"1\"]"),
    ];
    for (text, attribute, why) in cases {
        let found = found(&good_weights(), std::slice::from_ref(&text));
        let hit = found.iter().find(|p| p.attribute.as_deref() == Some(attribute) && p.why.contains(why));
        assert!(hit.is_some(), "{text}\n{found:#?}");
        assert!(found.iter().all(|p| !p.nearest.is_empty()));
    }
}

#[test]
fn all_problems_come_at_once() {
    let layers = [
        conv("c", "x", "group: 3"),
        layer("LRN", "norm", "c", ""),
        layer("TanH", "tanh", "norm", ""),
        conv("d", "tanh", "dilation: 2"),
        layer("PReLU", "pre", "d", ""),
        layer("Pooling", "y", "pre", "pooling_param { pool: AVE kernel_size: 2 }"),
    ];
    let nodes: Vec<String> = found(&good_weights(), &layers).into_iter().map(|p| p.node).collect();
    assert_eq!(nodes, ["c", "norm", "tanh", "d", "pre"]);
}

#[test]
fn weights_that_do_not_fit() {
    let with = |blobs: &[(&[i64], &[f32])]| found(&caffemodel(&[("c", blobs)]), &[conv("c", "x", "")]);
    let (six, two) = (ramp(6), ramp(2));
    let mut nan = six.clone();
    nan[4] = f32::NAN;
    let cases: [(Vec<Problem>, &str, &str); 8] = [
        (found(&caffemodel(&[]), &[conv("c", "x", "")]), "blob 0", "is missing"),
        (with(&[(&[2, 3, 1, 1], &six)]), "blob 1", "is missing"),
        (with(&[(&[2, 3, 1, 1], &nan), (&[2], &two)]), "blob 0", "value 4 is NaN"),
        (with(&[(&[2, 3, 1, 1], &six), (&[2], &[1.0, f32::INFINITY])]), "blob 1", "value 1 is inf"),
        (with(&[(&[3, 2, 1, 1], &six), (&[2], &two)]), "blob 0", "has shape [3, 2, 1, 1]"),
        (with(&[(&[2, 3, 1, 1], &six[..5]), (&[2], &two)]), "blob 0", "has 5 values"),
        (with(&[(&[-2, 3, 1, 1], &six), (&[2], &two)]), "blob 0", "has shape [-2"),
        (with(&[(&[2, 3, 1, 1], &six), (&[2], &two), (&[2], &two)]), "bias_term", "3 blobs"),
    ];
    for (found, attribute, why) in cases {
        assert_eq!(found[0].attribute.as_deref(), Some(attribute), "{found:?}");
        assert!(found[0].why.contains(why), "{found:?}");
    }
    let blobs: &[(&[i64], &[f32])] = &[(&[2, 3, 1, 1], &six), (&[2], &two)];
    let twice = found(&caffemodel(&[("c", blobs), ("c", blobs)]), &[conv("c", "x", "")]);
    assert!(twice[0].why.contains("two layers"), "{twice:?}");
}

#[test]
fn networks_without_one_output_or_with_absurd_sizes() {
    let two = found(&good_weights(), &[layer("ReLU", "a", "x", ""), layer("ReLU", "b", "x", "")]);
    assert!(two[0].why.contains("2 outputs: a, b"), "{two:?}");
    let map = found(&good_weights(), &[layer("ReLU", "a", "x", "")]);
    assert!(map[0].nearest.contains("global average"), "{map:?}");
    let empty = problems(load_pair(&good_weights(), ""));
    assert_eq!(empty.len(), 1);
    for size in ["99999999", "18446744073709551615", "0"] {
        let text = format!("input: 'x' input_dim: 1 input_dim: 3 input_dim: {size} input_dim: {size}");
        let found = problems(load_pair(&good_weights(), &text));
        assert_eq!(found[0].attribute.as_deref(), Some("shape"), "{found:?}");
    }
    let huge = layer("Convolution", "c", "x", "convolution_param { num_output: 16777216 kernel_size: 16777216 }");
    assert!(found(&good_weights(), &[huge])[0].why.contains("has shape"));
}

fn error_of(path: &Path, prototxt: Option<PathBuf>) -> ModelError {
    load(path, &LoadOptions { prototxt, ..LoadOptions::default() }).unwrap_err()
}

#[test]
fn files_that_are_missing_or_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        folder.path().join(name)
    };
    let weights = write("m.caffemodel", &good_weights());
    let gone = folder.path().join("gone.prototxt");
    assert!(matches!(error_of(&weights, None), ModelError::PrototxtMissing { .. }));
    assert!(matches!(error_of(&weights, Some(gone.clone())), ModelError::Read { path, .. } if path == gone));
    assert!(matches!(error_of(&folder.path().join("gone.onnx"), None), ModelError::Read { .. }));
    assert!(matches!(error_of(folder.path(), None), ModelError::Read { .. }));
    assert!(matches!(error_of(&write("a.txt", b"hello"), None), ModelError::UnknownFormat { .. }));
    assert!(matches!(error_of(&write("empty.bin", b""), None), ModelError::UnknownFormat { .. }));
    let text = write("bad.prototxt", b"layer {\n  name 'x'\n}");
    assert!(matches!(error_of(&weights, Some(text)), ModelError::Prototxt { line: 2, .. }));
    let text = write("binary.prototxt", &[0xff, 0x00, 0x80, 0x7b]);
    assert!(matches!(error_of(&weights, Some(text)), ModelError::Prototxt { .. }));
    let text = write("ok.prototxt", network([3, 8, 8], &[]).as_bytes());
    let junk = write("junk.caffemodel", b"this is no protocol buffer at all");
    assert!(matches!(error_of(&junk, Some(text)), ModelError::Corrupt { format: "caffemodel", .. }));
    assert_eq!(Format::of_file(&write("no_ending", &good_weights())).unwrap(), Format::Caffe);
    assert_eq!(Format::Caffe.default_preprocess().unwrap().name, "caffe");
    assert_eq!(Format::Onnx.default_preprocess(), None);
}

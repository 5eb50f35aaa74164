//! Models that normalise their image themselves: what they do becomes part of the preprocessing, or is refused.

mod common;

use common::caffe::{layer, load_pair, network};
use common::onnx::{load_bytes, ramp, Attr, Onnx};
use common::wire::caffemodel;
use systole_model::{float, quantize, to_onnx, Graph, Op, Preprocess, QuantizeOptions};
use systole_net::{Image, Net};

const SIDE: usize = 6;
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// A padded convolution and an average of `n`; whoever normalises makes `n` of `x`.
fn body(file: Onnx) -> Onnx {
    file.floats("w", &[2, 3, 3, 3], &ramp(54))
        .node("Conv", &["n", "w"], "c", &[("pads", Attr::Ints(&[1; 4]))])
        .node("Relu", &["c"], "r", &[])
        .node("GlobalAveragePool", &["r"], "y", &[])
}

fn image() -> Onnx {
    Onnx::new(13, [3, SIDE as i64, SIDE as i64])
}

fn column(file: Onnx, name: &str, values: [f32; 3]) -> Onnx {
    file.floats(name, &[1, 3, 1, 1], &values)
}

/// The same normalisation in the forms that exporters write.
fn forms() -> Vec<(&'static str, Onnx)> {
    let moved = [0, 1, 2].map(|c| -MEAN[c] / DEVIATION[c]);
    let sub_div = column(column(image(), "m", MEAN), "s", DEVIATION);
    let mul_add = column(column(image(), "s", DEVIATION.map(f32::recip)), "m", moved);
    let norm = image().floats("g", &[3], &[1.0; 3]).floats("h", &[3], &[0.0; 3]);
    let norm = norm.floats("m", &[3], &MEAN).floats("v", &[3], &DEVIATION.map(|d| d * d));
    let turned = column(column(image(), "m", MEAN), "s", DEVIATION.map(|d| -d));
    vec![
        ("Sub, Div", sub_div.node("Sub", &["x", "m"], "d", &[]).node("Div", &["d", "s"], "n", &[])),
        ("Mul, Add", mul_add.node("Mul", &["x", "s"], "d", &[]).node("Add", &["d", "m"], "n", &[])),
        ("Add, Mul from the left", {
            let file = column(column(image(), "m", MEAN.map(|m| -m)), "s", DEVIATION.map(f32::recip));
            file.node("Add", &["m", "x"], "d", &[]).node("Mul", &["s", "d"], "n", &[])
        }),
        (
            "BatchNormalization",
            norm.node("BatchNormalization", &["x", "g", "h", "m", "v"], "n", &[("epsilon", Attr::Float(0.0))]),
        ),
        ("from a constant", turned.node("Sub", &["m", "x"], "d", &[]).node("Div", &["d", "s"], "n", &[])),
    ]
}

fn bytes() -> Image {
    let rgb = (0..SIDE * SIDE * 3).map(|i| (i * 37 % 256) as u8).collect();
    Image { height: SIDE, width: SIDE, rgb }
}

fn scores(graph: &Graph, preprocess: &Preprocess) -> Vec<f32> {
    float::run(graph, &preprocess.apply(&bytes()).unwrap()).unwrap().pop().unwrap()
}

fn near(found: &[f32], wanted: &[f32], what: &str) {
    assert_eq!(found.len(), wanted.len());
    assert!(
        found.iter().zip(wanted).all(|(f, w)| (f - w).abs() < 1e-4 * (1.0 + w.abs())),
        "{what}: {found:?} {wanted:?}"
    );
}

fn integers(graph: &Graph, preprocess: &Preprocess) -> Net {
    let images: Vec<Image> =
        (1..9).map(|k| Image { rgb: bytes().rgb.iter().map(|b| b.wrapping_mul(k)).collect(), ..bytes() }).collect();
    quantize(graph, preprocess, &images, &QuantizeOptions::default(), &mut |_| ()).unwrap().0
}

#[test]
fn every_form_is_the_model_without_it_and_its_preprocessing() {
    let outside = body(image().node("Identity", &["x"], "n", &[])).load();
    let wanted = scores(&outside, &Preprocess::torchvision());
    let net = integers(&outside, &Preprocess::torchvision());
    for (form, file) in forms() {
        let graph = body(file).load();
        assert_eq!(graph.nodes.len(), outside.nodes.len(), "{form}: nothing of it is left");
        near(&scores(&graph, &Preprocess::unit()), &wanted, form);
        let again = load_bytes(&to_onnx(&graph)).unwrap();
        assert_eq!((&again.nodes, &again.image), (&graph.nodes, &graph.image), "{form}: written and read back");
        let inside = integers(&graph, &Preprocess::unit());
        assert_eq!(inside.encode(&bytes()).unwrap(), net.encode(&bytes()).unwrap(), "{form}");
        assert_eq!(inside.layers.len(), net.layers.len());
        let recorded = inside.preprocessing.unwrap();
        assert_eq!(recorded.preprocess, Preprocess::unit(), "{form}: what the file wants");
        assert!(recorded.inside.is_some(), "{form}");
    }
}

#[test]
fn one_constant_for_all_channels_and_an_image_turned_to_its_negative() {
    let file = image().floats("white", &[], &[1.0]).node("Sub", &["white", "x"], "n", &[]);
    let graph = body(file).load();
    let negative = Image { rgb: bytes().rgb.iter().map(|b| 255 - b).collect(), ..bytes() };
    let outside = body(image().node("Identity", &["x"], "n", &[])).load();
    let wanted = float::run(&outside, &Preprocess::unit().apply(&negative).unwrap()).unwrap().pop().unwrap();
    near(&scores(&graph, &Preprocess::unit()), &wanted, "negative");
    // The table of a falling preprocessing, not the bytes themselves.
    let (net, straight) = (integers(&graph, &Preprocess::unit()), integers(&outside, &Preprocess::unit()));
    assert_eq!(net.encode(&bytes()).unwrap(), straight.encode(&negative).unwrap());
}

#[test]
fn behind_a_convolution_sub_and_div_go_into_it() {
    let file = image()
        .floats("w", &[2, 3, 1, 1], &ramp(6))
        .floats("m", &[2, 1, 1], &[0.5, -1.0])
        .floats("s", &[1, 2, 1, 1], &[2.0, -4.0])
        .node("Conv", &["x", "w"], "a", &[])
        .node("Sub", &["a", "m"], "d", &[])
        .node("Div", &["d", "s"], "e", &[])
        .node("Sub", &["one", "e"], "f", &[])
        .floats("one", &[], &[1.0])
        .node("GlobalAveragePool", &["f"], "y", &[]);
    let graph = file.load();
    let x: Vec<f32> = (0..3 * SIDE * SIDE).map(|i| i as f32 / 50.0).collect();
    let found = float::run(&graph, &x).unwrap().pop().unwrap();
    let mean = |c: usize| x[c * SIDE * SIDE..][..SIDE * SIDE].iter().sum::<f32>() / (SIDE * SIDE) as f32;
    let wanted = [0, 1].map(|k: usize| {
        let a: f32 = (0..3).map(|c| ramp(6)[k * 3 + c] * mean(c)).sum();
        1.0 - (a - [0.5, -1.0][k]) / [2.0, -4.0][k]
    });
    near(&found, &wanted, "folded");
    assert_eq!(graph.image, Default::default());
}

/// The nearest files that may not be taken, what is blamed and a word of the reason.
#[test]
fn what_is_no_preprocessing_is_refused() {
    let whole = ramp(3 * SIDE * SIDE);
    let map = [1, 3, SIDE as i64, SIDE as i64];
    let cases = [
        ("a mean per pixel", image().floats("m", &map, &whole).node("Sub", &["x", "m"], "n", &[]), "has shape"),
        ("a constant per column", image().floats("m", &[6], &ramp(6)).node("Sub", &["x", "m"], "n", &[]), "has shape"),
        (
            "a constant of two channels",
            image().floats("m", &[2, 1, 1], &[0.5; 2]).node("Mul", &["x", "m"], "n", &[]),
            "has shape",
        ),
        ("a factor of zero", image().floats("m", &[], &[0.0]).node("Mul", &["x", "m"], "n", &[]), "times 0"),
        ("a divisor of zero", image().floats("m", &[], &[0.0]).node("Div", &["x", "m"], "n", &[]), "inf"),
        (
            "divided by the image",
            image().floats("m", &[], &[1.0]).node("Div", &["m", "x"], "n", &[]),
            "divides a constant by a map",
        ),
        ("the image less itself", image().node("Sub", &["x", "x"], "n", &[]), "works on two maps"),
    ];
    for (what, file, why) in cases {
        let problems = body(file).problems();
        assert!(problems.iter().any(|p| p.to_string().contains(why)), "{what}: {problems:?}");
    }
}

/// The scores of an image as onnxruntime has them.
fn compare(file: &Onnx) {
    let x = Preprocess::unit().apply(&bytes()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.onnx");
    std::fs::write(&path, file.bytes()).unwrap();
    let Some(wanted) = common::onnxruntime::run(&path, &x) else { return };
    near(&float::run(&file.load(), &x).unwrap().pop().unwrap(), &wanted, "onnxruntime");
}

#[test]
fn a_constant_per_pixel_of_equal_values_is_one_per_channel() {
    let x = Preprocess::unit().apply(&bytes()).unwrap();
    let per_pixel: Vec<f32> = MEAN.iter().flat_map(|&mean| [mean; SIDE * SIDE]).collect();
    let map = [1, 3, SIDE as i64, SIDE as i64];
    let per_pixel = image().floats("m", &map, &per_pixel).node("Sub", &["x", "m"], "n", &[]);
    let per_column = image().floats("m", &[SIDE as i64], &[0.5; SIDE]).node("Sub", &["x", "m"], "n", &[]);
    let scaled = image().floats("m", &[], &[6.0]).node("Mul", &["x", "m"], "n", &[]);
    compare(&body(scaled));
    for (file, mean) in [(per_pixel, MEAN), (per_column, [0.5; 3])] {
        let file = body(file);
        compare(&file);
        let graph = file.load();
        let inside = graph.image.inside.clone().unwrap();
        assert_eq!((inside.factor, inside.offset), (vec![1.0; 3], mean.map(|m| -m).to_vec()));
        let moved: Vec<f32> = x.iter().enumerate().map(|(i, v)| v - mean[i / SIDE / SIDE]).collect();
        let plain = body(image().node("Identity", &["x"], "n", &[])).load();
        near(
            &float::run(&graph, &x).unwrap().pop().unwrap(),
            &float::run(&plain, &moved).unwrap().pop().unwrap(),
            "moved",
        );
    }
}

#[test]
fn a_pad_before_the_normalisation_keeps_its_zeros() {
    let padded = || image().ints("p", &[0, 0, 1, 1, 0, 0, 1, 1]).node("Pad", &["x", "p"], "q", &[]);
    let x = Preprocess::unit().apply(&bytes()).unwrap();
    let last = |file: Onnx| float::run(&body(file).load(), &x).unwrap().pop().unwrap();
    // A factor leaves zeros what they are, wherever they are put around.
    let scaled = padded().floats("s", &[], &[0.5]).node("Mul", &["q", "s"], "n", &[]);
    assert!(body(scaled.clone()).load().image.inside.is_some());
    let outside =
        image().floats("s", &[], &[0.5]).ints("p", &[0, 0, 1, 1, 0, 0, 1, 1]).node("Mul", &["x", "s"], "q", &[]);
    near(&last(scaled), &last(outside.node("Pad", &["q", "p"], "n", &[])), "scaled");
    // An offset does not: what is around the image is then no zero any more.
    let moved = padded().floats("m", &[], &[0.5]).node("Add", &["q", "m"], "n", &[]);
    let graph = body(moved).load();
    assert_eq!(graph.image.inside, None);
    assert!(matches!(&graph.nodes[1].op, Op::Conv { kernel: [1, 1], .. }));
}

#[test]
fn an_image_that_is_also_read_as_it_is_is_refused_and_a_convolution_in_its_place_is_not() {
    let readers = |file: Onnx| {
        file.floats("w", &[2, 3, 3, 3], &ramp(54))
            .node("Conv", &["x", "w"], "a", &[("pads", Attr::Ints(&[1; 4]))])
            .node("Conv", &["n", "w"], "b", &[("pads", Attr::Ints(&[1; 4]))])
            .node("Add", &["a", "b"], "c", &[])
            .node("GlobalAveragePool", &["c"], "y", &[])
    };
    let subtracted = || column(column(image(), "m", MEAN), "s", DEVIATION);
    let file = readers(subtracted().node("Sub", &["x", "m"], "d", &[]).node("Div", &["d", "s"], "n", &[]));
    let problems = file.problems();
    assert!(problems[0].why.contains("is not the only image that layers read"), "{problems:?}");
    assert!(problems[0].nearest.contains("a 1x1 Conv of it in place of this normalisation"), "{problems:?}");

    let diagonal: Vec<f32> = (0..9).map(|i| if i % 4 == 0 { 1.0 / DEVIATION[i / 3] } else { 0.0 }).collect();
    let offsets: Vec<f32> = (0..3).map(|c| -MEAN[c] / DEVIATION[c]).collect();
    let advised = image().floats("d", &[3, 3, 1, 1], &diagonal).floats("o", &[3], &offsets);
    let advised = readers(advised.node("Conv", &["x", "d", "o"], "n", &[])).load();
    integers(&advised, &Preprocess::unit());
    let x = Preprocess::unit().apply(&bytes()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.onnx");
    std::fs::write(&path, file.bytes()).unwrap();
    if let Some(wanted) = common::onnxruntime::run(&path, &x) {
        near(&float::run(&advised, &x).unwrap().pop().unwrap(), &wanted, "as advised");
    }
}

/// An image that is stored in 8 bits and normalised then: the advice gives the same scores, but for that storage.
#[test]
fn a_quantised_image_that_is_normalised_is_refused_and_the_advice_is_true() {
    let stored = || {
        let zero = common::onnx::raw_tensor("z", 2, &[], &[0]);
        let file =
            column(column(image(), "m", MEAN), "s", DEVIATION).floats("q", &[], &[1.0 / 255.0]).initializer(zero);
        file.node("QuantizeLinear", &["x", "q", "z"], "i", &[]).node("DequantizeLinear", &["i", "q", "z"], "j", &[])
    };
    let file = body(stored().node("Sub", &["j", "m"], "d", &[]).node("Div", &["d", "s"], "n", &[]));
    let problems = file.problems();
    assert!(problems[0].why.contains("quantised already"), "{problems:?}");
    assert!(problems[0].nearest.contains("leave this node and QuantizeLinear and DequantizeLinear before it out"));
    let advised = body(image().node("Identity", &["x"], "n", &[])).load();
    let x = Preprocess::unit().apply(&bytes()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.onnx");
    std::fs::write(&path, file.bytes()).unwrap();
    if let Some(wanted) = common::onnxruntime::run(&path, &x) {
        near(&scores(&advised, &Preprocess::torchvision()), &wanted, "as advised");
    }
}

#[test]
fn a_normalisation_that_nobody_reads_is_left_out() {
    let file = column(image(), "m", MEAN).node("Sub", &["x", "m"], "unread", &[]).node("Identity", &["x"], "n", &[]);
    assert_eq!(body(file).load().image, Default::default());
}

fn caffe(param: &str, size: usize, channels: usize) -> Result<Graph, systole_model::ModelError> {
    let data = format!(
        "layer {{ name: 'x' type: 'Input' top: 'x' input_param {{ shape {{ dim: 1 dim: {channels} dim: {size} dim: {size} }} }} {param} }}"
    );
    let conv = layer("Convolution", "c", "x", "convolution_param { num_output: 2 kernel_size: 1 bias_term: false }");
    let pool = layer("Pooling", "y", "c", "pooling_param { pool: AVE global_pooling: true }");
    let weights = ramp(2 * channels);
    load_pair(&caffemodel(&[("c", &[(&[2, channels as i64, 1, 1], &weights)])]), &format!("{data}\n{conv}\n{pool}"))
}

#[test]
fn transform_param_is_the_preprocessing_of_a_caffe_file() {
    let stated = |param: &str, channels| caffe(param, 8, channels).unwrap().image.preprocess.map(|p| p.to_string());
    let cases = [
        ("", 3, None),
        ("transform_param { }", 3, Some("transform_param (B, G, R)")),
        (
            "transform_param { scale: 0.017 mean_value: 103.94 mean_value: 116.78 mean_value: 123.68 crop_size: 8 mirror: true }",
            3,
            Some("transform_param (B, G, R; minus 103.94, 116.78, 123.68; times 0.017)"),
        ),
        ("transform_param { mean_value: 127.5 }", 3, Some("transform_param (B, G, R; minus 127.5)")),
        ("transform_param { scale: 0.00390625 }", 1, Some("transform_param (luma; times 0.00390625)")),
    ];
    for (param, channels, wanted) in cases {
        assert_eq!(stated(param, channels).as_deref(), wanted, "{param}");
    }
    let train = "layer { name: 't' type: 'Data' top: 'x' include { phase: TRAIN } transform_param { scale: 3 } }";
    let text = network(
        [3, 8, 8],
        &[train.to_string(), layer("Pooling", "y", "x", "pooling_param { pool: AVE global_pooling: true }")],
    );
    assert_eq!(load_pair(&caffemodel(&[]), &text).unwrap().image.preprocess, None);
}

#[test]
fn transform_params_that_cannot_be_kept_are_refused() {
    let cases = [
        ("mean_file: 'mean.binaryproto'", "mean_file", "a mean per pixel"),
        ("mean_value: 1 mean_value: 2", "mean_value", "there 2 times"),
        ("crop_size: 7", "crop_size", "is 7 for an image of 8x8"),
        ("scale: 0", "scale", "is 0"),
        ("scale: nan", "scale", "is nan"),
        ("force_gray: true", "transform_param", "force_gray true"),
        ("mean: 3", "mean", "unknown in transform_param"),
    ];
    for (param, attribute, why) in cases {
        let problems = common::onnx::problems(caffe(&format!("transform_param {{ {param} }}"), 8, 3));
        let blamed = |p: &systole_model::Problem| p.attribute.as_deref() == Some(attribute) && p.why.contains(why);
        assert!(problems.iter().any(blamed), "{param}: {problems:?}");
    }
    let text = "transform_param { scale: 1 } } layer { name: 'z' type: 'ReLU' bottom: 'c' top: 'c' transform_param { scale: 2 }";
    let problems = common::onnx::problems(caffe(text, 8, 3));
    assert!(problems.iter().any(|p| p.why.contains("an earlier one")), "{problems:?}");
}

#[test]
fn a_caffe_scale_of_the_image_is_its_preprocessing_too() {
    let scale = layer("Scale", "s", "x", "scale_param { bias_term: true }");
    let conv = layer("Convolution", "c", "s", "convolution_param { num_output: 2 kernel_size: 1 bias_term: false }");
    let pool = layer("Pooling", "y", "c", "pooling_param { pool: AVE global_pooling: true }");
    let blobs = caffemodel(&[
        ("s", &[(&[3], &[0.5, 0.25, 2.0]), (&[3], &[1.0, 2.0, 3.0])]),
        ("c", &[(&[2, 3, 1, 1], &ramp(6))]),
    ]);
    let graph = load_pair(&blobs, &network([3, 8, 8], &[scale, conv, pool])).unwrap();
    let inside = graph.image.inside.clone().unwrap();
    assert_eq!((inside.factor, inside.offset), (vec![0.5, 0.25, 2.0], vec![1.0, 2.0, 3.0]));
    assert!(matches!(graph.nodes[1].op, Op::Conv { .. }));
}

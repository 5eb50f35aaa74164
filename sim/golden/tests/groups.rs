//! Grouped and depthwise convolutions in integers: small MobileNets beside onnxruntime's quantiser, channels of very different
//! ranges, and every form of weights.

use std::collections::BTreeMap;
use std::path::PathBuf;
use systole_golden::Golden;
use systole_model::{float, load, quantize, quantize_within};
use systole_model::{Graph, LoadOptions, Op, Preprocess, QuantizeOptions, Room, WeightFormats};
use systole_net::random::waves;
use systole_net::{Engine, Image, LayerKind, Net};

/// Height and width of the images, and how many of them calibrate: as `hdl/model/tests/data/mobile.py` has them.
const SIZE: usize = 32;
const CALIBRATING: usize = 32;
const HELD_BACK: usize = 32;

fn pictures(from: usize, count: usize) -> Vec<Image> {
    (from..from + count).map(|number| waves(SIZE, number)).collect()
}

fn data(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../hdl/model/tests/data")).join(name)
}

fn mobile(name: &str) -> Graph {
    load(&data(name), &LoadOptions::default()).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn quantised(graph: &Graph, formats: &str) -> Net {
    let weights = WeightFormats { all: formats.parse().unwrap(), ..WeightFormats::default() };
    let options = QuantizeOptions { weights, ..QuantizeOptions::default() };
    let images = pictures(0, CALIBRATING);
    quantize(graph, &Preprocess::unit(), &images, &options, &mut |_| {}).unwrap_or_else(|e| panic!("{e}")).0
}

fn in_float(graph: &Graph, images: &[Image]) -> Vec<Vec<f64>> {
    let run = |image| float::run(graph, &Preprocess::unit().apply(image).unwrap()).unwrap().pop().unwrap();
    images.iter().map(|image| run(image).into_iter().map(f64::from).collect()).collect()
}

fn in_integers(net: &Net, images: &[Image]) -> Vec<Vec<f64>> {
    let mut golden = Golden::new(net).unwrap();
    images.iter().map(|i| net.scores(&golden.run(&net.encode(i).unwrap()).unwrap().sums).unwrap()).collect()
}

/// Root mean square of the differences, relative to the scores'.
fn lost(wanted: &[Vec<f64>], found: &[Vec<f64>]) -> f64 {
    let pairs = || wanted.iter().flatten().zip(found.iter().flatten());
    let (signal, noise) = pairs().fold((0.0, 0.0), |(s, n), (w, f)| (s + w * w, n + (w - f) * (w - f)));
    f64::sqrt(noise / signal)
}

/// Images with another best class.
fn other_class(wanted: &[Vec<f64>], found: &[Vec<f64>]) -> usize {
    let best = |scores: &[f64]| (0..scores.len()).reduce(|b, i| if scores[i] > scores[b] { i } else { b });
    wanted.iter().zip(found).filter(|(w, f)| best(w) != best(f)).count()
}

#[test]
fn small_mobile_networks_lose_less_than_by_onnxruntimes_quantiser() {
    let images = pictures(CALIBRATING, HELD_BACK);
    for name in ["mobilenet_v1", "mobilenet_v2"] {
        let text = std::fs::read_to_string(data(&format!("{name}.json"))).unwrap();
        let by: BTreeMap<String, Vec<Vec<f64>>> = serde_json::from_str(&text).unwrap();
        let (graph, wanted) = (mobile(&format!("{name}.onnx")), &by["float"]);
        let float = lost(wanted, &in_float(&graph, &images));
        assert!(float < 1e-5, "{name}: {float}");
        let net = quantised(&graph, "8");
        let depthwise = |layer: &&systole_net::Layer| matches!(&layer.kind, LayerKind::Conv(c) if c.in_channels == 1);
        assert!(net.layers.iter().filter(depthwise).count() >= 4);
        let found = in_integers(&net, &images);
        let (ours, theirs) = (lost(wanted, &found), lost(wanted, &by["int8"]));
        let others = [&found, &by["int8"]].map(|scores| other_class(wanted, scores));
        println!(
            "{name}: off by {ours:.4}, onnxruntime's int8 by {theirs:.4}; other best classes {others:?} of {HELD_BACK}"
        );
        assert!(ours < theirs / 2.0, "{name}: {ours}, {theirs}");
    }
}

/// The same function with channels before and behind every depthwise convolution up to ten thousand times quieter than others,
/// and weights as much larger: ReLU lets factors through.
fn uneven(graph: &Graph) -> Graph {
    let mut graph = graph.clone();
    let factor = |channel: usize, odd: usize| 10f32.powf(-4.0 * ((channel * 7 + odd) % 11) as f32 / 10.0);
    for id in 1..graph.nodes.len() {
        let channels = graph.nodes[graph.nodes[id].inputs[0]].shape[0];
        if graph.nodes[id].op.groups(channels) < 2 {
            continue;
        }
        // Clips are ReLUs by now: before it, it and its ReLU, and what reads that.
        let (before, behind) = (graph.nodes[graph.nodes[id].inputs[0]].inputs[0], id + 2);
        for (node, odd) in [(before, 0), (id, 3)] {
            let Op::Conv { out_channels, weights, bias, .. } = &mut graph.nodes[node].op else { panic!() };
            let size = weights.len() / *out_channels;
            weights.chunks_mut(size).enumerate().for_each(|(c, row)| row.iter_mut().for_each(|w| *w *= factor(c, odd)));
            bias.iter_mut().enumerate().for_each(|(c, b)| *b *= factor(c, odd));
        }
        let Op::Conv { weights, .. } = &mut graph.nodes[id].op else { panic!() };
        let size = weights.len() / channels;
        weights.chunks_mut(size).enumerate().for_each(|(c, row)| row.iter_mut().for_each(|w| *w /= factor(c, 0)));
        let Op::Conv { weights, .. } = &mut graph.nodes[behind].op else { panic!() };
        weights.chunks_mut(channels).for_each(|row| row.iter_mut().enumerate().for_each(|(c, w)| *w /= factor(c, 3)));
    }
    graph
}

#[test]
fn depthwise_channels_of_very_different_ranges_lose_next_to_nothing() {
    let mut even = mobile("mobilenet_v1.onnx");
    even.nodes.iter_mut().filter(|n| matches!(n.op, Op::Clip { .. })).for_each(|n| n.op = Op::Relu);
    let images = pictures(CALIBRATING, 200);
    let (wanted, uneven) = (in_float(&even, &images), uneven(&even));
    assert!(lost(&wanted, &in_float(&uneven, &images)) < 1e-4);
    let [plain, quiet] = [&even, &uneven].map(|graph| in_integers(&quantised(graph, "8"), &images));
    let [plain, quiet] = [plain, quiet].map(|found| (lost(&wanted, &found), other_class(&wanted, &found)));
    println!("even ranges are off by {:.4}, ranges of 1 to 10,000 by {:.4}", plain.0, quiet.0);
    println!("other best classes of 200: {} and {}", plain.1, quiet.1);
    // Scores of random weights lie close together.
    assert!(quiet.0 < 1.15 * plain.0 && quiet.1 <= plain.1 + 5, "{plain:?} {quiet:?}");
}

#[test]
fn every_form_of_weights_has_groups() {
    let (graph, images) = (mobile("mobilenet_v2.onnx"), pictures(CALIBRATING, HELD_BACK));
    let wanted = in_float(&graph, &images);
    let of = |formats: &str| lost(&wanted, &in_integers(&quantised(&graph, formats), &images));
    let [bytes, six, books, four] = ["8", "6", "codebook:6", "codebook:4"].map(of);
    println!("8 bits {bytes:.4}, 6 bits {six:.4}, codebooks of 6 bits {books:.4}, of 4 {four:.4}");
    assert!(bytes < six && six < 0.3 && books < 0.3 && books < four && four < 0.8);
}

#[test]
fn a_budget_is_kept() {
    let (graph, images) = (mobile("mobilenet_v1.onnx"), pictures(0, CALIBRATING));
    let run = |net: &Net, images: &[Image]| {
        let mut golden = Golden::new(net).map_err(|mut faults| faults.swap_remove(0))?;
        images.iter().map(|image| Ok(golden.run(&net.encode(image)?)?.sums)).collect()
    };
    let (source, options) = ((&graph, &Preprocess::unit(), images.as_slice()), QuantizeOptions::default());
    let room = Room::Bytes(8000);
    let (net, _, layers) =
        quantize_within(source, &options, &room, &run, &mut |_| {}).unwrap_or_else(|e| panic!("{e}"));
    let bytes = |layer: &systole_net::Layer| match &layer.kind {
        LayerKind::Conv(conv) => net.layer_store_bytes(conv),
        LayerKind::Pool(_) => 0,
    };
    assert!(net.layers.iter().map(bytes).sum::<usize>() <= 8000);
    assert!(layers.iter().any(|layer| layer.layer.starts_with("dw")), "{layers:?}");
}

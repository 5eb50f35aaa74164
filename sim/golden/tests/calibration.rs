//! What integers are worth on images that did not calibrate, and whether the report says so.

use systole_golden::Golden;
use systole_model::{
    float, quantize, Doubt, Given, Graph, Node, NodeId, Op, Preprocess, QuantizeOptions, Report, Split,
};
use systole_net::{Image, Net, Padding};

/// Height and width of the images; all of them are one sample of a fully connected layer.
const SIZE: [usize; 2] = [11, 14];
const UNSEEN: usize = 20;

/// Uniform in -1..1; the multiplier is Knuth's.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

fn pictures(seed: u64, count: usize) -> Vec<Image> {
    let mut noise = Noise(seed);
    let [height, width] = SIZE;
    let picture = |_| {
        let (a, b, c) = (noise.next(), noise.next(), noise.next());
        let byte = |i: usize| {
            let (y, x, colour) = ((i / 3 / width) as f32, (i / 3 % width) as f32, (i % 3) as f32);
            let wave = (a * y + b * x + c * 3.0 + colour * c).sin() * 80.0 + noise.next() * 40.0;
            (128.0 + wave) as u8
        };
        Image { height, width, rgb: (0..height * width * 3).map(byte).collect() }
    };
    (0..count).map(picture).collect()
}

struct Builder {
    nodes: Vec<Node>,
    noise: Noise,
}

impl Builder {
    fn new(seed: u64) -> Self {
        let shape = [3, SIZE[0], SIZE[1]];
        let data = Node { name: "data".into(), op: Op::Input, inputs: vec![], shape, given: Given::default() };
        Builder { nodes: vec![data], noise: Noise(seed) }
    }

    fn push(&mut self, op: Op, input: NodeId, shape: [usize; 3]) -> NodeId {
        let name = format!("node{}", self.nodes.len());
        self.nodes.push(Node { name, op, inputs: vec![input], shape, given: Given::default() });
        self.nodes.len() - 1
    }

    /// Convolution and ReLU; a window of the whole map is a fully connected layer.
    fn conv(&mut self, input: NodeId, out_channels: usize, kernel: [usize; 2], pad: usize) -> NodeId {
        let [channels, height, width] = self.nodes[input].shape;
        let size = channels * kernel[0] * kernel[1];
        let spread = (3.0 / size as f32).sqrt() * 1.5;
        let weights = (0..out_channels * size).map(|_| self.noise.next() * spread).collect();
        let bias = (0..out_channels).map(|_| self.noise.next() * 0.2).collect();
        let pad = Padding { top: pad, left: pad, bottom: pad, right: pad };
        let shape = [out_channels, height + 2 * pad.top + 1 - kernel[0], width + 2 * pad.left + 1 - kernel[1]];
        self.push(Op::Conv { out_channels, kernel, stride: [1; 2], pad, weights, bias }, input, shape)
    }

    fn conv_relu(&mut self, input: NodeId, out_channels: usize, kernel: [usize; 2], pad: usize) -> NodeId {
        let conv = self.conv(input, out_channels, kernel, pad);
        self.push(Op::Relu, conv, self.nodes[conv].shape)
    }

    fn finish(mut self, input: NodeId) -> Graph {
        let shape = self.nodes[input].shape;
        self.push(Op::GlobalAverage, input, [shape[0], 1, 1]);
        Graph { name: "small".into(), nodes: self.nodes, notes: vec![], ..Default::default() }
    }
}

/// A convolution and two fully connected layers.
fn fully_connected() -> Graph {
    let mut builder = Builder::new(3);
    let first = builder.conv_relu(0, 6, [3, 3], 1);
    let second = builder.conv_relu(first, 8, SIZE, 0);
    let last = builder.conv(second, 7, [1, 1], 0);
    builder.finish(last)
}

/// The same, whose first map is stored between the least and the largest value that it has on `images`.
fn stored<'a>(images: impl Iterator<Item = &'a Image>) -> Graph {
    let plain = fully_connected();
    let runs: Vec<Vec<f32>> = images
        .map(|image| float::run(&plain, &Preprocess::unit().apply(image).unwrap()).unwrap().swap_remove(1))
        .collect();
    let values = || runs.iter().flatten().copied();
    let channels = plain.nodes[1].shape[0];
    let least = vec![values().fold(f32::INFINITY, f32::min).min(0.0); channels];
    let most = vec![values().fold(0.0, f32::max); channels];
    let mut graph = plain;
    graph.nodes[2].op = Op::Saturate { least, most };
    graph
}

/// Four channels, the last two of which are `quiet` times as loud as they would be, and read with as much larger weights: the same
/// function whatever `quiet` is.
fn uneven(quiet: f32) -> Graph {
    let mut builder = Builder::new(5);
    let first = builder.conv(0, 4, [3, 3], 1);
    let Op::Conv { weights, bias, .. } = &mut builder.nodes[first].op else { panic!() };
    let half = weights.len() / 2;
    weights[half..].iter_mut().chain(&mut bias[2..]).for_each(|value| *value *= quiet);
    let shape = builder.nodes[first].shape;
    let relu = builder.push(Op::Relu, first, shape);
    let last = builder.conv(relu, 6, [1, 1], 0);
    let Op::Conv { weights, .. } = &mut builder.nodes[last].op else { panic!() };
    weights.chunks_exact_mut(4).for_each(|row| row[2..].iter_mut().for_each(|weight| *weight /= quiet));
    builder.finish(last)
}

/// Told with what to do about it, which helps.
#[test]
fn channels_that_are_lost_beside_louder_ones_are_told() {
    let images = pictures(1, 16);
    let quiet = |report: &Report| report.doubts.iter().find(|doubt| matches!(doubt, Doubt::Quiet { .. })).cloned();
    let (net, report) = quantised(&uneven(1e-6), &images);
    let Some(Doubt::Quiet { map, lost: 2, channels: 4, ratio }) = quiet(&report) else { panic!("{:?}", report.doubts) };
    assert!(map == "node2" && (1e5..1e7).contains(&ratio), "{map} {ratio}");
    let before = lost(&uneven(1e-6), &net, images.iter());
    let (net, report) = quantised(&uneven(1.0), &images);
    let after = lost(&uneven(1.0), &net, images.iter());
    assert_eq!(quiet(&report), None);
    println!("score error {:.1} %, {:.1} % as advised", 100.0 * before, 100.0 * after);
    assert!(before > 0.2 && after < 0.05, "{before} {after}");
}

fn floats(graph: &Graph, image: &Image) -> Vec<f32> {
    let input = Preprocess::unit().apply(image).unwrap();
    float::run(graph, &input).unwrap().pop().unwrap()
}

fn integers(net: &Net, golden: &Golden, image: &Image) -> Vec<f64> {
    net.scores(&golden.trace(&net.encode(image).unwrap()).unwrap().sums).unwrap()
}

/// Root mean square of the errors relative to that of the scores.
fn error<'a>(graph: &Graph, images: impl Iterator<Item = &'a Image>, scores: impl Fn(&Image) -> Vec<f64>) -> f64 {
    let (mut noise, mut signal) = (0.0, 0.0);
    for image in images {
        for (wanted, found) in floats(graph, image).iter().zip(scores(image)) {
            noise += (f64::from(*wanted) - found).powi(2);
            signal += f64::from(*wanted).powi(2);
        }
    }
    (noise / signal).sqrt()
}

fn quantised(graph: &Graph, images: &[Image]) -> (Net, Report) {
    quantize(graph, &Preprocess::unit(), images, &QuantizeOptions::default(), &mut |_| ()).unwrap()
}

/// The error of the integers on `images`.
fn lost<'a>(graph: &Graph, net: &Net, images: impl Iterator<Item = &'a Image>) -> f64 {
    let golden = Golden::new(net).unwrap();
    error(graph, images, |image| integers(net, &golden, image))
}

/// Every weight rounded to the nearest of 255 values of its output channel; all else in floating point.
fn rounded(graph: &Graph) -> Graph {
    let mut graph = graph.clone();
    for node in &mut graph.nodes {
        let Op::Conv { out_channels, weights, .. } = &mut node.op else { continue };
        let size = weights.len() / *out_channels;
        for row in weights.chunks_exact_mut(size) {
            let step = row.iter().fold(0f32, |m, w| m.max(w.abs())) / 127.0;
            row.iter_mut().for_each(|w| *w = (*w / step).round() * step);
        }
    }
    graph
}

#[test]
fn few_images_are_never_worse_than_rounding_to_the_nearest() {
    let (graph, unseen, given) = (fully_connected(), pictures(7, UNSEEN), pictures(99, 64));
    let plain = rounded(&graph);
    let nearest = error(&graph, unseen.iter(), |image| floats(&plain, image).iter().map(|&v| v.into()).collect());
    for count in [2, 3, 4, 6, 8, 16, 32, 64] {
        let (net, report) = quantised(&graph, &given[..count]);
        let found = lost(&graph, &net, unseen.iter());
        println!(
            "{count} images: {:.2} %, nearest {:.2} %, report {:.2} %",
            100.0 * found,
            100.0 * nearest,
            100.0 * report.score_error
        );
        // Rounding the maps costs, too; and with fewer than eight images their range is a guess.
        let most = nearest * if count < 8 { 2.0 } else { 1.2 };
        assert!(found < most, "{count} images: {found}, nearest {nearest}");
        let few = report.doubts.iter().any(|doubt| matches!(doubt, Doubt::Few { .. }));
        assert_eq!(few, report.calibrated < 32, "{count} images: {:?}", report.doubts);
    }
}

#[test]
fn the_report_is_measured_on_images_that_did_not_calibrate() {
    let images = pictures(99, 10);
    let split = Split::of(&images);
    let graph = stored(split.calibrating.iter().map(|&index| &images[index]));
    let (net, report) = quantised(&graph, &images);
    assert_eq!((report.calibrated, report.images, report.held_back), (8, 2, true));
    let found = lost(&graph, &net, split.held_back.iter().map(|&index| &images[index]));
    assert!((report.score_error / found - 1.0).abs() < 1e-3, "{} {found}", report.score_error);
    // Other images to measure on change the report, not the network.
    let mut others = images.clone();
    let coloured = |colour: [u8; 3]| Image { rgb: colour.repeat(SIZE[0] * SIZE[1]), ..images[0].clone() };
    let others_held = [[255, 0, 255], [0, 255, 0]].map(coloured);
    split.held_back.iter().zip(others_held).for_each(|(&index, image)| others[index] = image);
    let (same, other) = quantised(&graph, &others);
    assert_eq!(same.to_bytes(), net.to_bytes());
    assert_eq!(other.notes, report.notes);
    assert_ne!(other.score_error, report.score_error);
}

#[test]
fn poor_images_are_named() {
    let (graph, good) = (fully_connected(), pictures(99, 40));
    assert_eq!(quantised(&graph, &good).1.doubts, []);
    let one = quantised(&graph, &good[..1]).1;
    assert_eq!((one.calibrated, one.images, one.held_back), (1, 1, false));
    assert!(one.doubts.contains(&Doubt::OneImage), "{:?}", one.doubts);
    let mut twice = good.clone();
    twice.extend_from_slice(&good[..3]);
    let (net, report) = quantised(&graph, &twice);
    assert_eq!(report.doubts, [Doubt::Equal { equal: 3, images: 43 }]);
    assert_eq!(net.to_bytes(), quantised(&graph, &good).0.to_bytes());
}

#[test]
fn a_map_that_never_leaves_zero_is_named() {
    let mut graph = fully_connected();
    // Dark pictures answer nothing behind the first layer.
    let Op::Conv { weights, bias, .. } = &mut graph.nodes[1].op else { panic!("a convolution") };
    weights.iter_mut().for_each(|w| *w = w.abs());
    bias.fill(-0.5);
    let black = |shade: u8| Image { height: SIZE[0], width: SIZE[1], rgb: vec![shade; SIZE[0] * SIZE[1] * 3] };
    let report = quantised(&graph, &[black(0), black(1), black(2)]).1;
    let silent: Vec<&Doubt> = report.doubts.iter().filter(|doubt| matches!(doubt, Doubt::Silent { .. })).collect();
    assert_eq!(silent, [&Doubt::Silent { map: graph.nodes[2].name.clone() }]);
    assert!(report.doubts.contains(&Doubt::Blank { blank: 3, images: 3 }));
}

/// Per-tensor bytes for maps, per-channel bytes for weights, without any gains: what a quantiser of tensors does.
fn by_tensors(graph: &Graph, calibration: &[Image], unseen: &[Image]) -> f64 {
    let runs = |graph: &Graph, image: &Image| {
        let input = Preprocess::unit().apply(image).unwrap();
        float::run(graph, &input).unwrap()
    };
    let weights = rounded(graph);
    let all: Vec<Vec<Vec<f32>>> = calibration.iter().map(|image| runs(graph, image)).collect();
    let most = |node: usize| all.iter().flat_map(|run| &run[node]).fold(0f32, |m, v| m.max(v.abs()));
    let steps: Vec<f32> = (0..graph.nodes.len()).map(|node| most(node) / 255.0).collect();
    let scores = |image: &Image| {
        let mut value = Preprocess::unit().apply(image).unwrap();
        for (at, node) in weights.nodes.iter().enumerate().skip(1) {
            let nodes = vec![
                Node { shape: weights.nodes[at - 1].shape, ..weights.nodes[0].clone() },
                Node { inputs: vec![0], ..node.clone() },
            ];
            value = float::run(&Graph { name: String::new(), nodes, notes: vec![], ..Default::default() }, &value)
                .unwrap()
                .pop()
                .unwrap();
            if node.op == Op::Relu {
                value.iter_mut().for_each(|v| *v = (*v / steps[at]).round().min(255.0) * steps[at]);
            }
        }
        value.iter().map(|&v| v.into()).collect()
    };
    error(graph, unseen.iter(), scores)
}

/// Scales channel `c` of a layer's results by `spread^(c / last)`, and back in the weights of the layer that reads it where
/// `undone` is set.
fn spread(graph: &mut Graph, layer: usize, reader: usize, spread: f32, undone: bool) {
    let Op::Conv { out_channels, weights, bias, .. } = &mut graph.nodes[layer].op else { panic!("a convolution") };
    let (channels, size) = (*out_channels, weights.len() / *out_channels);
    let factor = |channel: usize| spread.powf(channel as f32 / (channels - 1) as f32);
    weights.iter_mut().enumerate().for_each(|(at, w)| *w /= factor(at / size));
    bias.iter_mut().enumerate().for_each(|(channel, b)| *b /= factor(channel));
    if undone {
        let Op::Conv { out_channels, weights, .. } = &mut graph.nodes[reader].op else { panic!("a convolution") };
        let (row, taps) = (weights.len() / *out_channels, weights.len() / *out_channels / channels);
        weights.iter_mut().enumerate().for_each(|(at, w)| *w *= factor(at % row / taps));
    }
}

#[test]
fn channels_of_very_different_ranges_lose_no_more_than_where_each_has_its_scale() {
    let (unseen, given) = (pictures(7, UNSEEN), pictures(99, 40));
    let mut builder = Builder::new(11);
    let first = builder.conv_relu(0, 16, [3, 3], 1);
    let second = builder.conv_relu(first, 16, [3, 3], 1);
    let third = builder.conv_relu(second, 16, [1, 1], 0);
    let last = builder.conv(third, 7, [1, 1], 0);
    let even = builder.finish(last);
    let as_it_is = lost(&even, &quantised(&even, &given).0, unseen.iter());
    for (range, undone) in [(256.0, true), (1000.0, true), (256.0, false), (1000.0, false)] {
        let mut graph = even.clone();
        spread(&mut graph, 1, 3, range, undone);
        spread(&mut graph, 3, 5, range, undone);
        let found = lost(&graph, &quantised(&graph, &given).0, unseen.iter());
        let tensors = by_tensors(&graph, &given, &unseen);
        println!(
            "1:{range}{}: {:.2} % (by tensors {:.2} %, even {:.2} %)",
            if undone { ", undone" } else { "" },
            100.0 * found,
            100.0 * tensors,
            100.0 * as_it_is
        );
        assert!(found <= tensors && (!undone || found < 2.0 * as_it_is), "1:{range}: {found} {tensors} {as_it_is}");
    }
}

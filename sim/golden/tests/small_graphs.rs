//! Every structure that the quantiser fuses, on small graphs: golden's scores against the float executor's.

use systole_golden::Golden;
use systole_model::{float, quantize, Given, Graph, Node, NodeId, Op, Preprocess, QuantizeError, QuantizeOptions};
use systole_net::{Image, LayerKind, Net, Padding};

const SIZE: usize = 16;
const IMAGES: usize = 24;
/// The first ones calibrate, all are judged.
const CALIBRATION: usize = 16;
/// Root mean square of the score errors, relative to the scores.
const MOST_ERROR: f64 = 0.03;

/// Uniform in -1..1; the multiplier is Knuth's.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

struct Builder {
    nodes: Vec<Node>,
    noise: Noise,
}

impl Builder {
    fn new(channels: usize) -> Self {
        let input = Node {
            name: "data".into(),
            op: Op::Input,
            inputs: vec![],
            shape: [channels, SIZE, SIZE],
            given: Given::default(),
        };
        Builder { nodes: vec![input], noise: Noise(1) }
    }

    fn push(&mut self, op: Op, inputs: &[NodeId], shape: [usize; 3]) -> NodeId {
        let name = format!("node{}", self.nodes.len());
        self.nodes.push(Node { name, op, inputs: inputs.to_vec(), shape, given: Given::default() });
        self.nodes.len() - 1
    }

    fn conv(&mut self, input: NodeId, out_channels: usize, kernel: usize, pad: usize) -> NodeId {
        let [channels, height, width] = self.nodes[input].shape;
        let size = channels * kernel * kernel;
        let spread = (3.0 / size as f32).sqrt();
        let weights = (0..out_channels * size).map(|_| self.noise.next() * spread).collect();
        let bias = (0..out_channels).map(|_| self.noise.next() * 0.3).collect();
        let pad = Padding { top: pad, left: pad, bottom: pad, right: pad };
        let shape = [out_channels, height + 2 * pad.top + 1 - kernel, width + 2 * pad.left + 1 - kernel];
        self.push(Op::Conv { out_channels, kernel: [kernel; 2], stride: [1; 2], pad, weights, bias }, &[input], shape)
    }

    fn relu(&mut self, input: NodeId) -> NodeId {
        self.push(Op::Relu, &[input], self.nodes[input].shape)
    }

    fn conv_relu(&mut self, input: NodeId, out_channels: usize, kernel: usize, pad: usize) -> NodeId {
        let conv = self.conv(input, out_channels, kernel, pad);
        self.relu(conv)
    }

    fn add(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.push(Op::Add, &[a, b], self.nodes[a].shape)
    }

    fn concat(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let [channels, height, width] = self.nodes[a].shape;
        self.push(Op::Concat, &[a, b], [channels + self.nodes[b].shape[0], height, width])
    }

    fn pool(&mut self, input: NodeId) -> NodeId {
        let [channels, height, width] = self.nodes[input].shape;
        let op = Op::MaxPool { kernel: 2, stride: 2, pad: 0, ceil: true };
        self.push(op, &[input], [channels, height.div_ceil(2), width.div_ceil(2)])
    }

    /// The graph, once a last convolution and the average are there.
    fn finish(mut self, input: NodeId, relu: bool) -> Graph {
        let last = if relu { self.conv_relu(input, 10, 1, 0) } else { self.conv(input, 10, 1, 0) };
        self.push(Op::GlobalAverage, &[last], [10, 1, 1]);
        Graph { name: "small".into(), nodes: self.nodes, notes: vec![] }
    }
}

/// Smooth colour fields with some noise.
fn images() -> Vec<Image> {
    let mut noise = Noise(7);
    let image = |_| {
        let (a, b, c) = (noise.next(), noise.next(), noise.next());
        let pixel = |i: usize| {
            let (y, x, colour) = ((i / 3 / SIZE) as f32, (i / 3 % SIZE) as f32, (i % 3) as f32);
            let wave = (a * y + b * x + c * 3.0 + colour).sin() * 90.0 + noise.next() * 30.0;
            (128.0 + wave) as u8
        };
        Image { height: SIZE, width: SIZE, rgb: (0..SIZE * SIZE * 3).map(pixel).collect() }
    };
    (0..IMAGES).map(image).collect()
}

/// The network, after its scores have been compared on all images.
fn judged(graph: &Graph, preprocess: &Preprocess) -> Net {
    let images = images();
    let quantised = || {
        let options = QuantizeOptions::default();
        quantize(graph, preprocess, &images[..CALIBRATION], &options, &mut |_| ()).unwrap()
    };
    let (net, report) = quantised();
    assert_eq!(net.to_bytes(), quantised().0.to_bytes(), "the same arguments, other bytes");
    assert_eq!(report.layers.len(), net.layers.len());
    let golden = Golden::new(&net).unwrap();
    let (mut noise, mut signal) = (0.0, 0.0);
    for image in &images {
        let trace = golden.trace(&net.encode(image).unwrap()).unwrap();
        let input = preprocess.apply(&image.rgb, SIZE, SIZE).unwrap();
        let wanted = float::run(graph, &input).unwrap().pop().unwrap();
        for (w, s) in wanted.iter().zip(net.scores(&trace.sums).unwrap()) {
            noise += (f64::from(*w) - s).powi(2);
            signal += f64::from(*w).powi(2);
        }
    }
    let error = (noise / signal).sqrt();
    assert!(error < MOST_ERROR, "score error {error}");
    net
}

fn residuals(net: &Net) -> usize {
    net.layers.iter().filter(|l| matches!(&l.kind, LayerKind::Conv(c) if c.residual.is_some())).count()
}

#[test]
fn raw_bytes_through_an_unpadded_first_layer() {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 12, 3, 0);
    let net = judged(&b.finish(first, true), &Preprocess::torchvision());
    assert!(net.input.lut.is_none() && !net.tensors[0].signed);
}

#[test]
fn raw_bytes_through_a_padded_first_layer_without_mean() {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 12, 3, 1);
    let net = judged(&b.finish(first, true), &Preprocess::unit());
    assert!(net.input.lut.is_none() && !net.tensors[0].signed);
}

#[test]
fn tables_through_a_padded_first_layer_with_mean() {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 12, 3, 1);
    let net = judged(&b.finish(first, true), &Preprocess::torchvision());
    assert!(net.input.lut.is_some() && net.tensors[0].signed);
}

#[test]
fn fire_with_bypass_adds_behind_relu() {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 16, 3, 0);
    let kept = b.pool(first);
    let squeeze = b.conv_relu(kept, 6, 1, 0);
    let (left, right) = (b.conv_relu(squeeze, 8, 1, 0), b.conv_relu(squeeze, 8, 3, 1));
    let joined = b.concat(left, right);
    let sum = b.add(joined, kept);
    let pooled = b.pool(sum);
    let net = judged(&b.finish(pooled, true), &Preprocess::caffe());
    assert_eq!(residuals(&net), 2);
    assert!(net.tensors.iter().all(|t| !t.signed));
}

#[test]
fn residual_block_with_relu_behind_the_addition() {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 8, 3, 0);
    let shortcut = b.conv(first, 12, 1, 0);
    let inner = b.conv_relu(first, 12, 3, 1);
    let outer = b.conv(inner, 12, 3, 1);
    let sum = b.add(outer, shortcut);
    let sum = b.relu(sum);
    let net = judged(&b.finish(sum, false), &Preprocess::caffe());
    assert_eq!(residuals(&net), 1);
    assert_eq!(net.tensors.iter().filter(|t| t.signed).count(), 1, "the shortcut alone");
}

#[test]
fn relu_behind_concat_and_behind_pool() {
    let mut b = Builder::new(3);
    let (left, right) = (b.conv(0, 5, 1, 0), b.conv(0, 7, 1, 0));
    let joined = b.concat(left, right);
    let joined = b.relu(joined);
    let next = b.conv(joined, 9, 3, 1);
    let pooled = b.pool(next);
    let pooled = b.relu(pooled);
    let net = judged(&b.finish(pooled, true), &Preprocess::caffe());
    assert!(net.tensors.iter().all(|t| !t.signed));
    assert_eq!(net.layers.len(), 5);
}

#[test]
fn channels_without_weights_are_their_bias() {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 6, 3, 0);
    if let Op::Conv { weights, bias, .. } = &mut b.nodes[first - 1].op {
        weights[..27].fill(0.0);
        bias[0] = 0.7;
        weights[27..54].fill(1e-9);
        bias[1] = 0.3;
    }
    judged(&b.finish(first, true), &Preprocess::torchvision());
}

#[test]
fn everything_without_a_step_is_listed() {
    let mut b = Builder::new(3);
    let pooled = b.pool(0);
    let other = b.pool(0);
    let sum = b.add(pooled, other);
    let joined = b.concat(sum, pooled);
    b.push(Op::GlobalAverage, &[joined], [6, 1, 1]);
    let graph = Graph { name: "small".into(), nodes: b.nodes, notes: vec![] };
    let images = images();
    let run = |p: &Preprocess, i: &[Image]| quantize(&graph, p, i, &QuantizeOptions::default(), &mut |_| ());
    let Err(QuantizeError::Unsupported(problems)) = run(&Preprocess::unit(), &images) else { panic!() };
    let operators: Vec<&str> = problems.iter().map(|p| p.operator.as_str()).collect();
    assert_eq!(operators, ["Add", "Concat", "GlobalAverage"]);
    assert!(matches!(run(&Preprocess::unit(), &[]), Err(QuantizeError::NoImages)));
}

#[test]
fn bad_arguments_are_named() {
    let mut b = Builder::new(3);
    let first = b.conv_relu(0, 4, 3, 0);
    let graph = b.finish(first, true);
    let run = |p: &Preprocess, i: &[Image]| {
        let result = quantize(&graph, p, i, &QuantizeOptions::default(), &mut |_| ());
        result.unwrap_err().to_string()
    };
    let mut small = images();
    small[3].height = 4;
    assert!(run(&Preprocess::unit(), &small).starts_with("calibration image 3: image is 4 x 16"));
    let mut short = Preprocess::unit();
    short.mean.pop();
    assert!(run(&short, &images()).contains("mean has 2 entries"));
    let negative = Preprocess { scale: vec![1.0, -1.0, 1.0], ..Preprocess::unit() };
    assert!(run(&negative, &images()).contains("scale of channel 1 is -1"));
    let labels = QuantizeOptions { labels: vec!["one".into()], ..QuantizeOptions::default() };
    let result = quantize(&graph, &Preprocess::unit(), &images(), &labels, &mut |_| ());
    assert!(result.unwrap_err().to_string().contains("labels"));
}

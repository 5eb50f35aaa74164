//! Small graphs, images for them, and the comparison of golden's scores with the float executor's.

use systole_golden::Golden;
use systole_model::{float, quantize, Given, Graph, Node, NodeId, Op, Preprocess, QuantizeOptions};
use systole_net::{Image, Net, Padding};

pub const SIZE: usize = 16;
pub const IMAGES: usize = 24;
/// The first ones calibrate, all are judged.
pub const CALIBRATION: usize = 16;
/// Root mean square of the score errors, relative to the scores.
const MOST_ERROR: f64 = 0.02;

/// Uniform in -1..1; the multiplier is Knuth's.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

pub struct Builder {
    pub nodes: Vec<Node>,
    noise: Noise,
}

impl Builder {
    pub fn new(channels: usize) -> Self {
        let input = Node {
            name: "data".into(),
            op: Op::Input,
            inputs: vec![],
            shape: [channels, SIZE, SIZE],
            given: Given::default(),
        };
        Builder { nodes: vec![input], noise: Noise(1) }
    }

    pub fn push(&mut self, op: Op, inputs: &[NodeId], shape: [usize; 3]) -> NodeId {
        let name = format!("node{}", self.nodes.len());
        self.nodes.push(Node { name, op, inputs: inputs.to_vec(), shape, given: Given::default() });
        self.nodes.len() - 1
    }

    pub fn conv(&mut self, input: NodeId, out_channels: usize, kernel: usize, pad: usize) -> NodeId {
        let [channels, height, width] = self.nodes[input].shape;
        let size = channels * kernel * kernel;
        let spread = (3.0 / size as f32).sqrt();
        let weights = (0..out_channels * size).map(|_| self.noise.next() * spread).collect();
        let bias = (0..out_channels).map(|_| self.noise.next() * 0.3).collect();
        let pad = Padding { top: pad, left: pad, bottom: pad, right: pad };
        let shape = [out_channels, height + 2 * pad.top + 1 - kernel, width + 2 * pad.left + 1 - kernel];
        self.push(Op::Conv { out_channels, kernel: [kernel; 2], stride: [1; 2], pad, weights, bias }, &[input], shape)
    }

    pub fn relu(&mut self, input: NodeId) -> NodeId {
        self.push(Op::Relu, &[input], self.nodes[input].shape)
    }

    pub fn conv_relu(&mut self, input: NodeId, out_channels: usize, kernel: usize, pad: usize) -> NodeId {
        let conv = self.conv(input, out_channels, kernel, pad);
        self.relu(conv)
    }

    pub fn add(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.push(Op::Add, &[a, b], self.nodes[a].shape)
    }

    pub fn concat(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let [channels, height, width] = self.nodes[a].shape;
        self.push(Op::Concat, &[a, b], [channels + self.nodes[b].shape[0], height, width])
    }

    pub fn pool(&mut self, input: NodeId) -> NodeId {
        let [channels, height, width] = self.nodes[input].shape;
        let op = Op::MaxPool { kernel: 2, stride: 2, pad: 0, ceil: true };
        self.push(op, &[input], [channels, height.div_ceil(2), width.div_ceil(2)])
    }

    pub fn average(&mut self, input: NodeId, kernel: usize, stride: usize, pad: usize) -> NodeId {
        let [channels, height, width] = self.nodes[input].shape;
        let [height, width] = [height, width].map(|size| (size + 2 * pad - kernel) / stride + 1);
        let op = Op::AveragePool { kernel, stride, pad, ceil: false, count_pad: pad > 0 };
        self.push(op, &[input], [channels, height, width])
    }

    pub fn clip(&mut self, input: NodeId, max: f32) -> NodeId {
        self.push(Op::Clip { max }, &[input], self.nodes[input].shape)
    }

    /// The graph, once a last convolution and the average are there.
    pub fn finish(mut self, input: NodeId, relu: bool) -> Graph {
        let last = if relu { self.conv_relu(input, 10, 1, 0) } else { self.conv(input, 10, 1, 0) };
        self.push(Op::GlobalAverage, &[last], [10, 1, 1]);
        Graph { name: "small".into(), nodes: self.nodes, notes: vec![], ..Default::default() }
    }
}

/// Smooth colour fields with some noise, of `size` pixels a side.
pub fn images(size: usize) -> Vec<Image> {
    let mut noise = Noise(7);
    let image = |_| {
        let (a, b, c) = (noise.next(), noise.next(), noise.next());
        let pixel = |i: usize| {
            let (y, x, colour) = ((i / 3 / size) as f32, (i / 3 % size) as f32, (i % 3) as f32);
            let wave = (a * y + b * x + c * 3.0 + colour).sin() * 90.0 + noise.next() * 30.0;
            (128.0 + wave) as u8
        };
        Image { height: size, width: size, rgb: (0..size * size * 3).map(pixel).collect() }
    };
    (0..IMAGES).map(image).collect()
}

/// The network, after its scores have been compared on all images.
pub fn judged(graph: &Graph, preprocess: &Preprocess) -> Net {
    let size = graph.nodes[0].shape[1];
    let images = images(size);
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
        let input = preprocess.apply(image).unwrap();
        let wanted = float::run(graph, &input).unwrap().pop().unwrap();
        for (w, s) in wanted.iter().zip(net.scores(&trace.sums).unwrap()) {
            noise += (f64::from(*w) - s).powi(2);
            signal += f64::from(*w).powi(2);
        }
    }
    let error = (noise / signal).sqrt();
    println!("{}: score error {:.2} %", graph.name, 100.0 * error);
    assert!(error < MOST_ERROR, "score error {error}");
    net
}

/// What the machine has no step for in `graph`, as text.
pub fn refused(graph: &Graph) -> String {
    let problems = systole_model::quantize::unsupported(graph);
    problems.iter().map(|p| format!("{p}\n")).collect()
}

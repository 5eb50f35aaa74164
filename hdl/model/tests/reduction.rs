//! Layers with thousands of weights per output: memory stays far below what matrices of all pairs of them would take.

use std::time::Instant;
use systole_model::{quantize, Given, Graph, Node, Op, Preprocess, QuantizeOptions};
use systole_net::{Image, Padding};

const MEGABYTE: usize = 1 << 20;
/// What the whole process may take, in megabytes; three matrices of 4608 x 4608 doubles are 486.
const MOST_MEMORY: usize = 300;

/// Uniform in -1..1; the multiplier is Knuth's.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    fn conv(&mut self, channels: usize, out_channels: usize, kernel: usize, pad: usize) -> Op {
        let size = channels * kernel * kernel;
        let spread = (3.0 / size as f32).sqrt();
        let weights = (0..out_channels * size).map(|_| self.next() * spread).collect();
        let pad = Padding { top: pad, left: pad, bottom: pad, right: pad };
        Op::Conv { out_channels, kernel: [kernel; 2], stride: [1; 2], pad, weights, bias: vec![0.1; out_channels] }
    }
}

/// `channels` maps of `size` a side, and a convolution of `kernel` over all of them.
fn graph(size: usize, channels: usize, kernel: usize, pad: usize) -> Graph {
    const OUTPUTS: usize = 8;
    let mut noise = Noise(1);
    let node = |name: &str, op: Op, inputs: Vec<usize>, shape: [usize; 3]| Node {
        name: name.into(),
        op,
        inputs,
        shape,
        given: Given::default(),
    };
    let left = size + 2 * pad + 1 - kernel;
    let nodes = vec![
        node("data", Op::Input, vec![], [3, size, size]),
        node("spread", noise.conv(3, channels, 3, 1), vec![0], [channels, size, size]),
        node("relu", Op::Relu, vec![1], [channels, size, size]),
        node("wide", noise.conv(channels, OUTPUTS, kernel, pad), vec![2], [OUTPUTS, left, left]),
        node("scores", Op::GlobalAverage, vec![3], [OUTPUTS, 1, 1]),
    ];
    Graph { name: "wide".into(), nodes, notes: vec![], ..Default::default() }
}

fn images(size: usize, count: usize) -> Vec<Image> {
    let mut noise = Noise(7);
    let image = |_| {
        let (a, b) = (noise.next(), noise.next());
        let byte = |i: usize| {
            let wave = (a * (i / 3 / size) as f32 + b * (i / 3 % size) as f32 + (i % 3) as f32).sin() * 90.0;
            (128.0 + wave + noise.next() * 30.0) as u8
        };
        Image { height: size, width: size, rgb: (0..size * size * 3).map(byte).collect() }
    };
    (0..count).map(image).collect()
}

/// Most memory that this process has had, in megabytes.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<usize>().ok()? * 1024 / MEGABYTE)
}

#[test]
fn a_steep_reduction_takes_little_memory() {
    // A pixel is a sample, then an image is one.
    for (size, channels, kernel, pad, count) in [(12, 512, 3, 1, 10), (6, 256, 6, 0, 20)] {
        let (graph, images, start) = (graph(size, channels, kernel, pad), images(size, count), Instant::now());
        let (net, report) =
            quantize(&graph, &Preprocess::unit(), &images, &QuantizeOptions::default(), &mut |_| ()).unwrap();
        assert!(net.check().is_ok() && report.score_error < 0.03, "{}", report.score_error);
        let steps = channels * kernel * kernel;
        println!(
            "{steps} weights per output: {:.1} s, error {:.2} %",
            start.elapsed().as_secs_f64(),
            100.0 * report.score_error
        );
    }
    match peak() {
        Some(peak) => assert!(peak < MOST_MEMORY, "{peak} MB"),
        None => println!("SKIPPED: this system does not say how much memory was taken"),
    }
}

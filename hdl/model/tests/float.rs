//! The float executor against plain loops.

use proptest::prelude::{prop_assert, proptest, ProptestConfig};
use systole_model::graph::{Node, Padding};
use systole_model::{float, Given, Graph, ModelError, Op};

/// Input, one operation, average.
fn graph(input: [usize; 3], op: Op, shape: [usize; 3]) -> Graph {
    let node = |name: &str, op, inputs: &[usize], shape| Node {
        name: name.to_string(),
        op,
        inputs: inputs.to_vec(),
        shape,
        given: Given::default(),
    };
    let average = node("average", Op::GlobalAverage, &[1], [shape[0], 1, 1]);
    Graph {
        name: "test".to_string(),
        nodes: vec![node("x", Op::Input, &[], input), node("op", op, &[0], shape), average],
        notes: Vec::new(),
        ..Graph::default()
    }
}

fn noise(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|i| (((i + seed) * 7919) % 1009) as f32 / 504.5 - 1.0).collect()
}

/// Value at signed coordinates, `None` outside.
fn at(values: &[f32], [_, h, w]: [usize; 3], c: usize, y: i64, x: i64) -> Option<f32> {
    let inside = (0..h as i64).contains(&y) && (0..w as i64).contains(&x);
    inside.then(|| values[(c * h + y as usize) * w + x as usize])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn convolution(
        channels in 1usize..5, out in 1usize..11, h in 5usize..12, w in 5usize..12, kh in 1usize..6, kw in 1usize..6,
        sy in 1usize..4, sx in 1usize..4, pads in [0usize..3, 0..3, 0..3, 0..3], seed in 0usize..1000,
    ) {
        let [top, left, bottom, right] = pads;
        let shape = [out, (h + top + bottom - kh) / sy + 1, (w + left + right - kw) / sx + 1];
        let (weights, bias) = (noise(out * channels * kh * kw, seed), noise(out, seed + 1));
        let image = noise(channels * h * w, seed + 2);
        let op = Op::Conv {
            out_channels: out, kernel: [kh, kw], stride: [sy, sx], pad: Padding { top, left, bottom, right },
            weights: weights.clone(), bias: bias.clone(),
        };
        let got = &float::run(&graph([channels, h, w], op, shape), &image).unwrap()[1];
        for (i, got) in got.iter().enumerate() {
            let (o, y, x) = (i / (shape[1] * shape[2]), i / shape[2] % shape[1], i % shape[2]);
            let mut want = f64::from(bias[o]);
            for (k, weight) in weights[o * channels * kh * kw..][..channels * kh * kw].iter().enumerate() {
                let (c, ky, kx) = (k / (kh * kw), k / kw % kh, k % kw);
                let (y, x) = ((y * sy + ky) as i64 - top as i64, (x * sx + kx) as i64 - left as i64);
                want += f64::from(weight * at(&image, [channels, h, w], c, y, x).unwrap_or(0.0));
            }
            prop_assert!((f64::from(*got) - want).abs() < 1e-4, "{got} {want} at {i}");
        }
    }

    #[test]
    fn max_pool(h in 3usize..12, w in 3usize..12, kernel in 1usize..4, stride in 1usize..4, pad in 0usize..3, ceil: bool) {
        let pad = pad.min(kernel - 1);
        let size = |n: usize| {
            let span = n + 2 * pad - kernel;
            let count = if ceil { span.div_ceil(stride) + 1 } else { span / stride + 1 };
            if ceil && (count - 1) * stride >= n + pad { count - 1 } else { count }
        };
        let shape = [2, size(h), size(w)];
        let image = noise(2 * h * w, 5);
        let got = &float::run(&graph([2, h, w], Op::MaxPool { kernel, stride, pad, ceil }, shape), &image).unwrap()[1];
        for (i, got) in got.iter().enumerate() {
            let (c, y, x) = (i / (shape[1] * shape[2]), i / shape[2] % shape[1], i % shape[2]);
            let taps = (0..kernel * kernel).filter_map(|t| {
                let (y, x) = (y * stride + t / kernel, x * stride + t % kernel);
                at(&image, [2, h, w], c, y as i64 - pad as i64, x as i64 - pad as i64)
            });
            prop_assert!(taps.reduce(f32::max) == Some(*got));
        }
    }
}

#[test]
fn images_of_another_size_are_refused() {
    let graph = graph([1, 2, 2], Op::Relu, [1, 2, 2]);
    assert_eq!(float::run(&graph, &[-1.0, 2.0, 3.0, -4.0]).unwrap()[1..], [vec![0.0, 2.0, 3.0, 0.0], vec![1.25]]);
    assert!(matches!(float::run(&graph, &[0.0; 5]), Err(ModelError::Length { wanted: 4, found: 5, .. })));
}

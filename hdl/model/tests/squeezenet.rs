//! The design space of SqueezeNet: the paper's counts and sizes, sound random weights, files that others read.

mod common;

use common::onnx::load_bytes;
use common::onnxruntime;
use systole_model::{describe, float, to_onnx, unsupported, Bypass, DesignSpace, Graph, Preprocess, Version};
use systole_net::Image;

const SEED: u64 = 1;
const MIB: f64 = (1 << 20) as f64;

fn v1_0() -> DesignSpace {
    DesignSpace::released(Version::V1_0)
}

fn graph(design: &DesignSpace) -> Graph {
    design.graph(SEED).unwrap_or_else(|e| panic!("{design:?}: {e}"))
}

fn parameters(design: DesignSpace) -> u64 {
    describe(&graph(&design)).parameters
}

#[test]
fn counts_of_the_released_networks() {
    let v1_0 = describe(&graph(&v1_0()));
    assert_eq!((v1_0.parameters, v1_0.macs), (1_248_424, 861_339_936));
    let v1_1 = describe(&graph(&DesignSpace::released(Version::V1_1)));
    assert_eq!((v1_1.parameters, v1_1.macs), (1_235_496, 387_747_520));
}

/// The paper counts in MB of 2^20 bytes; its figures are rounded to what is written here.
#[test]
fn sizes_of_the_paper() {
    let complex = DesignSpace { bypass: Bypass::Complex, ..v1_0() };
    let around = |modules: std::ops::RangeInclusive<usize>| Some(modules.collect::<Vec<_>>());
    let rows = [
        (v1_0(), 1_248_424, 4.76, 4.8),
        (DesignSpace { squeeze_ratio: 0.5, ..v1_0() }, 3_404_392, 12.99, 13.0),
        (DesignSpace { squeeze_ratio: 0.75, ..v1_0() }, 4_841_704, 18.47, 19.0),
        (DesignSpace { bypass: Bypass::Simple, ..v1_0() }, 1_248_424, 4.76, 4.8),
        // The paper's figure has convolutions around modules 2, 4, 6 and 8, its table a size that those do not have.
        (complex.clone(), 1_589_672, 6.06, 7.7),
        (DesignSpace { bypass_convolutions: around(5..=9), ..complex }, 2_020_520, 7.71, 7.7),
    ];
    for (design, count, size, paper) in rows {
        let found = parameters(design);
        let megabytes = found as f64 * 4.0 / MIB;
        println!("{found} parameters, {megabytes:.2} MB; the paper says {paper}");
        assert_eq!(found, count);
        assert!((megabytes - size).abs() <= 0.005, "{megabytes} MB");
    }
}

#[test]
fn additions_are_where_the_paper_has_them() {
    let around = |bypass| {
        let graph = graph(&DesignSpace { bypass, ..v1_0() });
        let names = graph.nodes.iter().map(|n| n.name.clone());
        names.filter(|n| n.contains("/bypass")).collect::<Vec<_>>()
    };
    assert!(around(Bypass::None).is_empty());
    assert_eq!(around(Bypass::Simple), ["fire3/bypass", "fire5/bypass", "fire7/bypass", "fire9/bypass"]);
    let complex = around(Bypass::Complex);
    let convolutions: Vec<&String> = complex.iter().filter(|n| n.ends_with("1x1")).collect();
    assert_eq!(convolutions, ["fire2/bypass1x1", "fire4/bypass1x1", "fire6/bypass1x1", "fire8/bypass1x1"]);
    assert_eq!(complex.len() - convolutions.len(), 8);
}

/// A noisy image of the network's size, as Caffe prepares it.
fn image(side: usize) -> Vec<f32> {
    let rgb: Vec<u8> = (0..side * side * 3).map(|i| (i * i / 7 % 251) as u8).collect();
    Preprocess::caffe().apply(&Image { height: side, width: side, rgb }).unwrap()
}

/// Root mean square.
fn rms(values: &[f32]) -> f64 {
    (values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

#[test]
fn activations_neither_die_nor_explode() {
    for (version, bypass) in [(Version::V1_0, Bypass::Complex), (Version::V1_1, Bypass::None)] {
        let design = DesignSpace { bypass, input: 96, classes: 10, ..DesignSpace::released(version) };
        let graph = graph(&design);
        assert_eq!(unsupported(&graph), []);
        let results = float::run(&graph, &image(96)).unwrap();
        let first = rms(&results[0]);
        for (node, result) in graph.nodes.iter().zip(&results) {
            let gain = rms(result) / first;
            assert!((0.1..10.0).contains(&gain), "{}: {gain} times the image", node.name);
        }
    }
}

#[test]
fn files_read_back_as_they_were_and_by_onnxruntime() {
    let folder = tempfile::tempdir().unwrap();
    for bypass in [Bypass::None, Bypass::Simple, Bypass::Complex] {
        let graph = graph(&DesignSpace { bypass, input: 75, classes: 17, ..v1_0() });
        let bytes = to_onnx(&graph);
        assert_eq!(bytes, to_onnx(&graph));
        assert!(load_bytes(&bytes).unwrap() == graph);
        let path = folder.path().join("m.onnx");
        std::fs::write(&path, &bytes).unwrap();
        let Some(theirs) = onnxruntime::run(&path, &image(75)) else { return };
        let ours = float::run(&graph, &image(75)).unwrap().pop().unwrap();
        assert_eq!(ours.len(), theirs.len());
        let worst = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-4 * rms(&theirs) as f32 + 1e-4, "{bypass:?}: differs by {worst}");
    }
}

#[test]
fn every_image_size_and_share_of_filters() {
    for version in [Version::V1_0, Version::V1_1] {
        for input in [32, 33, 63, 227, 512] {
            let design = DesignSpace { input, classes: 3, base: 8, incr: 3, freq: 1, ..DesignSpace::released(version) };
            let graph = graph(&design);
            assert_eq!(graph.nodes.last().unwrap().shape, [3, 1, 1]);
            assert_eq!(unsupported(&graph), []);
        }
    }
    for (pct3x3, branches) in [(0.0, 1), (0.4, 2), (1.0, 1)] {
        let graph = graph(&DesignSpace { pct3x3, input: 64, ..v1_0() });
        assert_eq!(graph.nodes.iter().filter(|n| n.name.starts_with("fire2/expand")).count(), branches);
    }
}

#[test]
fn numbers_out_of_range_are_named() {
    let cases = [
        (DesignSpace { input: 31, ..v1_0() }, "the image size is 31; wanted 32 to 512"),
        (DesignSpace { freq: 0, ..v1_0() }, "is 0; wanted 1 to"),
        (DesignSpace { classes: 0, ..v1_0() }, "classes is 0"),
        (DesignSpace { squeeze_ratio: f64::NAN, ..v1_0() }, "squeeze ratio is NaN"),
        (DesignSpace { pct3x3: 1.5, ..v1_0() }, "3x3 filters is 1.5"),
        (DesignSpace { bypass_convolutions: Some(vec![2]), ..v1_0() }, "not complex"),
        (
            DesignSpace { bypass: Bypass::Complex, bypass_convolutions: Some(vec![10]), ..v1_0() },
            "is 10; wanted 2 to 9",
        ),
    ];
    for (design, wanted) in cases {
        let error = design.graph(SEED).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

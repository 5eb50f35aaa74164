//! Quantised ONNX, written by onnxruntime's quantiser, against what onnxruntime computes from it.

use std::path::{Path, PathBuf};
use systole_model::{describe, float, load, unsupported, Graph, LoadOptions, Op};

/// Forms that say the same thing in floats between integers, or in integers alone.
const FILES: [(&str, bool); 4] =
    [("qdq_uint8_channels", true), ("qdq_int8", false), ("qoperator_uint8_channels", true), ("qoperator_int8", false)];
/// Float arithmetic does without the roundings of five maps: so many counts of the last one.
const COUNTS: f32 = 3.0;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn floats(name: &str) -> Vec<f32> {
    let bytes = std::fs::read(file(name)).unwrap();
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

fn graph(name: &str) -> Graph {
    load(&file(&format!("{name}.onnx")), &LoadOptions::default()).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[test]
fn every_form_is_one_network() {
    // Where storage saturates is the quantiser's choice, and differs.
    let kinds = |graph: &Graph| {
        let layers = describe(graph).layers.into_iter().filter(|l| !l.operation.starts_with("saturate"));
        let mut all: Vec<String> = layers.map(|l| format!("{} {:?}", l.operation, l.shape)).collect();
        all.sort();
        all
    };
    let wanted = kinds(&graph(FILES[0].0));
    for (name, per_channel) in FILES {
        let graph = graph(name);
        assert_eq!(unsupported(&graph), []);
        assert!(kinds(&graph) == wanted, "{name}: {:?}", graph.nodes.iter().map(|n| &n.name).collect::<Vec<_>>());
        for node in &graph.nodes {
            let Op::Conv { out_channels, weights, .. } = &node.op else { continue };
            let stored =
                node.given.weights.as_ref().unwrap_or_else(|| panic!("{name}: {} has lost its integers", node.name));
            assert_eq!(stored.scales.len(), if per_channel { *out_channels } else { 1 });
            let size = weights.len() / stored.scales.len();
            let real = |(i, &w): (usize, &i8)| f32::from(w) * stored.scales[i / size];
            assert!(stored.weights.iter().enumerate().map(real).eq(weights.iter().copied()), "{name}: {}", node.name);
        }
        let mut relus = 0;
        for node in &graph.nodes {
            let Op::Saturate { least, most } = &node.op else { continue };
            let [low, high] = node.given.result.unwrap_or_else(|| panic!("{name}: {}", node.name)).ends();
            assert!(
                least.iter().all(|end| *end == low) && most.iter().all(|end| *end == high),
                "{name}: {}",
                node.name
            );
            relus += usize::from(low == 0.0);
        }
        assert!(relus >= 5, "{name}: the quantiser took five ReLUs away");
    }
}

#[test]
fn scores_are_those_of_onnxruntime_but_for_its_roundings() {
    for (name, _) in FILES {
        let graph = graph(name);
        let ours = float::run(&graph, &floats(&format!("{name}.image"))).unwrap().pop().unwrap();
        let last = graph.nodes.iter().rev().find_map(|n| n.given.result).unwrap();
        for (ours, theirs) in ours.iter().zip(floats(&format!("{name}.scores"))) {
            assert!((ours - theirs).abs() <= COUNTS * last.scale, "{name}: {ours} {theirs}, {last}");
        }
    }
}

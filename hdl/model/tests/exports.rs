//! What PyTorch's two ONNX exporters write at many operator sets, with PyTorch's own scores. `tools/export_torch.py` made them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use systole_model::{float, load, Graph, LoadOptions, Op, Preprocess};
use systole_net::Image;

/// What `tools/export_torch.py` left beside the files.
#[derive(serde::Deserialize)]
struct Scores {
    networks: BTreeMap<String, Network>,
}

#[derive(serde::Deserialize)]
struct Network {
    size: usize,
    scores: Vec<f32>,
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/exports"))
}

fn networks() -> BTreeMap<String, Network> {
    let text = std::fs::read_to_string(folder().join("scores.json")).unwrap();
    serde_json::from_str::<Scores>(&text).unwrap().networks
}

/// All files of a network, by name.
fn files(network: &str) -> BTreeMap<String, Graph> {
    let names = std::fs::read_dir(folder()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let ours = names.filter(|name| name.starts_with(&format!("{network}_")) && name.ends_with(".onnx"));
    ours.map(|name| {
        (load(&folder().join(&name), &LoadOptions::default()).unwrap_or_else(|e| panic!("{name}: {e}")), name)
    })
    .map(|(graph, name)| (name, graph))
    .collect()
}

/// The image of the script, normalised as there.
fn image(size: usize) -> Vec<f32> {
    let rgb: Vec<u8> = (0..size * size * 3).map(|i| ((i * 37 + i / 192 * 11 + i * i / 97) % 256) as u8).collect();
    Preprocess::unit().apply(&Image { height: size, width: size, rgb }).unwrap()
}

#[test]
fn every_export_computes_what_pytorch_does() {
    let networks = networks();
    assert_eq!(networks.len(), 3);
    for (name, Network { size, scores }) in networks {
        let files = files(&name);
        assert_eq!(files.len(), 8, "{:?}", files.keys());
        for (file, graph) in files {
            let found = float::run(&graph, &image(size)).unwrap().pop().unwrap();
            assert_eq!(found.len(), scores.len(), "{file}");
            let worst = found.iter().zip(&scores).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 1e-4, "{file}: {worst}");
        }
    }
}

#[test]
fn exporters_and_operator_sets_give_the_same_operations() {
    for name in networks().keys() {
        let shape = |graph: &Graph| -> Vec<_> {
            let kinds = graph.nodes.iter().map(|n| (std::mem::discriminant(&n.op), n.inputs.clone(), n.shape));
            kinds.collect()
        };
        let files = files(name);
        let first = shape(files.values().next().unwrap());
        assert!(files.iter().all(|(file, graph)| shape(graph) == first || panic!("{file}")), "{name}");
        let clips = |graph: &Graph| graph.nodes.iter().filter(|n| n.op == Op::Clip { max: 6.0 }).count();
        assert!(files.values().all(|graph| clips(graph) == if name == "mixed" { 2 } else { 0 }));
    }
}

/// PyTorch calls every network the same.
#[test]
fn a_network_without_a_name_has_that_of_its_file() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exports");
    for stem in ["mixed_dynamo_18", "mixed_script_9"] {
        let file = folder.join(stem).with_extension("onnx");
        assert_eq!(systole_model::load(&file, &systole_model::LoadOptions::default()).unwrap().name, stem);
    }
}

//! safetensors files with torchvision's names.

mod common;

use common::wire::le_bytes;
use safetensors::tensor::{serialize, Dtype, TensorView};
use systole_model::{describe, load, DesignSpace, Graph, LoadOptions, ModelError, Op, Version};

type Tensors = Vec<(String, Vec<usize>, Vec<u8>)>;

/// Our own random network of that version, under torchvision's names.
fn tensors(version: Version) -> (Graph, Tensors) {
    let graph = DesignSpace { classes: 7, input: 64, ..DesignSpace::released(version) }.graph(3).unwrap();
    let places = match version {
        Version::V1_0 => [3, 4, 5, 7, 8, 9, 10, 12],
        Version::V1_1 => [3, 4, 6, 7, 9, 10, 11, 12],
    };
    let mut all = Vec::new();
    for node in &graph.nodes {
        let Op::Conv { kernel, weights, bias, .. } = &node.op else { continue };
        let name = match node.name.split_once('/') {
            Some((fire, part)) => {
                let number: usize = fire.trim_start_matches("fire").parse().unwrap();
                format!("features.{}.{}", places[number - 2], part.replace("squeeze1x1", "squeeze"))
            }
            None if node.name == "conv1" => "features.0".to_string(),
            None => "classifier.1".to_string(),
        };
        let inputs = weights.len() / bias.len() / kernel[0] / kernel[1];
        all.push((format!("{name}.weight"), vec![bias.len(), inputs, kernel[0], kernel[1]], le_bytes(weights)));
        all.push((format!("{name}.bias"), vec![bias.len()], le_bytes(bias)));
    }
    (graph, all)
}

fn load_tensors(tensors: &Tensors, file: &str) -> Result<Graph, ModelError> {
    let views = tensors.iter().map(|(n, s, d)| (n.as_str(), TensorView::new(Dtype::F32, s.clone(), d).unwrap()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(file);
    std::fs::write(&path, serialize(views, None).unwrap()).unwrap();
    load(&path, &LoadOptions { input_size: Some([64, 64]), ..LoadOptions::default() })
}

fn ops(graph: &Graph) -> Vec<Op> {
    graph.nodes.iter().map(|n| n.op.clone()).collect()
}

#[test]
fn both_versions_are_known_by_their_names() {
    for (version, name) in [(Version::V1_0, "squeezenet1_0"), (Version::V1_1, "squeezenet1_1")] {
        let (mut wanted, tensors) = tensors(version);
        // torchvision pads the last layer of neither.
        if let Some(Op::Conv { pad, .. }) = wanted.nodes.iter_mut().rev().nth(2).map(|n| &mut n.op) {
            *pad = Default::default();
        }
        // By its ending, and by its content.
        for file in ["m.safetensors", "m.bin"] {
            let graph = load_tensors(&tensors, file).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(graph.name, name);
            assert!(ops(&graph) == ops(&wanted), "{}\n{}", describe(&graph), describe(&wanted));
        }
    }
}

#[test]
fn names_of_several_devices_and_tensors_of_no_use() {
    let (_, mut tensors) = tensors(Version::V1_1);
    tensors.iter_mut().for_each(|(name, ..)| name.insert_str(0, "module."));
    tensors.push(("module.extra".to_string(), vec![1], vec![0; 4]));
    let graph = load_tensors(&tensors, "m.safetensors").unwrap();
    assert_eq!(graph.notes, ["module.extra: a tensor that the network does not use"]);
}

#[test]
fn everything_missing_is_named() {
    let (_, mut tensors) = tensors(Version::V1_1);
    tensors.retain(|(name, ..)| name != "features.4.expand3x3.bias" && name != "classifier.1.weight");
    let error = load_tensors(&tensors, "m.safetensors").unwrap_err().to_string();
    assert!(error.contains("2 problem(s)") && error.contains("features.4.expand3x3"), "{error}");
    tensors.retain(|(name, ..)| !name.starts_with("features.12."));
    let error = load_tensors(&tensors, "m.safetensors").unwrap_err().to_string();
    assert!(error.contains("torchvision's squeezenet1_0 at [3, 4, 5"), "{error}");
}

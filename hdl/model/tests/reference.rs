//! The float executor against the logits of onnxruntime and the layers of Caffe.

mod common;

use common::{data, dev_image, npy, Model, MODELS};
use rayon::prelude::{IntoParallelIterator, ParallelIterator};
use std::path::Path;
use systole_model::{float, Graph, Op};

const CLASSES: usize = 1000;
/// Dev images per model.
const IMAGES: usize = 10;
const LOGIT_TOLERANCE: f32 = 1e-3;
const LAYER_TOLERANCE: f32 = 1e-2;

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn compare_logits(data: &Path, model: &Model) {
    let graph = model.load(data);
    let wanted = npy(&data.join(format!("dev/logits_{}.npy", model.logits)));
    let worst = (0..IMAGES).into_par_iter().map(|i| {
        let results = float::run(&graph, &dev_image(data, i)).unwrap();
        largest_difference(results.last().unwrap(), &wanted[i * CLASSES..][..CLASSES])
    });
    let worst = worst.reduce(|| 0.0, f32::max);
    assert!(worst < LOGIT_TOLERANCE, "{}: logits differ by {worst}", model.name);
    println!("{}: logits differ by at most {worst}", model.name);
}

#[test]
fn logits_of_every_model_in_every_format() {
    let Some(data) = data() else { return };
    MODELS.iter().for_each(|model| compare_logits(&data, model));
}

#[test]
fn formats_of_one_network_give_the_same_graph() {
    let Some(data) = data() else { return };
    for version in ["v1.0", "v1.1", "bypass_structural"] {
        let graphs: Vec<Graph> = MODELS.iter().filter(|m| m.logits == version).map(|m| m.load(&data)).collect();
        let ops = |g: &Graph| g.nodes.iter().map(|n| (n.op.clone(), n.inputs.clone(), n.shape)).collect::<Vec<_>>();
        assert_eq!(graphs.len(), 2);
        assert!(ops(&graphs[0]) == ops(&graphs[1]), "{version}: caffemodel and ONNX differ");
    }
}

/// Result of a layer of the prototxt, behind its ReLU where it has one.
fn layer_result<'a>(graph: &Graph, results: &'a [Vec<f32>], layer: &str) -> &'a [f32] {
    let is_layer = |name: &str| name.replace('/', "_") == layer;
    let id = graph.nodes.iter().position(|n| is_layer(&n.name)).unwrap_or_else(|| panic!("no layer {layer}"));
    let relu = graph.nodes.iter().position(|n| n.op == Op::Relu && n.inputs == [id]);
    &results[relu.unwrap_or(id)]
}

#[test]
fn every_layer_of_v1_0_as_caffe_computed_it() {
    let Some(data) = data() else { return };
    let file = std::fs::File::open(data.join("vectors/caffe_v1.0_all_layers_mtmd_sample.npz")).unwrap();
    let mut archive = npyz::npz::NpzArchive::new(file).unwrap();
    let mut array = |name: &str| -> Vec<f32> { archive.by_name(name).unwrap().unwrap().into_vec().unwrap() };
    let graph = MODELS[0].load(&data);
    let results = float::run(&graph, &array("data")).unwrap();
    let names: Vec<String> = graph.nodes.iter().map(|n| n.name.replace('/', "_")).collect();
    let layers: Vec<&String> = names.iter().filter(|n| !n.contains("relu") && !n.contains("concat")).collect();
    assert_eq!(layers.len(), 31, "{layers:?}");
    for layer in layers {
        let worst = largest_difference(layer_result(&graph, &results, layer), &array(layer));
        assert!(worst < LAYER_TOLERANCE, "{layer} differs by {worst}");
    }
}

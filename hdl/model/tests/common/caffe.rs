//! Caffe networks for tests.

use systole_model::{load, Graph, LoadOptions, ModelError};

/// Loads a caffemodel with these bytes and a description with this text.
pub fn load_pair(weights: &[u8], prototxt: &str) -> Result<Graph, ModelError> {
    let folder = tempfile::tempdir().unwrap();
    let (path, text) = (folder.path().join("m.caffemodel"), folder.path().join("m.prototxt"));
    std::fs::write(&path, weights).unwrap();
    std::fs::write(&text, prototxt).unwrap();
    load(&path, &LoadOptions { prototxt: Some(text), ..LoadOptions::default() })
}

/// A description of an image of channels, height, width and these layers.
pub fn network([c, h, w]: [usize; 3], layers: &[String]) -> String {
    let shape = format!("shape {{ dim: 1 dim: {c} dim: {h} dim: {w} }}");
    format!(
        "name: 'test' layer {{ name: 'x' type: 'Input' top: 'x' input_param {{ {shape} }} }}\n{}",
        layers.join("\n")
    )
}

/// A layer with one bottom and one top.
pub fn layer(kind: &str, name: &str, bottom: &str, rest: &str) -> String {
    format!("layer {{ name: '{name}' type: '{kind}' bottom: '{bottom}' top: '{name}' {rest} }}")
}

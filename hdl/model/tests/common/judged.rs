//! ONNX files that are taken as onnxruntime computes them, and files that are refused.

use super::onnx::{ramp, Onnx};
use super::onnxruntime;
use systole_model::{float, ModelError};

/// All that were taken give onnxruntime's scores.
pub fn same(files: Vec<(&str, Onnx)>) {
    let folder = tempfile::tempdir().unwrap();
    let mut jobs = Vec::new();
    for (name, file) in &files {
        let path = folder.path().join(format!("{name}.onnx"));
        std::fs::write(&path, file.bytes()).unwrap();
        let graph = file.try_load().unwrap_or_else(|e| panic!("{name}: {e}"));
        let image = ramp(graph.nodes[0].shape.iter().product());
        let scores = float::run(&graph, &image).unwrap().pop().unwrap();
        jobs.push((name, path, image, scores));
    }
    let models: Vec<(&std::path::Path, &[f32])> = jobs.iter().map(|j| (j.1.as_path(), j.2.as_slice())).collect();
    let Some(right) = onnxruntime::run_all(&models) else { return };
    for ((name, _, _, ours), theirs) in jobs.iter().zip(&right) {
        let most = theirs.iter().fold(1e-6f32, |m, v| m.max(v.abs()));
        let near = ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| (a - b).abs() < 1e-3 * most);
        assert!(near, "{name}: {ours:?}, wanted {theirs:?}");
    }
}

/// None is taken, and each is refused with its words.
pub fn refused(files: Vec<(&str, Onnx)>) {
    for (words, file) in files {
        match file.try_load() {
            Err(ModelError::Problems(problems)) => {
                let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
                assert!(all.iter().any(|text| text.contains(words)), "wanted {words}: {all:#?}");
            }
            other => panic!("wanted {words}: {:?}", other.map(|graph| graph.notes)),
        }
    }
}

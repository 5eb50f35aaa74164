//! The test data beside the workspace: models, images, reference values.
#![allow(dead_code)] // every test file uses its own part

pub mod caffe;
pub mod judged;
pub mod onnx;
pub mod onnxruntime;
pub mod wire;

use std::fs::File;
use std::path::{Path, PathBuf};
use systole_model::{load, Graph, LoadOptions, Preprocess};
use systole_net::Image;

/// Folder of the test data, or a loud note and `None` where it is absent.
pub fn data() -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("SKIPPED: ../shared/data is absent");
    None
}

/// One released network in one format.
pub struct Model {
    pub name: &'static str,
    pub file: &'static str,
    pub prototxt: Option<&'static str>,
    /// Its column of reference logits.
    pub logits: &'static str,
}

pub const MODELS: [Model; 8] = [
    Model {
        name: "v1.0 caffemodel",
        file: "v1.0/squeezenet_v1.0.rebuilt.caffemodel",
        prototxt: Some("v1.0/deploy.prototxt"),
        logits: "v1.0",
    },
    Model {
        name: "v1.1 caffemodel",
        file: "v1.1/squeezenet_v1.1.fp16src.rebuilt.caffemodel",
        prototxt: Some("v1.1/deploy.prototxt"),
        logits: "v1.1",
    },
    Model {
        name: "bypass caffemodel",
        file: "v1.0/squeezenet_v1.0.rebuilt.caffemodel",
        prototxt: Some("bypass_structural/bypass_deploy.prototxt"),
        logits: "bypass_structural",
    },
    Model { name: "v1.0 ONNX", file: "v1.0/squeezenet_v1.0.onnx", prototxt: None, logits: "v1.0" },
    Model { name: "v1.1 ONNX", file: "v1.1/squeezenet_v1.1.onnx", prototxt: None, logits: "v1.1" },
    Model {
        name: "deep compression ONNX",
        file: "deep_compression/squeezenet_dc_decoded.onnx",
        prototxt: None,
        logits: "dc",
    },
    Model {
        name: "deep compression",
        file: "deep_compression/compressed_SqueezeNet.net",
        prototxt: Some("deep_compression/SqueezeNet_deploy.prototxt"),
        logits: "dc",
    },
    Model {
        name: "bypass ONNX",
        file: "bypass_structural/squeezenet_bypass_structural.onnx",
        prototxt: None,
        logits: "bypass_structural",
    },
];

impl Model {
    pub fn load(&self, data: &Path) -> Graph {
        let folder = data.join("models");
        let options = LoadOptions { prototxt: self.prototxt.map(|p| folder.join(p)), ..LoadOptions::default() };
        load(&folder.join(self.file), &options).unwrap_or_else(|e| panic!("{}: {e}", self.name))
    }
}

/// Values of a `.npy` file, row-major.
pub fn npy(path: &Path) -> Vec<f32> {
    npyz::NpyFile::new(File::open(path).unwrap()).unwrap().into_vec().unwrap()
}

/// A photograph of the dev set, prepared as Caffe does.
pub fn dev_image(data: &Path, index: usize) -> Vec<f32> {
    let image = image::open(data.join(format!("dev/images/dev_{index:03}.png"))).unwrap().into_rgb8();
    let (width, height) = image.dimensions();
    let image = Image { height: height as usize, width: width as usize, rgb: image.into_raw() };
    Preprocess::caffe().apply(&image).unwrap()
}

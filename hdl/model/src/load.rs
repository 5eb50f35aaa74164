//! Model files from disk: the format by ending or content, then its importer.

use crate::caffe::{self, Weights};
use crate::error::ModelError;
use crate::graph::Graph;
use crate::onnx;
use crate::safetensors;
use std::io::Read;
use std::path::{Path, PathBuf};
// Protocol buffers end there as well.
use systole_net::regular_file::{self, MAX_FILE};
use systole_net::Preprocess;

/// Bytes that tell formats apart.
const START: u64 = 16;

/// Formats of model files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.caffemodel`, with a `.prototxt` that describes the network.
    Caffe,
    /// `.onnx`.
    Onnx,
    /// Deep Compression's `.net`, with a `.prototxt` that describes the network.
    DeepCompression,
    /// `.safetensors`, named as torchvision names its SqueezeNets.
    Safetensors,
}

/// What a model file does not say itself.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Network description of a caffemodel.
    pub prototxt: Option<PathBuf>,
    /// Height and width of the image, in place of what the file says or leaves open.
    pub input_size: Option<[usize; 2]>,
}

impl Format {
    /// Format of a file: by its ending, otherwise by how it begins.
    ///
    /// # Errors
    /// [`ModelError::Read`], [`ModelError::UnknownFormat`].
    pub fn of_file(path: &Path) -> Result<Self, ModelError> {
        let mut start = Vec::new();
        let read = regular_file::open(path).and_then(|f| f.take(START).read_to_end(&mut start));
        read.map_err(|source| ModelError::Read { path: path.to_path_buf(), source })?;
        Self::of_content(path, &start)
    }

    /// safetensors starts with the length of a JSON text and that text, a caffemodel with its name (field 1, text), an ONNX
    /// file with its version (field 1, number).
    fn of_content(path: &Path, bytes: &[u8]) -> Result<Self, ModelError> {
        let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        match (ending.as_deref(), bytes) {
            (_, bytes) if bytes.starts_with(&systole_net::FILE_MAGIC) => {
                Err(ModelError::IntegerNetwork { path: path.to_path_buf() })
            }
            (Some("caffemodel"), _) => Ok(Format::Caffe),
            (Some("onnx"), _) => Ok(Format::Onnx),
            (Some("safetensors"), _) | (_, [_, _, _, _, 0, 0, 0, 0, b'{', ..]) => Ok(Format::Safetensors),
            (Some("net"), _) => Ok(Format::DeepCompression),
            (_, [0x0a, ..]) => Ok(Format::Caffe),
            (_, [0x08, ..]) => Ok(Format::Onnx),
            (_, bytes) => Err(ModelError::UnknownFormat {
                path: path.to_path_buf(),
                wanted: "a file that ends in .onnx, .caffemodel, .safetensors or (Deep Compression) .net".to_string(),
                found: bytes.first().map_or("an empty file".to_string(), |byte| format!("first byte {byte:#04x}")),
            }),
        }
    }

    /// How images are usually prepared for models of this format; ONNX does not say.
    pub fn default_preprocess(self) -> Option<Preprocess> {
        match self {
            Format::Caffe | Format::DeepCompression => Some(Preprocess::caffe()),
            Format::Safetensors => Some(Preprocess::torchvision()),
            Format::Onnx => None,
        }
    }
}

/// What exporters call a network that nobody named, and what importers here call one without a name; the file's stem says more.
const NAMELESS: [&str; 5] = ["network", "main_graph", "torch_jit", "torch-jit-export", "main"];

/// Reads a model file into a graph.
///
/// # Errors
/// Everything that is wrong with a readable network comes at once, as [`ModelError::Problems`]; the other variants say
/// why the file could not be read that far.
pub fn load(path: &Path, options: &LoadOptions) -> Result<Graph, ModelError> {
    let bytes = read(path)?;
    let format = Format::of_content(path, &bytes)?;
    let prototxt = match (&options.prototxt, format) {
        (Some(prototxt), Format::Caffe | Format::DeepCompression) => {
            String::from_utf8_lossy(&read(prototxt)?).into_owned()
        }
        _ => String::new(),
    };
    let mut graph = load_bytes(path, format, &bytes, &prototxt, options)?;
    if let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()).filter(|_| NAMELESS.contains(&&*graph.name)) {
        graph.name = stem.to_string();
    }
    Ok(graph)
}

/// Reads the content of a model file into a graph. `prototxt` is the text of the file that the options name; `path` is for
/// messages, and where an ONNX file's external data lies.
///
/// # Errors
/// As [`load`].
pub fn load_bytes(
    path: &Path,
    format: Format,
    bytes: &[u8],
    prototxt: &str,
    options: &LoadOptions,
) -> Result<Graph, ModelError> {
    let described = |weights| {
        let file = options.prototxt.as_deref();
        let file = file.ok_or_else(|| ModelError::PrototxtMissing { path: path.to_path_buf() })?;
        caffe::import((path, weights), (file, prototxt), options.input_size)
    };
    match format {
        Format::Caffe => described(Weights::Caffemodel(bytes)),
        Format::DeepCompression => described(Weights::DeepCompression(bytes)),
        Format::Onnx => onnx::import(path, bytes, options.input_size),
        Format::Safetensors => safetensors::import(path, bytes, options.input_size),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    let wrap = |source| ModelError::Read { path: path.to_path_buf(), source };
    let file = regular_file::open(path).map_err(wrap)?;
    let found = file.metadata().map_err(wrap)?.len();
    if found > MAX_FILE {
        return Err(ModelError::FileTooLarge { path: path.to_path_buf(), found, limit: MAX_FILE });
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE).read_to_end(&mut bytes).map_err(wrap)?;
    Ok(bytes)
}

//! onnxruntime beside the float graph: whether what was read computes what the file says.

mod python;

use crate::error::CliError;
use crate::images::npy::npy_images;
use crate::session::scratch::Scratch;
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use serde::Serialize;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use systole_model::{float, host, Format, Graph};

const PROGRAM: &str = include_str!("scores.py");
/// Largest difference that is rounding of floats, over the largest score.
const TOLERANCE: f32 = 1e-3;
/// The same where the file rounds its maps to 8 bits, which the float graph does not.
const TOLERANCE_OF_ROUNDED: f32 = 0.1;
/// Scores of an image are held against at least this.
const SMALLEST: f32 = 1e-6;
/// Random images, half of them around zero as normalised ones are, half like bytes.
const IMAGES: usize = 8;
const NORMALISED: [f32; 2] = [-2.0, 2.0];
const BYTES: [f32; 2] = [0.0, 255.0];

/// How far the float graph is from onnxruntime.
#[derive(Debug, Serialize)]
pub struct Comparison {
    pub images: usize,
    /// Whether they are random.
    pub random: bool,
    /// Largest difference of a score, over the largest score of its image.
    pub difference: f32,
    /// Whether onnxruntime rounds the file's maps to 8 bits.
    pub rounded: bool,
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Comparison { images, random, difference, rounded } = self;
        let random = if *random { "random " } else { "" };
        let rounded = if *rounded { ", whose maps are rounded to 8 bits" } else { "" };
        write!(f, "float scores equal onnxruntime's on {images} {random}images ")?;
        write!(f, "(largest difference {difference:.1e} of the largest score{rounded})")
    }
}

/// Images as a model takes them, `[channels, height, width]`.
#[derive(Debug, Default)]
pub struct Stack {
    pub images: Vec<Vec<f32>>,
    /// Where each is from; none for random ones.
    pub files: Vec<PathBuf>,
}

impl Stack {
    /// The same images on every machine.
    pub fn random(graph: &Graph) -> Self {
        Stack { images: random_images(graph.nodes[0].shape.iter().product()), files: Vec::new() }
    }

    fn name(&self, index: usize) -> String {
        self.files.get(index).map_or_else(|| format!("random image {index}"), |file| file.display().to_string())
    }
}

/// Runs the model in onnxruntime and the graph that was read from it, on the same images.
///
/// # Errors
/// [`CliError::NoOnnxruntime`], [`CliError::Onnxruntime`] when it does not run the model, [`CliError::OnnxruntimeTail`],
/// [`CliError::OnnxruntimeDiffers`].
pub fn compare(
    (model, graph): (&Path, &Graph),
    stack: &Stack,
    python: Option<&Path>,
    scratch: &Scratch,
) -> Result<Comparison, CliError> {
    if Format::of_file(model)? != Format::Onnx {
        return Err(CliError::OnnxruntimeFormat { path: model.into() });
    }
    let images = &stack.images;
    let theirs = scores(model, graph, images, (python, scratch))?;
    let ours: Vec<Vec<f32>> = images.par_iter().map(|image| last_of(graph, image)).collect::<Result<_, _>>()?;
    let (each, found) = (ours[0].len(), theirs.len() / images.len());
    if each == 0 || theirs.len() != each * images.len() {
        return Err(CliError::OnnxruntimeCount { path: model.into(), found: each, wanted: found });
    }
    let rounded = graph.nodes.iter().any(|node| node.given.result.is_some());
    let tolerance = if rounded { TOLERANCE_OF_ROUNDED } else { TOLERANCE };
    let mut difference = 0f32;
    for (image, (ours, theirs)) in ours.iter().zip(theirs.chunks_exact(each)).enumerate() {
        let found = difference_of(ours, theirs);
        if found.is_nan() || found > tolerance {
            let image = stack.name(image);
            return Err(CliError::OnnxruntimeDiffers { path: model.into(), image, difference: found, tolerance });
        }
        difference = difference.max(found);
    }
    Ok(Comparison { images: images.len(), random: stack.files.is_empty(), difference, rounded })
}

/// A row of scores per image, by onnxruntime.
fn scores(
    model: &Path,
    graph: &Graph,
    images: &[Vec<f32>],
    (python, scratch): (Option<&Path>, &Scratch),
) -> Result<Vec<f32>, CliError> {
    let python = python::find(python, scratch)?;
    let folder = scratch.temporary_folder()?;
    let (input, output) = (folder.path().join("images.npy"), folder.path().join("scores"));
    let bytes = npy_images(graph.nodes[0].shape, images);
    fs::write(&input, bytes).map_err(CliError::io("write", &input))?;
    let model_file = fs::canonicalize(model).map_err(CliError::io("read", model))?;
    let words = [OsStr::new("-c"), OsStr::new(PROGRAM), model_file.as_ref(), input.as_ref(), output.as_ref()];
    let ran = python::program(&python, words, scratch)?;
    let bytes = fs::read(&output);
    scratch.discard(folder)?;
    ran.map_err(|why| CliError::Onnxruntime { path: model.into(), why })?;
    let bytes = bytes.map_err(CliError::io("read", &output))?;
    Ok(bytes.chunks_exact(size_of::<f32>()).map(|b| f32::from_le_bytes(b.try_into().expect("four bytes"))).collect())
}

/// Scores by the float graph, and what the file does with them last.
fn last_of(graph: &Graph, image: &[f32]) -> Result<Vec<f32>, CliError> {
    let scores = float::run(graph, image)?.pop().unwrap_or_default();
    let mut operations = host::operations(graph).into_iter();
    operations.try_fold(scores, |made, operation| {
        let cannot = || CliError::OnnxruntimeTail { node: operation.node.into(), operator: operation.operator.into() };
        operation.apply(&made).ok_or_else(cannot)
    })
}

fn difference_of(ours: &[f32], theirs: &[f32]) -> f32 {
    let largest = theirs.iter().map(|score| score.abs()).fold(SMALLEST, f32::max);
    let each = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs() / largest);
    each.fold(0.0, |most, d| if d > most || d.is_nan() { d } else { most })
}

fn random_images(size: usize) -> Vec<Vec<f32>> {
    // Knuth's MMIX generator: the same images on every machine.
    let mut state = 0x5eed_u64;
    let mut unit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    let mut image = |[low, high]: [f32; 2]| (0..size).map(|_| low + (high - low) * unit()).collect();
    (0..IMAGES).map(|index| image(if index % 2 == 0 { NORMALISED } else { BYTES })).collect()
}

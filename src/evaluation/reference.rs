//! What the answers are compared with: scores in floating point, computed here or read from a file.

use super::labels::Label;
use crate::error::CliError;
use crate::images::Size;
use crate::preparation::preprocessing::choose;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use systole_model::{float, host, Graph, LoadOptions, Preprocess};
use systole_net::{regular_file, Digest, Image, Net};

/// Scores of an image, one per class.
pub type Scores = Vec<f32>;

pub enum Reference {
    /// A float model, run on the images.
    Model { graph: Box<Graph>, preprocess: Preprocess },
    /// Scores of all labelled images in their order.
    Table { classes: usize, scores: Scores },
}

/// Which model, as the command line says it.
pub struct ModelFile<'a> {
    pub path: &'a Path,
    pub prototxt: Option<PathBuf>,
    pub preprocess: Option<&'a str>,
}

impl Reference {
    /// Loads the float model of `net`, with what identifies it and what speaks against its preprocessing; where none is given
    /// it is the network's.
    ///
    /// # Errors
    /// Those of the model, [`CliError::Reference`] when it is no model for the network's images and classes.
    pub fn model(model: &ModelFile, net: &Net, size: Size) -> Result<(Self, String, Vec<String>), CliError> {
        let path = model.path;
        let input_size = Some([size.height, size.width]);
        let graph = systole_model::load(path, &LoadOptions { prototxt: model.prototxt.clone(), input_size })?;
        let recorded = net.preprocessing.as_ref().map(|recorded| &recorded.preprocess);
        let chosen = choose(model.preprocess, path, &graph, recorded)?;
        let preprocess = chosen.preprocess;
        let found = graph.nodes.last().map_or(0, |n| n.shape[0]);
        check_classes(path, found, net)?;
        let bytes = regular_file::read(path, regular_file::MAX_FILE).map_err(CliError::io("read", path))?;
        let identity = format!("{} {preprocess:?}", Digest::of(&bytes));
        let reference = Reference::Model { graph: Box::new(graph), preprocess };
        Ok((reference, Digest::of(identity.as_bytes()).to_string(), chosen.warnings))
    }

    /// Reads the scores `[images][classes]` of a `.npy` file, float32, and what identifies them.
    ///
    /// # Errors
    /// [`CliError::Reference`] for another type or shape, [`CliError::Io`].
    pub fn table(path: &Path, net: &Net, labels: &[Label]) -> Result<(Self, String), CliError> {
        let wrong = |why: String| CliError::Reference { path: path.into(), why };
        let bytes = regular_file::read(path, regular_file::MAX_FILE).map_err(CliError::io("read", path))?;
        if brackets(&bytes) > MOST_BRACKETS {
            return Err(wrong("its header is no description of an array".into()));
        }
        let file = npyz::NpyFile::new(bytes.as_slice()).map_err(|e| wrong(e.to_string()))?;
        let (shape, wanted) = (file.shape().to_vec(), [labels.len() as u64, net.classes() as u64]);
        if shape != wanted {
            return Err(wrong(format!("shape {shape:?}, wanted {wanted:?}: a row per label, in their order")));
        }
        let scores: Scores = file.into_vec().map_err(|e| wrong(format!("{e}; wanted float32")))?;
        let bytes: Vec<u8> = scores.iter().flat_map(|s| s.to_le_bytes()).collect();
        Ok((Reference::Table { classes: net.classes(), scores }, Digest::of(&bytes).to_string()))
    }

    /// Scores of images, given with their places in the list of labels.
    ///
    /// # Errors
    /// Those of the float model.
    pub fn scores(&self, indices: &[usize], images: &[Image]) -> Result<Vec<Scores>, CliError> {
        match self {
            Reference::Table { classes, scores } => {
                Ok(indices.iter().map(|i| scores[i * classes..(i + 1) * classes].to_vec()).collect())
            }
            Reference::Model { graph, preprocess } => images
                .par_iter()
                .map(|image| {
                    let input = preprocess.apply(image)?;
                    Ok(host::cut(graph, float::run(graph, &input)?.pop().unwrap_or_default()))
                })
                .collect(),
        }
    }
}

/// Brackets that a `.npy` file's header opens at most: of the whole, of the shape, of a type with fields.
const MOST_BRACKETS: usize = 4;
/// Magic and version, and where its first byte stands.
const BEFORE_LENGTH: usize = 8;
const VERSION_AT: usize = 6;

/// How many brackets the header opens: npyz takes twice the time for every one within another.
fn brackets(file: &[u8]) -> usize {
    // The header's length takes two bytes in version 1, four behind it.
    let bytes = if file.get(VERSION_AT).is_some_and(|&version| version > 1) { 4 } else { 2 };
    let rest = file.get(BEFORE_LENGTH..).unwrap_or_default();
    let length: usize = rest.iter().take(bytes).enumerate().map(|(i, &byte)| usize::from(byte) << (8 * i)).sum();
    rest.iter().skip(bytes).take(length).filter(|byte| b"([{".contains(byte)).count()
}

fn check_classes(path: &Path, found: usize, net: &Net) -> Result<(), CliError> {
    let wanted = net.classes();
    match found == wanted {
        true => Ok(()),
        false => {
            let why = format!("{found} classes, the network has {wanted}; give the model it was made from");
            Err(CliError::Reference { path: path.into(), why })
        }
    }
}

//! `systole quantize`: the float model and some images become the integer network.

use super::model_args::ModelArgs;
use super::weight_args::WeightArgs;
use crate::error::CliError;
use crate::eval::labels::are_of_images;
use crate::images::Size;
use crate::quantised::validation::Validation;
use crate::quantised::{self, Quantised};
use crate::session::Session;
use crate::structure;
use crate::{images, labels};
use std::fs;
use std::path::{Path, PathBuf};
use systole_fast::Fast;
use systole_model::preprocess::PREPROCESS_NAMES;
use systole_model::{
    allot_weights, quantize, Format, Graph, Preprocess, QuantizeError, QuantizeOptions, Report, Sensitivity,
    WeightFormats,
};
use systole_net::{Image, Net, NetError};

/// Turn a float model into the integer network that the machine runs, with a report per layer
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// Images to choose the scales with: folders or files; some dozens of typical ones, a fifth of which is held back to measure
    /// the result
    #[arg(long, required = true, num_args = 1.., value_name = "IMAGES")]
    calibrate: Vec<PathBuf>,
    /// Use at most so many of them, evenly spaced
    #[arg(long, value_name = "COUNT", default_value_t = 64)]
    limit: usize,
    /// The integer network to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// How image bytes become the network's input: caffe, torchvision, unit, grey, or a JSON file with
    /// "rgb_index", "mean" and "scale" per channel; caffe for caffemodels
    #[arg(long, value_name = "NAME|FILE")]
    preprocess: Option<String>,
    #[command(flatten)]
    weights: WeightArgs,
    /// Class names, one per line (ImageNet's synset_words.txt will do); with --validate also, or in a second --labels, the
    /// classes of its images: a CSV table with the columns file and class_index, or lines of an image and a number
    #[arg(long, value_name = "FILE")]
    labels: Vec<PathBuf>,
    /// Labelled images, best others than those that calibrate: how often the integers are right there, and agree with floating
    /// point
    #[arg(long, value_name = "FOLDER")]
    validate: Option<PathBuf>,
    /// Name of the network, in place of the model's own
    #[arg(long)]
    name: Option<String>,
    /// Scale images of another size
    #[arg(long)]
    resize: bool,
    /// Also write the report as a page with pictures: noise, ranges and sizes layer by layer
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    /// # Errors
    /// What is wrong with the model, its images or the output file.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let graph = self.model.load()?;
        let problems = structure::problems(&graph);
        if !problems.is_empty() {
            let source = Box::new(QuantizeError::Unsupported(problems));
            return Err(CliError::Quantize { path: self.model.model.clone(), source });
        }
        let preprocess = self.preprocess(&graph)?;
        let Labels { names, images } = Labels::sort(&self.labels)?;
        let labels = class_names(names, &graph)?;
        let validation = self.validation(images, &graph)?;
        let pictures = self.images(&graph, session)?;
        let options = QuantizeOptions { labels, weights: WeightFormats::default() };
        let (net, report, choices) = self.integers((&graph, &preprocess, &pictures), options, session)?;
        let size = self.size(&graph);
        let validate = |v: Validation| v.run(&net, (graph, preprocess), &pictures, size, session);
        let validation = validation.map(validate).transpose()?;
        let (output, hash) = (self.output.as_path(), net.hash().to_string());
        let done = Quantised { output, network: &net.name, hash, report: &report, choices: &choices, validation };
        session.scratch.write_file(&self.output, &net.to_bytes())?;
        if let Some(file) = &self.report {
            session.scratch.write_file(file, quantised::page::page(&done).as_bytes())?;
        }
        if self.json {
            session.print_json(&done)
        } else {
            session.print(&quantised::text::text(&done))
        }
    }

    /// The network, and what was measured for a budget.
    fn integers(
        &self,
        (graph, preprocess, pictures): (&Graph, &Preprocess, &[Image]),
        mut options: QuantizeOptions,
        session: &Session,
    ) -> Result<(Net, Report, Vec<Sensitivity>), CliError> {
        let mut show = |step: systole_model::Progress| {
            session.progress.step(step.map, step.done as u64, step.total as u64);
        };
        let failed = |source| CliError::Quantize { path: self.model.model.clone(), source: Box::new(source) };
        let mut choices = Vec::new();
        options.weights = match self.weights.budget {
            Some(bytes) => {
                let allotted = allot_weights(graph, preprocess, pictures, bytes, &sums, &mut show);
                let (weights, measured) = allotted.map_err(failed)?;
                choices = measured;
                weights
            }
            None => self.weights.formats(),
        };
        let (mut net, report) = quantize(graph, preprocess, pictures, &options, &mut show).map_err(failed)?;
        if let Some(name) = &self.name {
            net.name.clone_from(name);
        }
        Ok((net, report, choices))
    }

    fn validation(&self, labels: Option<&Path>, graph: &Graph) -> Result<Option<Validation>, CliError> {
        match (&self.validate, labels) {
            (Some(folder), Some(file)) => Validation::open(folder, file, classes(graph)).map(Some),
            (Some(folder), None) => Err(CliError::ValidateLabels { folder: folder.clone() }),
            (None, Some(file)) => Err(CliError::ValidateFolder { path: file.into() }),
            (None, None) => Ok(None),
        }
    }

    fn preprocess(&self, graph: &Graph) -> Result<Preprocess, CliError> {
        let path = &self.model.model;
        let preprocess = match self.preprocess.as_deref() {
            Some(name) if PREPROCESS_NAMES.contains(&name) => Preprocess::by_name(name)?,
            Some(file) if Path::new(file).is_file() => from_json(Path::new(file))?,
            Some(name) => Preprocess::by_name(name)?,
            None => Format::of_file(path)?
                .default_preprocess()
                .ok_or_else(|| CliError::NoPreprocess { path: path.clone(), known: PREPROCESS_NAMES.join(", ") })?,
        };
        let (found, wanted) = (preprocess.rgb_index.len(), graph.nodes[0].shape[0]);
        match found == wanted {
            true => Ok(preprocess),
            false => Err(CliError::PreprocessChannels { path: path.clone(), found, wanted }),
        }
    }

    fn size(&self, graph: &Graph) -> Size {
        let [_, height, width] = graph.nodes[0].shape;
        Size { height, width, resize: self.resize }
    }

    fn images(&self, graph: &Graph, session: &mut Session) -> Result<Vec<Image>, CliError> {
        let size = self.size(graph);
        let files = images::files(&self.calibrate)?;
        let count = files.len().min(self.limit);
        let read = |index: usize| {
            session.progress.step("reading images", index as u64, count as u64);
            images::read(&files[index * files.len() / count], size)
        };
        (0..count).map(read).collect()
    }
}

/// Files of labels by what they are.
struct Labels<'a> {
    names: Option<&'a Path>,
    images: Option<&'a Path>,
}

impl<'a> Labels<'a> {
    fn sort(files: &'a [PathBuf]) -> Result<Self, CliError> {
        let mut sorted = Labels { names: None, images: None };
        for file in files {
            let of_images = are_of_images(file)?;
            let (place, what) = match of_images {
                true => (&mut sorted.images, "classes of images"),
                false => (&mut sorted.names, "names of classes"),
            };
            if let Some(first) = place.replace(file) {
                return Err(CliError::LabelsTwice { first: first.into(), second: file.clone(), what });
            }
        }
        Ok(sorted)
    }
}

fn classes(graph: &Graph) -> usize {
    graph.nodes.last().map_or(0, |n| n.shape[0])
}

fn class_names(file: Option<&Path>, graph: &Graph) -> Result<Vec<String>, CliError> {
    let Some(path) = file else { return Ok(Vec::new()) };
    let names = labels::read(path)?;
    let (found, wanted) = (names.len(), classes(graph));
    match found == wanted {
        true => Ok(names),
        false => Err(CliError::LabelCount { path: path.into(), found, wanted }),
    }
}

/// Class sums of all images on the fast engine.
fn sums(net: &Net, images: &[Image]) -> Result<Vec<Vec<i64>>, NetError> {
    let encoded: Vec<_> = images.iter().map(|image| net.encode(image)).collect::<Result<_, _>>()?;
    Fast::new(net).map_err(|mut faults| faults.swap_remove(0))?.sums_of(&encoded)
}

fn from_json(path: &Path) -> Result<Preprocess, CliError> {
    let text = fs::read_to_string(path).map_err(CliError::io("read", path))?;
    serde_json::from_str(&text).map_err(|source| CliError::Json { path: path.into(), source })
}

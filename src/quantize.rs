//! `systole quantize`: the float model and some images become the integer network.

use crate::args::closest::closest;
use crate::args::model::ModelArgs;
use crate::args::preparation::{read_images, PreparationArgs};
use crate::args::weight::WeightArgs;
use crate::error::CliError;
use crate::evaluation::class_names;
use crate::evaluation::doubt::{collapsed, seen};
use crate::evaluation::labels::are_of_images;
use crate::evaluation::validation::Validation;
use crate::preparation::fitting::Fitting;
use crate::preparation::structure;
use crate::session::Session;
use std::path::{Path, PathBuf};
use systole_fast::Fast;
use systole_model::{
    host, quantize, quantize_within, Graph, Preprocess, QuantizeError, QuantizeOptions, Report, Room, Sensitivity,
};
use systole_net::{Image, Net, NetError};
use systole_report::quantised::{page, text, Quantised};

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
    /// Calibrate with the mirror image of every image, too: less is lost with few images, in twice the time; where left and
    /// right do not matter, as in photographs
    #[arg(long)]
    mirrored: bool,
    /// The integer network to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    preparation: PreparationArgs,
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
    /// Also write the report as a page with pictures: noise, ranges and sizes layer by layer
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// What the file does to the scores behind the machine, where that makes equal what `run` and the others tell apart.
pub fn cut_by_the_host(graph: &Graph) -> Vec<String> {
    let cut = host::later_cuts(graph).into_iter().filter_map(|operation| {
        let [least, most] = operation.ends?;
        let (node, operator) = (operation.node, operation.operator);
        Some(format!("scores are those before {node} ({operator}); it makes all beyond {least}..{most} equal"))
    });
    cut.collect()
}

impl Args {
    /// # Errors
    /// What is wrong with the model, its images or the output file.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let fitting = self.weights.fitting()?;
        let graph = usable(&self.model)?;
        let (preprocess, size, warnings) = self.preparation.choose(&self.model.model, &graph)?;
        session.warn(&warnings)?;
        session.warn(&cut_by_the_host(&graph))?;
        let Labels { names, images } = Labels::sort(&self.labels)?;
        let labels = class_names(names, &graph)?;
        let validation = self.validation(images, &graph)?;
        let pictures = read_images(&self.calibrate, self.limit, size, session)?;
        let pictures: Vec<Image> = pictures.into_iter().map(|(_, image)| image).collect();
        let options =
            QuantizeOptions { labels, resize: size.resize, mirrored: self.mirrored, ..QuantizeOptions::default() };
        let mut show = |step: systole_model::Progress| {
            session.progress.step(step.map, step.done as u64, step.total as u64);
        };
        let given = (&graph, &preprocess, pictures.as_slice());
        let (mut net, report, choices) =
            integers(&self.model, given, options, (&self.weights, fitting.as_ref()), &mut show)?;
        if let Some(name) = &self.name {
            net.name.clone_from(name);
        }
        let planned = fitting.map(|fitting| fitting.planned(&net)).transpose()?;
        let validate = |v: Validation| v.run(&net, (graph, preprocess), &pictures, size, session);
        let (validation, alternatives, doubts) = match validation.map(validate).transpose()? {
            None => (None, None, [collapsed(&best_classes(&net, &pictures)?, net.classes(), None), None]),
            Some((validated, alternatives, rows)) => {
                let doubts = [seen(&rows, net.classes()), alternatives.warning()];
                (Some(validated), Some(alternatives), doubts)
            }
        };
        let (output, hash) = (self.output.as_path(), net.hash().to_string());
        let done = Quantised {
            output,
            network: &net.name,
            hash,
            preprocessing: net.preprocessing.as_ref(),
            report: &report,
            choices: &choices,
            planned,
            alternatives,
            validation,
        };
        session.scratch.write_file(&self.output, &net.to_bytes())?;
        if let Some(file) = &self.report {
            session.scratch.write_file(file, page(&done).as_bytes())?;
        }
        match self.json {
            true => session.print_json(&done),
            false => session.print(&text(&done)),
        }?;
        session.warn(doubts.iter().flatten())
    }

    fn validation(&self, labels: Option<&Path>, graph: &Graph) -> Result<Option<Validation>, CliError> {
        match (&self.validate, labels) {
            (Some(folder), Some(file)) => Validation::open(folder, file, classes(graph)).map(Some),
            (Some(folder), None) => Err(CliError::ValidateLabels { folder: folder.clone() }),
            (None, Some(file)) => Err(CliError::ValidateFolder { path: file.into() }),
            (None, None) => Ok(None),
        }
    }
}

/// The model, if the machine can run it.
///
/// # Errors
/// [`CliError::Model`], [`CliError::Quantize`] with every problem.
pub fn usable(model: &ModelArgs) -> Result<Graph, CliError> {
    let graph = model.load()?;
    let problems = structure::problems(&graph);
    match problems.is_empty() {
        true => Ok(graph),
        false => {
            let source = Box::new(QuantizeError::Unsupported(problems));
            Err(CliError::Quantize { path: model.model.clone(), source })
        }
    }
}

/// The network, its report, and what was measured for a budget or a board.
///
/// # Errors
/// [`CliError::Quantize`], and what a board lacks.
pub fn integers(
    model: &ModelArgs,
    source: (&Graph, &Preprocess, &[Image]),
    mut options: QuantizeOptions,
    (weights, fitting): (&WeightArgs, Option<&Fitting>),
    show: &mut dyn FnMut(systole_model::Progress),
) -> Result<(Net, Report, Vec<Sensitivity>), CliError> {
    let asked = fitting.map(|fitting| move |net: &Net| fitting.has_room(net));
    let room = match &asked {
        Some(asked) => Some(Room::Asked(asked)),
        None => weights.budget.map(Room::Bytes),
    };
    let made = match room {
        Some(room) => quantize_within(source, &options, &room, &sums, show),
        None => {
            options.weights = weights.formats();
            let (graph, preprocess, pictures) = source;
            let made = quantize(graph, preprocess, pictures, &options, show);
            made.map(|(net, report)| (net, report, Vec::new()))
        }
    };
    made.map_err(|source| match (source, fitting.and_then(Fitting::refusal)) {
        (QuantizeError::NoRoom, Some(refusal)) => refusal,
        (QuantizeError::NoSuchLayer { name, known }, _) => {
            let hint = closest(&name, known.split(", "));
            let why = QuantizeError::NoSuchLayer { name, known };
            CliError::UnknownLayer { why: format!("{}: {why}", model.model.display()), hint }
        }
        (source, _) => CliError::Quantize { path: model.model.clone(), source: Box::new(source) },
    })
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
    let names = class_names::read(path)?;
    let (found, wanted) = (names.len(), classes(graph));
    match found == wanted {
        true => Ok(names),
        false => Err(CliError::LabelCount { path: path.into(), found, wanted }),
    }
}

/// The best class of every image on the fast engine.
pub fn best_classes(net: &Net, images: &[Image]) -> Result<Vec<usize>, NetError> {
    let best = |sums: &Vec<i64>| (0..sums.len()).reduce(|best, i| if sums[i] > sums[best] { i } else { best });
    Ok(sums(net, images)?.iter().map(|sums| best(sums).unwrap_or(0)).collect())
}

/// Class sums of all images on the fast engine.
pub fn sums(net: &Net, images: &[Image]) -> Result<Vec<Vec<i64>>, NetError> {
    let encoded: Vec<_> = images.iter().map(|image| net.encode(image)).collect::<Result<_, _>>()?;
    Fast::new(net).map_err(|mut faults| faults.swap_remove(0))?.sums_of(&encoded)
}

//! `systole quantize`: the float model and some images become the integer network.

use super::model_args::ModelArgs;
use super::weight_args::WeightArgs;
use crate::error::CliError;
use crate::session::Session;
use crate::table::{grouped, percent, Table};
use crate::{images, labels};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};
use systole_fast::Fast;
use systole_model::preprocess::PREPROCESS_NAMES;
use systole_model::{
    allot_weights, quantize, Format, Graph, LayerReport, Preprocess, QuantizeOptions, Report, Sensitivity,
};
use systole_net::{Image, Net, NetError};

/// Turn a float model into the integer network that the machine runs, with a report per layer
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// Images to choose the scales with: folders or files; some dozens of typical ones
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
    /// Class names, one per line (ImageNet's synset_words.txt will do)
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Name of the network, in place of the model's own
    #[arg(long)]
    name: Option<String>,
    /// Scale images of another size
    #[arg(long)]
    resize: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Outcome<'a> {
    output: &'a Path,
    network: &'a str,
    /// SHA-256 of the network's integers.
    hash: String,
    report: &'a Report,
    /// What was measured for a budget: each layer in each form.
    choices: &'a [Sensitivity],
}

impl Args {
    /// # Errors
    /// What is wrong with the model, its images or the output file.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let graph = self.model.load()?;
        let preprocess = self.preprocess(&graph)?;
        let labels = self.class_names(&graph)?;
        let pictures = self.images(&graph, session)?;
        let mut show = |step: systole_model::Progress| {
            session.progress.step(step.map, step.done as u64, step.total as u64);
        };
        let failed = |source| CliError::Quantize { path: self.model.model.clone(), source: Box::new(source) };
        let (weights, choices) = match self.weights.budget {
            Some(bytes) => {
                let allotted = allot_weights(&graph, &preprocess, &pictures, bytes, &sums, &mut show);
                allotted.map_err(failed)?
            }
            None => (self.weights.formats(), Vec::new()),
        };
        let options = QuantizeOptions { labels, weights };
        let outcome = quantize(&graph, &preprocess, &pictures, &options, &mut show);
        let (mut net, report) = outcome.map_err(failed)?;
        if let Some(name) = &self.name {
            net.name.clone_from(name);
        }
        session.scratch.write_file(&self.output, &net.to_bytes())?;
        if self.json {
            let (network, hash) = (net.name.as_str(), net.hash().to_string());
            session.print_json(&Outcome { output: &self.output, network, hash, report: &report, choices: &choices })
        } else {
            session.print(&page(&net, &report, &self.output))
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

    fn class_names(&self, graph: &Graph) -> Result<Vec<String>, CliError> {
        let Some(path) = &self.labels else { return Ok(Vec::new()) };
        let names = labels::read(path)?;
        let (found, wanted) = (names.len(), graph.nodes.last().map_or(0, |n| n.shape[0]));
        match found == wanted {
            true => Ok(names),
            false => Err(CliError::LabelCount { path: path.clone(), found, wanted }),
        }
    }

    fn images(&self, graph: &Graph, session: &mut Session) -> Result<Vec<Image>, CliError> {
        let [_, height, width] = graph.nodes[0].shape;
        let size = images::Size { height, width, resize: self.resize };
        let files = images::files(&self.calibrate)?;
        let count = files.len().min(self.limit);
        let read = |index: usize| {
            session.progress.step("reading images", index as u64, count as u64);
            images::read(&files[index * files.len() / count], size)
        };
        (0..count).map(read).collect()
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

fn page(net: &Net, report: &Report, output: &Path) -> String {
    let heading =
        ["layer", "output", "weights", "form", "stored", "weight scales", "scale", "SQNR dB", "saturated", "acc bits"];
    let mut table = Table::new(1, &heading);
    report.layers.iter().for_each(|layer| table.row(cells(layer)));
    let bytes: usize = report.layers.iter().map(|l| l.weight_bytes).sum();
    let stored: usize = report.layers.iter().map(|l| l.store.bytes()).sum();
    format!(
        "{}: {} bytes of weights, {} as stored; against floating point on {} images: score error {}, same best class on {}\n{}\
         wrote {}: next, systole plan\n",
        net.name,
        grouped(bytes as u64),
        grouped(stored as u64),
        report.images,
        percent(report.score_error),
        report.same_best_class,
        table.text(),
        output.display(),
    )
}

fn cells(layer: &LayerReport) -> Vec<String> {
    let [channels, height, width] = layer.output;
    let when = |shown: bool, text: String| if shown { text } else { String::new() };
    vec![
        layer.name.clone(),
        format!("{channels}x{height}x{width}"),
        when(layer.weight_bytes > 0, grouped(layer.weight_bytes as u64)),
        layer.form.map_or(String::new(), |form| form.to_string()),
        when(layer.weight_bytes > 0, grouped(layer.store.bytes() as u64)),
        layer.weight_scale.map_or(String::new(), |(least, most)| format!("{least:.2e} to {most:.2e}")),
        format!("{:.3e}", layer.output_scale),
        format!("{:.1}", layer.sqnr_db),
        percent(layer.saturated),
        when(layer.acc_bits > 0, layer.acc_bits.to_string()),
    ]
}

//! `systole check`: every problem of a model file at once; layers, shapes, parameters and multiply-accumulates.

use crate::args::model::ModelArgs;
use crate::args::preparation::{read_images, PreparationArgs};
use crate::build::boards;
use crate::error::CliError;
use crate::onnxruntime::{self, Comparison, Stack};
use crate::preparation::structure;
use crate::session::Session;
use clap::builder::RangedU64ValueParser;
use serde::Serialize;
use std::path::PathBuf;
use systole_model::{describe, grouped, kinds, Graph, ModelError, Problem, ProblemKind, Summary};

/// Read a model file and report every problem at once, or its layers, shapes, parameters and MACs
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// Run an .onnx file in onnxruntime too, on random images or on --images, and compare its scores with those of what was read
    #[arg(long)]
    against_onnxruntime: bool,
    /// Python that has onnxruntime and NumPy; python3, or that of the project's tools, where none is named
    #[arg(long, value_name = "PROGRAM", requires = "against_onnxruntime")]
    python: Option<PathBuf>,
    /// Images to compare the scores on, in place of random ones: folders or files
    #[arg(long, num_args = 1.., value_name = "IMAGES", requires = "against_onnxruntime")]
    images: Vec<PathBuf>,
    /// Use at most so many of them, evenly spaced
    #[arg(long, value_name = "COUNT", default_value_t = 64, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    limit: usize,
    #[command(flatten)]
    preparation: PreparationArgs,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Verdict<'a> {
    usable: bool,
    problems: &'a [Problem],
    /// The same, those of one kind together.
    kinds: Vec<ProblemKind<'a>>,
    /// What only images can tell.
    reservations: &'a [String],
    /// Absent when the network could not be read whole.
    summary: Option<&'a Summary>,
    /// Present when it was asked for, and the network could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    onnxruntime: Option<&'a Comparison>,
}

impl Args {
    /// # Errors
    /// [`CliError::Problems`] once they are printed; what kept the file from being read at all.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        if let Some(option) = self.preparation.given().filter(|_| self.images.is_empty()) {
            return Err(CliError::WithoutImages { option });
        }
        let (graph, problems, reservations) = match self.model.load() {
            Ok(graph) => {
                let (problems, reservations) = (structure::problems(&graph), structure::reservations(&graph));
                (Some(graph), problems, reservations)
            }
            Err(ModelError::Problems(problems)) => (None, problems, Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let compared = graph.as_ref().filter(|_| self.against_onnxruntime).map(|graph| self.compare(graph, session));
        let compared = compared.transpose()?;
        let summary = graph.as_ref().map(describe);
        let usable = problems.is_empty();
        if self.json {
            let (problems, reservations) = (&problems, &reservations);
            let (summary, onnxruntime) = (summary.as_ref(), compared.as_ref());
            session.print_json(&Verdict {
                usable,
                problems,
                kinds: kinds(problems),
                reservations,
                summary,
                onnxruntime,
            })?;
        } else {
            let compared = compared.map(|comparison| format!("  {comparison}\n")).unwrap_or_default();
            session.print(&page(summary.as_ref(), &compared, &problems, &reservations))?;
        }
        match usable {
            true => Ok(()),
            false => Err(CliError::Problems { path: self.model.model.clone(), count: problems.len() }),
        }
    }

    fn compare(&self, graph: &Graph, session: &mut Session) -> Result<Comparison, CliError> {
        let stack = match self.images.as_slice() {
            [] => Stack::random(graph),
            paths => self.stack(paths, graph, session)?,
        };
        onnxruntime::compare((&self.model.model, graph), &stack, self.python.as_deref(), &session.scratch)
    }

    /// The images as the model takes them.
    fn stack(&self, paths: &[PathBuf], graph: &Graph, session: &mut Session) -> Result<Stack, CliError> {
        let (preprocess, size, warnings) = self.preparation.choose(&self.model.model, graph)?;
        session.warn(&warnings)?;
        let mut stack = Stack::default();
        for (file, image) in read_images(paths, self.limit, size, session)? {
            stack.images.push(preprocess.apply(&image)?);
            stack.files.push(file);
        }
        Ok(stack)
    }
}

/// `compared`: a line, or nothing.
fn page(summary: Option<&Summary>, compared: &str, problems: &[Problem], reservations: &[String]) -> String {
    let layers = summary.map(|summary| summary.to_string() + &weights(summary)).unwrap_or_default();
    let list: String = grouped(problems).iter().map(|problem| format!("  problem: {problem}\n")).collect();
    if !problems.is_empty() {
        return layers + compared + &list;
    }
    let left: String = reservations.iter().map(|left| format!("  left open: {left}\n")).collect();
    layers + compared + &left + "  the machine can run it: next, systole quantize\n"
}

/// What the weights take beside what boards have.
fn weights(summary: &Summary) -> String {
    let mb = |bytes: f64| format!("{:.2} MB", bytes / 1e6);
    let board =
        boards::largest().map(|(name, bytes)| format!("; {name}, the largest listed board, has {}", mb(bytes as f64)));
    format!("  weights: {} at 8 bits{} for all memories\n", mb(summary.parameters as f64), board.unwrap_or_default())
}

//! `systole check`: every problem of a model file at once; layers, shapes, parameters and multiply-accumulates.

use super::model_args::ModelArgs;
use crate::error::CliError;
use crate::session::Session;
use crate::{boards, structure};
use serde::Serialize;
use systole_model::{describe, grouped, ModelError, Problem, Summary};

/// Read a model file and report every problem at once, or its layers, shapes, parameters and MACs
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Verdict<'a> {
    usable: bool,
    problems: &'a [Problem],
    /// What only images can tell.
    reservations: &'a [String],
    /// Absent when the network could not be read whole.
    summary: Option<&'a Summary>,
}

impl Args {
    /// # Errors
    /// [`CliError::Problems`] once they are printed; what kept the file from being read at all.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let (summary, problems, reservations) = match self.model.load() {
            Ok(graph) => (Some(describe(&graph)), structure::problems(&graph), structure::reservations(&graph)),
            Err(ModelError::Problems(problems)) => (None, problems, Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let usable = problems.is_empty();
        if self.json {
            let (problems, reservations) = (&problems, &reservations);
            session.print_json(&Verdict { usable, problems, reservations, summary: summary.as_ref() })?;
        } else {
            session.print(&page(summary.as_ref(), &problems, &reservations))?;
        }
        match usable {
            true => Ok(()),
            false => Err(CliError::Problems { path: self.model.model.clone(), count: problems.len() }),
        }
    }
}

fn page(summary: Option<&Summary>, problems: &[Problem], reservations: &[String]) -> String {
    let layers = summary.map(|summary| summary.to_string() + &weights(summary)).unwrap_or_default();
    let list: String = grouped(problems).iter().map(|problem| format!("  problem: {problem}\n")).collect();
    if !problems.is_empty() {
        return layers + &list;
    }
    let left: String = reservations.iter().map(|left| format!("  left open: {left}\n")).collect();
    layers + &left + "  the machine can run it: next, systole quantize\n"
}

/// What the weights take beside what boards have.
fn weights(summary: &Summary) -> String {
    let mb = |bytes: f64| format!("{:.2} MB", bytes / 1e6);
    let board =
        boards::largest().map(|(name, bytes)| format!("; {name}, the largest listed board, has {}", mb(bytes as f64)));
    format!("  weights: {} at 8 bits{} for all memories\n", mb(summary.parameters as f64), board.unwrap_or_default())
}

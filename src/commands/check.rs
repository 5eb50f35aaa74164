//! `systole check`: every problem of a model file at once; layers, shapes, parameters and multiply-accumulates.

use super::model_args::ModelArgs;
use crate::error::CliError;
use crate::session::Session;
use serde::Serialize;
use systole_model::{describe, unsupported, ModelError, Problem, Summary};

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
    /// Absent when the network could not be read whole.
    summary: Option<&'a Summary>,
}

impl Args {
    /// # Errors
    /// [`CliError::Problems`] once they are printed; what kept the file from being read at all.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let (summary, problems) = match self.model.load() {
            Ok(graph) => (Some(describe(&graph)), unsupported(&graph)),
            Err(ModelError::Problems(problems)) => (None, problems),
            Err(error) => return Err(error.into()),
        };
        let usable = problems.is_empty();
        if self.json {
            session.print_json(&Verdict { usable, problems: &problems, summary: summary.as_ref() })?;
        } else {
            session.print(&page(summary.as_ref(), &problems))?;
        }
        match usable {
            true => Ok(()),
            false => Err(CliError::Problems { path: self.model.model.clone(), count: problems.len() }),
        }
    }
}

fn page(summary: Option<&Summary>, problems: &[Problem]) -> String {
    let layers = summary.map(Summary::to_string).unwrap_or_default();
    let list: String = problems.iter().map(|problem| format!("  problem: {problem}\n")).collect();
    let verdict = if problems.is_empty() { "  the machine can run it: next, systole quantize\n" } else { "" };
    layers + &list + verdict
}

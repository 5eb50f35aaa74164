//! `systole schema`: what `--json` prints, as a JSON Schema.

use crate::error::CliError;
use crate::schemas::document;
use crate::session::Session;
use std::path::PathBuf;

/// Print the JSON Schema of everything that --json prints: a definition for each command, and one for refusals
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write it to a file in place of printing it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Args {
    /// # Errors
    /// [`CliError::Output`], or what kept the file from being written.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        match &self.output {
            Some(file) => session.scratch.write_file(file, document().as_bytes()),
            None => session.print(&document()),
        }
    }
}

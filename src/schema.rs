//! `systole schema`: what `--json` prints, as a JSON Schema.

use crate::error::CliError;
use crate::schemas::document;
use crate::session::Session;

/// Print the JSON Schema of everything that --json prints: a definition for each command, and one for refusals
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// # Errors
    /// [`CliError::Output`].
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        session.print(&document())
    }
}

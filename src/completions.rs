//! `systole completions`: what a shell needs to complete the command line.

use crate::error::CliError;
use crate::session::Session;
use clap_complete::{generate, Shell};

/// Print what completes this command line in a shell; source it, or put it where the shell looks for it
#[derive(Debug, clap::Args)]
pub struct Args {
    shell: Shell,
}

impl Args {
    /// # Errors
    /// [`CliError::Output`].
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let mut text = Vec::new();
        generate(self.shell, &mut crate::command(), "systole", &mut text);
        session.print(&String::from_utf8_lossy(&text))
    }
}

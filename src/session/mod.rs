//! What every command works with: standard output, progress on a terminal, files that appear whole or not at all.

pub mod paths;
pub mod progress;
pub mod scratch;
pub mod screen;

use crate::error::CliError;
use progress::Progress;
use scratch::Scratch;
use serde::Serialize;
use std::io::Write;

/// One run of the command.
pub struct Session {
    pub scratch: Scratch,
    pub progress: Progress,
}

impl Session {
    /// # Errors
    /// [`CliError::Signals`] when interrupts cannot be watched for.
    pub fn new() -> Result<Self, CliError> {
        Ok(Session { scratch: Scratch::new()?, progress: Progress::new() })
    }

    /// Prints text to standard output.
    ///
    /// # Errors
    /// [`CliError::Output`].
    pub fn print(&mut self, text: &str) -> Result<(), CliError> {
        self.progress.clear();
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(CliError::Output)
    }

    /// Prints text to standard error, beside the results.
    ///
    /// # Errors
    /// [`CliError::Output`].
    pub fn tell(&mut self, text: &str) -> Result<(), CliError> {
        self.progress.clear();
        std::io::stderr().lock().write_all(text.as_bytes()).map_err(CliError::Output)
    }

    /// Prints what should be looked at, a line each, to standard error.
    ///
    /// # Errors
    /// [`CliError::Output`].
    pub fn warn<'a>(&mut self, warnings: impl IntoIterator<Item = &'a String>) -> Result<(), CliError> {
        warnings.into_iter().try_for_each(|warning| self.tell(&format!("warning: {warning}\n")))
    }

    /// Prints a value as indented JSON.
    ///
    /// # Errors
    /// [`CliError::Output`].
    pub fn print_json(&mut self, value: &impl Serialize) -> Result<(), CliError> {
        let text = serde_json::to_string_pretty(value).map_err(|e| CliError::Output(e.into()))?;
        self.print(&(text + "\n"))
    }
}

//! What every command works with: standard output, progress on a terminal, files that appear whole or not at all.

pub mod paths;
pub mod progress;
pub mod refusal;
pub mod scratch;
pub mod screen;

use crate::error::CliError;
use progress::{Loudness, Progress};
use scratch::Scratch;
use serde::Serialize;
use std::io::Write;

/// One run of the command.
pub struct Session {
    pub scratch: Scratch,
    pub progress: Progress,
    /// A value was printed as JSON.
    pub printed_json: bool,
}

/// Version of the JSON that commands print: it grows when a field goes or changes what it means, not when one comes.
pub const JSON_SCHEMA: u32 = 1;

/// What is printed as JSON: an object, with the version in front.
#[derive(Serialize)]
struct Versioned<'a, T: Serialize> {
    schema: u32,
    #[serde(flatten)]
    value: &'a T,
}

impl Session {
    /// # Errors
    /// [`CliError::Signals`] when interrupts cannot be watched for.
    pub fn new(loudness: Loudness) -> Result<Self, CliError> {
        Ok(Session { scratch: Scratch::new()?, progress: Progress::new(loudness), printed_json: false })
    }

    /// One that shows nothing and does not watch for interrupts.
    pub fn of_library() -> Self {
        Session { scratch: Scratch::default(), progress: Progress::new(Loudness::Quiet), printed_json: false }
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

    /// Prints a value, which must be an object, as indented JSON with the number of its schema.
    ///
    /// # Errors
    /// [`CliError::Output`].
    pub fn print_json(&mut self, value: &impl Serialize) -> Result<(), CliError> {
        self.printed_json = true;
        let versioned = Versioned { schema: JSON_SCHEMA, value };
        let text = serde_json::to_string_pretty(&versioned).map_err(|e| CliError::Output(e.into()))?;
        self.print(&(text + "\n"))
    }
}

//! The `systole` command: the one place that writes files and prints.

mod activity;
mod build;
mod classify;
mod cli;
mod cli_page;
mod commands;
mod demo_data;
mod download;
mod error;
mod eval;
mod frames;
mod images;
mod labels;
mod npy;
mod onnxruntime;
mod paths;
mod pixels;
mod preprocess_file;
mod preprocessing;
mod progress;
mod scaling;
mod scratch;
mod screen;
mod session;
mod sources;
mod structure;
mod watch;

pub use cli_page::cli_page;

use clap::{CommandFactory, Parser};
use cli::Cli;
use error::CliError;
use session::Session;
use std::process::ExitCode;

/// The command line as clap describes it: for its page, for its tests.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output has seen enough.
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), CliError> {
    let mut session = Session::new()?;
    let outcome = cli.command.run(&mut session);
    session.scratch.stay_if_interrupted();
    outcome
}

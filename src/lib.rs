//! The `systole` command: the one place that writes files and prints.

mod args;
mod build;
mod check;
mod cli;
mod demo;
mod doctor;
mod download;
mod dump;
mod error;
mod eval;
mod evaluation;
mod explore;
mod fetch;
mod fitting;
mod flash;
mod generate;
mod images;
mod model;
mod onnxruntime;
mod plan;
mod preparation;
mod quantize;
mod run;
mod running;
mod selftest;
mod serve;
mod session;
mod simulate;
mod top;
mod verify;

pub use cli::page::cli_page;

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

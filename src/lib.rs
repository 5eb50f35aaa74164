//! The `systole` command: the one place that writes files and prints. [`library`] has its steps for other programs.

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
mod flash;
mod generate;
mod images;
pub mod library;
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
pub use error::CliError;

use clap::{CommandFactory, Parser};
use cli::Cli;
use session::Session;
use std::ffi::OsString;
use std::process::ExitCode;

/// The command line as clap describes it: for its page, for its tests.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    ExitCode::from(main_of(std::env::args_os()))
}

/// Runs a command line, the program's name first, and says with what it ends.
pub fn main_of(words: impl IntoIterator<Item = OsString>) -> u8 {
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            // Nobody is left to hear of a failure.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(1);
        }
    };
    match run(cli) {
        Ok(()) => 0,
        // Whoever reads the output has seen enough.
        Err(error) if error.is_closed_pipe() => 0,
        Err(error) => {
            eprintln!("error: {error}");
            1
        }
    }
}

fn run(cli: Cli) -> Result<(), CliError> {
    let mut session = Session::new()?;
    let outcome = cli.command.run(&mut session);
    session.scratch.stay_if_interrupted();
    outcome
}

//! The `systole` command: the one place that writes files and prints. [`library`] has its steps for other programs.

mod args;
mod build;
mod check;
mod cli;
mod completions;
mod demo;
mod doctor;
mod download;
mod dump;
mod error;
mod eval;
mod evaluation;
mod explore;
mod fetch;
mod fit;
mod flash;
mod generate;
mod images;
pub mod library;
mod man;
mod model;
mod onnxruntime;
mod plan;
mod preparation;
mod quantize;
mod report;
mod run;
mod running;
mod schema;
mod schemas;
mod selection;
mod selftest;
mod serve;
mod session;
mod simulate;
mod top;
mod verify;
mod view;
mod viewing;

pub use cli::page::cli_page;
pub use error::CliError;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use cli::Cli;
use session::refusal::Refusal;
use session::Session;
use std::ffi::OsString;
use std::io::{stderr, stdout, Write};
use std::process::ExitCode;

/// The command line as clap describes it: for its page, for its tests.
pub fn command() -> clap::Command {
    cli::groups::grouped(Cli::command())
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    ExitCode::from(main_of(std::env::args_os()))
}

/// Runs a command line, the program's name first, and says with what it ends.
pub fn main_of(words: impl IntoIterator<Item = OsString>) -> u8 {
    let words: Vec<OsString> = words.into_iter().collect();
    let matches = match command().try_get_matches_from(&words) {
        Ok(matches) => matches,
        Err(refused) => {
            let status = told(&refused);
            if refused.kind() == ErrorKind::DisplayVersion && words.iter().any(|word| word == "--version") {
                let _ = write!(stdout(), "{}", doctor::inventory());
            }
            return status;
        }
    };
    let json = matches.subcommand().is_some_and(|(_, sub)| matches!(sub.try_get_one("json"), Ok(Some(true))));
    match Cli::from_arg_matches(&matches) {
        Ok(cli) => run(&cli, json),
        Err(refused) => told(&refused),
    }
}

/// Prints what clap has to say, and gives the status that goes with it.
fn told(refused: &clap::Error) -> u8 {
    // Nobody is left to hear of a failure.
    let _ = refused.print();
    u8::try_from(refused.exit_code()).unwrap_or(1)
}

/// `json`: errors, too, are for programs.
fn run(cli: &Cli, json: bool) -> u8 {
    let outcome = Session::new(cli.loudness()).and_then(|mut session| {
        let outcome = cli.command.run(&mut session);
        session.scratch.stay_if_interrupted();
        if let (Err(error), true, false) = (&outcome, json, session.printed_json) {
            session.print_json(&Refusal::of(error))?;
        }
        session.progress.end();
        outcome
    });
    match outcome {
        Ok(()) => 0,
        // Whoever reads the output has seen enough.
        Err(error) if error.is_closed_pipe() => 0,
        Err(error) => {
            let _ = writeln!(stderr(), "error: {error}");
            1
        }
    }
}

//! The `systole` command: the one place that writes files and prints.

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
mod flash;
mod generate;
mod images;
mod man;
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

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use cli::Cli;
use session::refusal::Refusal;
use session::Session;
use std::io::{stderr, stdout, Write};
use std::process::ExitCode;

/// The command line as clap describes it: for its page, for its tests.
pub fn command() -> clap::Command {
    cli::groups::grouped(Cli::command())
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
        Err(refused) => {
            // Whoever does not listen is not told.
            let _ = refused.print();
            if refused.kind() == ErrorKind::DisplayVersion && std::env::args().any(|word| word == "--version") {
                let _ = write!(stdout(), "{}", doctor::inventory());
            }
            return ExitCode::from(u8::try_from(refused.exit_code()).unwrap_or(2));
        }
    };
    let json = matches.subcommand().is_some_and(|(_, sub)| matches!(sub.try_get_one("json"), Ok(Some(true))));
    match Cli::from_arg_matches(&matches) {
        Ok(cli) => run(&cli, json),
        Err(refused) => refused.exit(),
    }
}

/// `json`: errors, too, are for programs.
fn run(cli: &Cli, json: bool) -> ExitCode {
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
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output has seen enough.
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

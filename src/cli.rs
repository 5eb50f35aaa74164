//! The command line: a subcommand per file beside this one.

pub mod groups;
pub mod page;

use crate::error::CliError;
use crate::session::progress::Loudness;
use crate::session::Session;
use crate::{
    check, completions, demo, doctor, dump, eval, explore, fetch, fit, flash, generate, man, model, plan, quantize,
    report, run, schema, selftest, serve, simulate, top, verify, view,
};
use clap::{Parser, Subcommand};

/// A trained CNN onto an FPGA with every weight on chip: integer network, plan, Verilog, simulators, host driver.
#[derive(Debug, Parser)]
#[command(name = "systole", version = env!("SYSTOLE_VERSION"), arg_required_else_help = true)]
pub struct Cli {
    /// Show no progress: results, warnings and errors alone
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "All commands")]
    quiet: bool,
    /// Show each step on a line of its own, with the seconds it began at
    #[arg(short, long, global = true, help_heading = "All commands")]
    verbose: bool,
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// How much is told of what is being done.
    pub fn loudness(&self) -> Loudness {
        match (self.quiet, self.verbose) {
            (true, _) => Loudness::Quiet,
            (_, true) => Loudness::Loud,
            (..) => Loudness::Usual,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Check(check::Args),
    Quantize(Box<quantize::Args>),
    Fit(Box<fit::Args>),
    Plan(plan::Args),
    Explore(explore::Args),
    Generate(generate::Args),
    Simulate(simulate::Args),
    Verify(verify::Args),
    Run(run::Args),
    Dump(dump::Args),
    Report(Box<report::Args>),
    View(view::Args),
    Eval(eval::Args),
    Selftest(selftest::Args),
    Serve(serve::Args),
    Top(top::Args),
    Doctor(doctor::Args),
    Completions(completions::Args),
    Man(man::Args),
    Schema(schema::Args),
    Fetch(fetch::Args),
    Flash(flash::Args),
    Model(model::Args),
    Demo(demo::Args),
}

impl Command {
    /// Does what was asked for.
    ///
    /// # Errors
    /// Whatever kept it from being done; nothing half done is left behind.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        match self {
            Command::Check(args) => args.run(session),
            Command::Quantize(args) => args.run(session),
            Command::Fit(args) => args.run(session),
            Command::Plan(args) => args.run(session),
            Command::Explore(args) => args.run(session),
            Command::Generate(args) => args.run(session),
            Command::Simulate(args) => args.run(session),
            Command::Verify(args) => args.run(session),
            Command::Run(args) => args.run(session),
            Command::Dump(args) => args.run(session),
            Command::Report(args) => args.run(session),
            Command::View(args) => args.run(session),
            Command::Eval(args) => args.run(session),
            Command::Selftest(args) => args.run(session),
            Command::Serve(args) => args.run(session),
            Command::Top(args) => args.run(session),
            Command::Doctor(args) => args.run(session),
            Command::Completions(args) => args.run(session),
            Command::Man(args) => args.run(session),
            Command::Schema(args) => args.run(session),
            Command::Fetch(args) => args.run(session),
            Command::Flash(args) => args.run(session),
            Command::Model(args) => args.run(session),
            Command::Demo(args) => args.run(session),
        }
    }
}

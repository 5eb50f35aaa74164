//! `systole generate`: the build folder, whole or not at all.

use crate::args::plan::PlanArgs;
use crate::build::{contents, may_replace, write};
use crate::error::CliError;
use crate::session::Session;
use std::path::PathBuf;
use systole_net::Digest;
use systole_report::preprocessing::sentence;
use systole_report::table::grouped;

/// Write Verilog, memory images, constraints, file list, plan and network into a build folder
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    plan: PlanArgs,
    /// The build folder; an earlier build is replaced
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
    /// Replace whatever is in the folder
    #[arg(long)]
    force: bool,
}

impl Args {
    /// # Errors
    /// What is wrong with the network or the board, what does not fit, and what kept the folder from being written.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        may_replace(&self.output, self.force)?;
        let planned = self.plan.make(session)?;
        let machine = systole_rtl::board::machine(&planned.plan)?;
        let files = contents(&planned, &machine)?;
        write(&files, &self.output, session)?;
        let bytes: usize = files.values().map(Vec::len).sum();
        session.print(&format!(
            "{} on {}: {} files, {} bytes in {}\n  design {}\n  weights {}\n  {}next, systole verify or systole run --device verilator:{}\n",
            planned.net.name,
            planned.target.board.name,
            files.len(),
            grouped(bytes as u64),
            self.output.display(),
            Digest(machine.design_hash),
            planned.plan.weights_hash,
            sentence(planned.plan.preprocessing.as_ref()),
            self.output.display(),
        ))
    }
}

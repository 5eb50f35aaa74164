//! `systole plan`: does the network fit the board, where does it lie, how fast is it.

use crate::args::plan::PlanArgs;
use crate::error::CliError;
use crate::session::Session;
use std::path::PathBuf;
use systole_report::plan::{page, text};
use systole_report::trace::trace;

/// Plan a network onto a board: does it fit, where does it lie, how fast is it
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    plan: PlanArgs,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
    /// Also write a page with pictures of the memory map and the array's time
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Also write what every part of the machine does over an image as Chrome's trace events, which Perfetto shows
    #[arg(long, value_name = "FILE.json")]
    trace: Option<PathBuf>,
}

impl Args {
    /// # Errors
    /// What is wrong with the network or the board, and with the numbers what does not fit.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let planned = self.plan.make(session)?;
        let sheet = self.plan.target.sheet(&planned);
        if let Some(file) = &self.html {
            let stretches = systole_plan::timing::timeline(&planned.plan)?;
            session.scratch.write_file(file, page(&sheet, &planned.plan, &stretches).as_bytes())?;
        }
        if let Some(file) = &self.trace {
            let (spans, _) = systole_plan::timing::tracks(&planned.plan)?;
            session.scratch.write_file(file, trace(&planned.plan, &planned.net, &spans, None).as_bytes())?;
        }
        if self.json {
            session.print_json(&sheet)
        } else {
            session.print(&text(&sheet))
        }
    }
}

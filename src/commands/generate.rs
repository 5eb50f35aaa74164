//! `systole generate`: the build folder, whole or not at all.

use super::plan_args::PlanArgs;
use crate::build::contents;
use crate::build::Files;
use crate::error::CliError;
use crate::paths::parent;
use crate::scratch::create_within;
use crate::session::Session;
use std::fs;
use std::path::{Path, PathBuf};
use systole_devices::Manifest;
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
        let planned = self.plan.make()?;
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

/// Writes the files beside `output` and puts them in its place in one step.
///
/// # Errors
/// [`CliError::Io`].
pub fn write(files: &Files, output: &Path, session: &Session) -> Result<(), CliError> {
    // A link to a folder stays a link.
    let output = fs::canonicalize(output).unwrap_or_else(|_| output.to_path_buf());
    let folder = session.scratch.folder_beside(&output)?;
    for (name, bytes) in files {
        let file = folder.path().join(name);
        create_within(folder.path(), parent(&file))?;
        fs::write(&file, bytes).map_err(CliError::io("write", &file))?;
    }
    session.scratch.publish(folder, &output)
}

/// Whether `output` may be replaced: it is not there, empty, or an earlier build with nothing else in it.
///
/// # Errors
/// [`CliError::NotAFolder`], [`CliError::FolderTaken`], [`CliError::ForeignFiles`].
pub fn may_replace(output: &Path, force: bool) -> Result<(), CliError> {
    if output.exists() && !output.is_dir() {
        return Err(CliError::NotAFolder { path: output.into() });
    }
    if force || !output.exists() {
        return Ok(());
    }
    let mut entries = fs::read_dir(output).map_err(CliError::io("read the folder", output))?;
    if entries.next().is_none() {
        return Ok(());
    }
    let earlier = Manifest::read(output).map_err(|_| CliError::FolderTaken { path: output.into() })?;
    let foreign = earlier.foreign(output)?;
    match foreign.is_empty() {
        true => Ok(()),
        false => Err(CliError::ForeignFiles { path: output.into(), files: foreign.join(", ") }),
    }
}

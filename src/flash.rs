//! `systole flash`: a bitstream onto a board, through openFPGALoader.

use crate::build::boards;
use crate::error::CliError;
use crate::session::Session;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::Command;
use systole_machine::wiring::Link;
use systole_machine::Board;

/// Load a bitstream onto a board, until it is switched off or for good, with openFPGALoader
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The bitstream: a .bit file
    file: PathBuf,
    /// The board's name, or the path of its file (.toml)
    #[arg(long, value_name = "NAME|FILE")]
    board: String,
    /// Write it into the board's flash memory, from which it starts by itself
    #[arg(long)]
    keep: bool,
}

const LOADER: &str = "openFPGALoader";
/// Tells the loader to write the flash memory.
const KEEP: &str = "--write-flash";

impl Args {
    /// # Errors
    /// [`CliError::Io`] without the file, [`CliError::NoLoader`], [`CliError::LoaderMissing`], [`CliError::LoaderFailed`].
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let board = boards::load(&self.board)?.board;
        let flash = board.flash.as_ref().ok_or_else(|| unknown(&board))?;
        std::fs::File::open(&self.file).map_err(CliError::io("read the bitstream", &self.file))?;
        let keep = self.keep.then(|| KEEP.to_string());
        let arguments: Vec<String> = flash.arguments.iter().cloned().chain(keep).collect();
        session.print(&format!("{LOADER} {} {}\n", arguments.join(" "), self.file.display()))?;
        let status = Command::new(LOADER).args(&arguments).arg(&self.file).status().map_err(|e| match e.kind() {
            ErrorKind::NotFound => CliError::LoaderMissing,
            _ => CliError::io("start", LOADER.as_ref())(e),
        })?;
        match status.success() {
            true => Ok(()),
            false => Err(CliError::LoaderFailed { status: status.to_string(), file: self.file.clone() }),
        }
    }
}

fn unknown(board: &Board) -> CliError {
    let hint = match board.link {
        Some(Link::AxiDma(_)) => "its processor loads it: copy it to the board and run fpgautil -b systole.bit there",
        _ => "name its cable under [flash] in the board's file",
    };
    CliError::NoLoader { board: board.name.clone(), hint: hint.into() }
}

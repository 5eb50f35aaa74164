//! `systole man`: manual pages.

use crate::error::CliError;
use crate::session::Session;
use clap_mangen::Man;
use std::path::PathBuf;

/// Write a manual page for each command into a folder
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder to write into, such as ~/.local/share/man/man1
    #[arg(short, long, value_name = "FOLDER", default_value = "man")]
    output: PathBuf,
}

impl Args {
    /// # Errors
    /// As [`crate::session::scratch::Scratch::write_file`].
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let mut command = crate::command().disable_help_subcommand(true);
        command.build();
        let mut names = Vec::new();
        for described in std::iter::once(&command).chain(command.get_subcommands()) {
            let page = Man::new(described.clone());
            let (file, mut text) = (page.get_filename(), Vec::new());
            page.render(&mut text).map_err(CliError::Output)?;
            session.scratch.write_file(&self.output.join(&file), &text)?;
            names.push(file);
        }
        session.print(&format!("{} pages in {}: {}\n", names.len(), self.output.display(), names.join(", ")))
    }
}

//! `systole fetch`: a trained network from its official source, checked.

use crate::download::sources::{Network, Source, NETWORKS};
use crate::download::Wanted;
use crate::error::CliError;
use crate::session::Session;
use clap::builder::PossibleValuesParser;
use std::fs;
use std::path::{Path, PathBuf};
use systole_report::table::grouped;

/// Fetch a trained network from its official source; resumes where it was cut, checks SHA-256
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which one
    #[arg(value_parser = PossibleValuesParser::new(NETWORKS.map(|n| n.name)))]
    network: String,
    /// Folder to put the files in
    #[arg(short, long, value_name = "FOLDER", default_value = ".")]
    output: PathBuf,
    /// Address of a folder with the same files, in place of the official one
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

impl Args {
    /// # Errors
    /// Whatever kept a file from being fetched whole and right.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let network = Network::by_name(&self.network);
        let network = network.ok_or_else(|| CliError::UnknownNetwork { name: self.network.clone() })?;
        let made: Vec<&Path> = self.output.ancestors().take_while(|folder| !folder.exists()).collect();
        fs::create_dir_all(&self.output).map_err(CliError::io("create the folder", &self.output))?;
        session.print(&format!("{}\n", network.title))?;
        let fetched = network.files.iter().try_for_each(|source| self.file(network, source, session));
        if fetched.is_err() {
            // Those in which something was left stay, to go on from there.
            made.iter().take_while(|folder| fs::remove_dir(folder).is_ok()).for_each(drop);
        }
        fetched
    }

    fn file(&self, network: &Network, source: &Source, session: &mut Session) -> Result<(), CliError> {
        let folder = self.url.as_deref().unwrap_or(network.folder).trim_end_matches('/');
        let wanted = Wanted {
            url: format!("{folder}/{}", source.file),
            path: self.output.join(source.file),
            bytes: source.bytes,
            sha256: source.sha256.to_string(),
        };
        let state = match wanted.is_there()? {
            true => "was there already",
            false => {
                wanted.fetch(&mut |bytes| session.progress.step(source.file, bytes, source.bytes))?;
                "fetched"
            }
        };
        session.print(&line(&wanted.path, source, state))
    }
}

fn line(path: &Path, source: &Source, state: &str) -> String {
    format!("{}: {state}, {} bytes, SHA-256 {}\n", path.display(), grouped(source.bytes), source.sha256)
}

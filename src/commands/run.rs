//! `systole run`: images through the host driver, the same code path as on a board.

use super::image_args::ImageArgs;
use crate::build_folder::BuildFolder;
use crate::classify::classify;
use crate::device::{registry, watch};
use crate::error::CliError;
use crate::session::Session;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use systole_host::{Driver, Options};

/// Classify images on a device through the host driver
#[derive(Debug, clap::Args)]
pub struct Args {
    /// sim:BUILD, registers:BUILD, verilator:BUILD or mock:BUILD, where BUILD is a build folder
    #[arg(long, value_name = "SCHEME:BUILD")]
    device: String,
    /// Build folder that the device must be, where that is not the one in its address
    #[arg(long, value_name = "FOLDER")]
    build: Option<PathBuf>,
    #[command(flatten)]
    images: ImageArgs,
    /// Classes to show per image
    #[arg(long, default_value_t = 5)]
    top: usize,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
}

impl Args {
    /// # Errors
    /// A device that is not the build's, an image that cannot be read or has no result.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let files = self.images.files()?;
        let registry = registry(&watch(session.progress.clone()));
        let folder = self.device.split_once(':').map_or("", |(_, folder)| folder);
        let known = registry.schemes().any(|scheme| self.device.starts_with(&format!("{scheme}:")));
        let device = if known { None } else { Some(registry.open(&self.device)?) };
        let build = BuildFolder::open(self.build.as_deref().unwrap_or(Path::new(folder)))?.unchanged()?;
        let device = device.map_or_else(|| registry.open(&self.device), Ok)?;
        let mut driver = Driver::open(device, Arc::clone(&build.plan), build.design_hash, Options::default())?;
        let answers = classify(&mut driver, &files, self.images.size(&build.plan), self.top)?;
        if self.json {
            session.print_json(&answers)
        } else {
            session.print(&answers.page())
        }
    }
}

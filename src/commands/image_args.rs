//! Which images, and how they become the network's size.

use crate::error::CliError;
use crate::images::{self, Size};
use std::path::PathBuf;
use systole_plan::Plan;

#[derive(Debug, clap::Args)]
pub struct ImageArgs {
    /// Images: files, or folders of them (PNG, JPEG, BMP, PPM)
    #[arg(long = "image", required = true, num_args = 1.., value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Scale images of another size
    #[arg(long)]
    resize: bool,
}

impl ImageArgs {
    /// The files, folders taken apart.
    ///
    /// # Errors
    /// See [`images::files`].
    pub fn files(&self) -> Result<Vec<PathBuf>, CliError> {
        images::files(&self.images)
    }

    /// The size that the plan's network takes.
    pub fn size(&self, plan: &Plan) -> Size {
        Size { height: plan.input.height, width: plan.input.width, resize: self.resize }
    }
}

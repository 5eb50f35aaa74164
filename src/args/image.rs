//! Which images, and how they become the network's size.

use crate::error::CliError;
use crate::images::{self, Size};
use crate::session::Session;
use std::path::PathBuf;
use systole_machine::Plan;
use systole_net::{Preprocessing, Resize};

#[derive(Debug, clap::Args)]
pub struct ImageArgs {
    /// Images: files, or folders of them (PNG, JPEG, BMP, PPM)
    #[arg(long = "image", required = true, num_args = 1.., value_name = "IMAGE")]
    images: Vec<PathBuf>,
    #[command(flatten)]
    resize: ResizeArg,
}

/// What becomes of images of another size; see [`Resize`].
#[derive(Debug, clap::Args)]
pub struct ResizeArg {
    /// Scale images of another size: stretch; crop (aspect kept, the centre); torchvision (crop by way of 8/7 of the size, 256 for
    /// 224); caffe (stretch to 256, the centre); fit (black bars); stretch:SIZE and crop:SIZE by way of that many pixels.
    /// Without a word: as the network was quantised, or as its preprocessing usually goes
    #[arg(long, value_name = "HOW", num_args = 0..=1, default_missing_value = "")]
    resize: Option<String>,
}

impl ImageArgs {
    /// The files, folders taken apart.
    ///
    /// # Errors
    /// See [`images::files`].
    pub fn files(&self) -> Result<Vec<PathBuf>, CliError> {
        images::files(&self.images)
    }

    /// The size that the plan's network takes, and how others become that.
    ///
    /// # Errors
    /// See [`ResizeArg::of_network`].
    pub fn size(&self, plan: &Plan, session: &mut Session) -> Result<Size, CliError> {
        self.resize.of_plan(plan, session)
    }
}

impl ResizeArg {
    pub fn is_given(&self) -> bool {
        self.resize.is_some()
    }

    /// As [`ResizeArg::of_network`].
    ///
    /// # Errors
    /// Those of that.
    pub fn of_plan(&self, plan: &Plan, session: &mut Session) -> Result<Size, CliError> {
        self.of_network(plan.preprocessing.as_ref(), [plan.input.height, plan.input.width], session)
    }

    /// As [`ResizeArg::of_plan`]; where nothing is said and nothing kept, as the preprocessing usually goes.
    ///
    /// # Errors
    /// Those of that.
    pub fn of_plan_or_usual(&self, plan: &Plan, session: &mut Session) -> Result<Size, CliError> {
        let size = self.of_plan(plan, session)?;
        let name = plan.preprocessing.as_ref().map_or("", |recorded| recorded.preprocess.name.as_str());
        let usual = Resize::of_preprocess(name, [size.height, size.width]);
        Ok(Size { resize: Some(size.resize.unwrap_or(usual)), ..size })
    }

    /// As the network was quantised, unless something else is wanted; what differs from that is told.
    ///
    /// # Errors
    /// [`CliError::ResizeRule`].
    pub fn of_network(
        &self,
        recorded: Option<&Preprocessing>,
        size: [usize; 2],
        session: &mut Session,
    ) -> Result<Size, CliError> {
        let kept = recorded.and_then(|recorded| recorded.resize);
        let name = recorded.map_or("", |recorded| recorded.preprocess.name.as_str());
        let resize = self.rule(kept, name, size)?;
        if let (Some(kept), Some(wanted)) = (kept, resize.filter(|wanted| Some(*wanted) != kept)) {
            session.warn(&[format!("images are {wanted}; those the network was quantised with were {kept}")])?;
        }
        Ok(Size { height: size[0], width: size[1], resize })
    }

    /// What is wanted; `kept` where nothing is said; without a word and nothing kept the habit of the preprocessing `name`.
    ///
    /// # Errors
    /// [`CliError::ResizeRule`].
    pub fn rule(&self, kept: Option<Resize>, name: &str, size: [usize; 2]) -> Result<Option<Resize>, CliError> {
        match self.resize.as_deref() {
            None => Ok(kept),
            Some("") => Ok(Some(kept.unwrap_or_else(|| Resize::of_preprocess(name, size)))),
            Some(words) => Resize::parse(words, size).map(Some).map_err(|why| CliError::ResizeRule { why }),
        }
    }
}

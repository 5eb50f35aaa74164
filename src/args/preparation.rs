//! How image files become a model's input, and which of them.

use crate::args::image::ResizeArg;
use crate::error::CliError;
use crate::images::{self, Size};
use crate::preparation::preprocessing::{choose, Chosen};
use crate::session::Session;
use std::path::{Path, PathBuf};
use systole_model::{Graph, Preprocess};
use systole_net::{Image, Resize};

#[derive(Debug, clap::Args)]
pub struct PreparationArgs {
    /// How image bytes become the network's input: caffe (B, G, R minus the mean), torchvision (R, G, B, mean and deviation),
    /// unit (R, G, B in 0..1), tf (-1..1), bytes (0..255), grey (luma in 0..1); or a JSON file with "rgb_index" (0, 1, 2 or
    /// "luma"), "mean" and "scale" per channel, and "resize" if images are scaled. Where it is not given, as the model says
    /// (transform_param), else caffe for caffemodels and torchvision for safetensors. What the model itself does to its image
    /// first comes behind it
    #[arg(long, value_name = "NAME|FILE")]
    preprocess: Option<String>,
    #[command(flatten)]
    resize: ResizeArg,
}

impl PreparationArgs {
    /// The option that is given, if one is.
    pub fn given(&self) -> Option<&'static str> {
        let resize = self.resize.is_given().then_some("--resize");
        self.preprocess.as_ref().map(|_| "--preprocess").or(resize)
    }

    /// The preprocessing and the size of images, and what should be looked at about them.
    ///
    /// # Errors
    /// See [`choose`]; [`CliError::ResizeRule`].
    pub fn choose(&self, model: &Path, graph: &Graph) -> Result<(Preprocess, Size, Vec<String>), CliError> {
        let Chosen { preprocess, resize, warnings } = choose(self.preprocess.as_deref(), model, graph, None)?;
        let [_, height, width] = graph.nodes[0].shape;
        let parsed = resize.map(|words| Resize::parse(&words, [height, width]));
        let kept = parsed.transpose().map_err(|why| CliError::ResizeRule { why })?;
        let resize = self.resize.rule(kept, &preprocess.name, [height, width])?;
        Ok((preprocess, Size { height, width, resize }, warnings))
    }
}

/// At most `limit` of the images in `paths`, evenly spaced, with their files.
///
/// # Errors
/// See [`images::files`] and [`images::read`].
pub fn read_images(
    paths: &[PathBuf],
    limit: usize,
    size: Size,
    session: &Session,
) -> Result<Vec<(PathBuf, Image)>, CliError> {
    let files = images::files(paths)?;
    let count = files.len().min(limit);
    let read = |index: usize| {
        session.progress.step("reading images", index as u64, count as u64);
        let file = &files[index * files.len() / count];
        Ok((file.clone(), images::read(file, size)?))
    };
    (0..count).map(read).collect()
}

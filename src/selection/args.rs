//! Which model, which boards and limits, and which images the answers are compared on.

use crate::args::limits::LimitArgs;
use crate::args::model::ModelArgs;
use crate::args::preparation::PreparationArgs;
use crate::build::boards;
use crate::error::CliError;
use crate::images::Size;
use crate::preparation::structure;
use crate::quantize::{cut_by_the_host, usable};
use crate::selection::accuracy::Given;
use crate::selection::place::Place;
use crate::selection::select::{select, Asked, Selection};
use crate::verify::Told;
use std::path::PathBuf;
use systole_model::{Graph, Preprocess, QuantizeOptions};
use systole_net::Image;

#[derive(Debug, clap::Args)]
pub struct SelectionArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    preparation: PreparationArgs,
    /// Calibrate with the mirror image of every image, too, as quantize does
    #[arg(long)]
    mirrored: bool,
    /// Folder of images to compare the answers on, in place of those that are held back from calibration
    #[arg(long, value_name = "FOLDER")]
    images: Option<PathBuf>,
    /// Their classes: a CSV table with the columns file and class_index, or lines of an image and a number
    #[arg(long, value_name = "FILE", requires = "images")]
    labels: Option<PathBuf>,
    #[arg(long, value_name = "NAME|FILE", num_args = 1.., help = format!("Boards; by default all of these: {}", boards::help()))]
    board: Vec<String>,
    /// Name of the network, in place of the model's own
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// The model, how its images are prepared, and what should be looked at.
pub struct Prepared {
    pub graph: Graph,
    pub preprocess: Preprocess,
    pub size: Size,
    pub given: Option<Given>,
    pub warnings: Vec<String>,
    places: Vec<Place>,
}

impl SelectionArgs {
    /// Everything that can be wrong before any image is read.
    ///
    /// # Errors
    /// What is wrong with the model, a board, or the images to compare on.
    pub fn prepare(&self) -> Result<Prepared, CliError> {
        let places = self.places()?;
        let graph = usable(&self.model)?;
        let (preprocess, size, mut warnings) = self.preparation.choose(&self.model.model, &graph)?;
        warnings.extend(cut_by_the_host(&graph));
        let classes = graph.nodes.last().map_or(0, |node| node.shape[0]);
        let open = |folder: &PathBuf| Given::open(folder, self.labels.as_deref(), classes);
        let given = self.images.as_ref().map(open).transpose()?;
        Ok(Prepared { graph, preprocess, size, given, warnings, places })
    }

    fn places(&self) -> Result<Vec<Place>, CliError> {
        let all = || boards::built_in().into_iter().map(|board| board.name).collect();
        let names: Vec<String> = if self.board.is_empty() { all() } else { self.board.clone() };
        let place = |name: &String| {
            let target = self.limits.target(name)?;
            let constraints = self.limits.constraints(&target.board);
            Ok(Place::new(target, constraints))
        };
        names.iter().map(place).collect()
    }

    /// Every board's best form, calibrated with `pictures`.
    ///
    /// # Errors
    /// See [`select`].
    pub fn select(&self, prepared: &mut Prepared, pictures: &[Image], told: Told) -> Result<Selection, CliError> {
        let places = std::mem::take(&mut prepared.places);
        let Prepared { graph, preprocess, size, .. } = &*prepared;
        let options = QuantizeOptions { resize: size.resize, mirrored: self.mirrored, ..QuantizeOptions::default() };
        let resized = |size: [usize; 2]| {
            let ModelArgs { model, prototxt, .. } = &self.model;
            let other = ModelArgs { model: model.clone(), prototxt: prototxt.clone(), input_size: Some(size) };
            other.load().ok().filter(|graph| structure::problems(graph).is_empty())
        };
        let (model, source, name) = (&self.model.model, (graph, preprocess, pictures), self.name.as_deref());
        select(&Asked { model, source, options, name, resized: &resized }, places, told)
    }
}

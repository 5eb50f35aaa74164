//! The steps of the command for other programs: options come as the words that the command takes, networks and images as
//! values, and nothing is printed.

use crate::args::model::ModelArgs;
use crate::args::plan::TargetArgs;
use crate::args::preparation::PreparationArgs;
use crate::args::weight::WeightArgs;
use crate::build::{self, may_replace, Planned};
use crate::error::CliError;
use crate::evaluation::doubt::collapsed;
use crate::images::{self, Size};
use crate::quantize::{best_classes, cut_by_the_host, integers, sums, usable};
use crate::selection::args::SelectionArgs;
use crate::selection::place::Place;
use crate::selection::result::fitted;
use crate::session::progress::{Loudness, Progress};
use crate::session::Session;
pub use crate::verify::{agreement, page as agreement_page, Agreement, Told};
use clap::Parser;
use image::RgbImage;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use systole_model::{QuantizeOptions, Report, Sensitivity};
use systole_net::{Image, Net, Preprocessing};
use systole_report::fitted::Fitted;
use systole_report::plan::Sheet;
use systole_report::quantised::Quantised;

/// A picture that is still to become an image of a network's size.
pub enum Picture {
    File(PathBuf),
    /// Bytes R, G, B per pixel, row by row, and the name that a message has for them.
    Pixels {
        name: String,
        height: usize,
        width: usize,
        rgb: Vec<u8>,
    },
}

impl Picture {
    fn name(&self) -> &Path {
        match self {
            Picture::File(path) => path,
            Picture::Pixels { name, .. } => Path::new(name),
        }
    }

    fn read(self, size: Size) -> Result<Image, CliError> {
        match self {
            Picture::File(path) => images::read(&path, size),
            Picture::Pixels { name, height, width, rgb } => {
                let path = Path::new(&name);
                let pixels = RgbImage::from_raw(width as u32, height as u32, rgb).ok_or_else(|| CliError::Image {
                    path: path.into(),
                    why: format!("its bytes are not those of {height} rows of {width} pixels"),
                    known: "R, G, B per pixel".into(),
                })?;
                images::sized(pixels, path, size)
            }
        }
    }
}

/// The images in `paths`: files, and folders' in the order of their names.
///
/// # Errors
/// A folder that cannot be read or has no images.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, CliError> {
    images::files(paths)
}

/// The picture as a network takes it, of that height and width and with that preprocessing.
///
/// # Errors
/// A file that is no image; another size where the network does not say what becomes of it.
pub fn image(picture: Picture, size: [usize; 2], recorded: Option<&Preprocessing>) -> Result<Image, CliError> {
    let [height, width] = size;
    picture.read(Size { height, width, resize: recorded.and_then(|recorded| recorded.resize) })
}

/// Options of a step, as words.
#[derive(Parser)]
#[command(no_binary_name = true, disable_help_flag = true, disable_version_flag = true)]
struct Words<T: clap::Args> {
    #[command(flatten)]
    given: T,
}

fn parsed<T: clap::Args>(words: Vec<OsString>) -> Result<T, CliError> {
    let refused = |error: clap::Error| {
        let text = error.render().to_string();
        let why = text.split("\n\nUsage").next().unwrap_or_default().trim_start_matches("error: ");
        CliError::Options { why: why.split_whitespace().collect::<Vec<_>>().join(" ") }
    };
    Ok(Words::<T>::try_parse_from(words).map_err(refused)?.given)
}

#[derive(clap::Args)]
struct Quantizing {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    preparation: PreparationArgs,
    #[command(flatten)]
    weights: WeightArgs,
    #[arg(long)]
    name: Option<String>,
}

/// A network of integers, and what becoming that has cost it.
pub struct Quantized {
    pub net: Net,
    pub report: Report,
    /// What was measured for a budget.
    pub choices: Vec<Sensitivity>,
    /// What should be looked at, a line each.
    pub warnings: Vec<String>,
}

impl Quantized {
    /// For the pages of [`systole_report::quantised`].
    pub fn told(&self) -> Quantised<'_> {
        Quantised {
            output: Path::new(&self.net.name),
            network: &self.net.name,
            hash: self.net.hash().to_string(),
            preprocessing: self.net.preprocessing.as_ref(),
            report: &self.report,
            choices: &self.choices,
            alternatives: None,
            validation: None,
            planned: None,
        }
    }
}

/// `systole quantize`. `words`: the model file and the options `--prototxt`, `--input-size`, `--preprocess`, `--resize`,
/// `--bits`, `--codebook`, `--layer`, `--budget`, `--fit`, `--board` with its limits, and `--name`.
///
/// # Errors
/// What is wrong with the options, the model or its images.
pub fn quantize(
    words: Vec<OsString>,
    pictures: Vec<Picture>,
    labels: Vec<String>,
    told: Told,
) -> Result<Quantized, CliError> {
    let given: Quantizing = parsed(words)?;
    let graph = usable(&given.model)?;
    let wanted = graph.nodes.last().map_or(0, |node| node.shape[0]);
    if !labels.is_empty() && labels.len() != wanted {
        return Err(CliError::LabelCount { path: "labels".into(), found: labels.len(), wanted });
    }
    let (preprocess, size, mut warnings) = given.preparation.choose(&given.model.model, &graph)?;
    warnings.extend(cut_by_the_host(&graph));
    let pictures: Vec<Image> = pictures.into_iter().map(|picture| picture.read(size)).collect::<Result<_, _>>()?;
    let fitting = given.weights.fitting()?;
    let options = QuantizeOptions { labels, resize: size.resize, ..QuantizeOptions::default() };
    let mut show = |step: systole_model::Progress| told(step.map, step.done as u64, step.total as u64);
    let source = (&graph, &preprocess, pictures.as_slice());
    let (mut net, report, choices) =
        integers(&given.model, source, options, (&given.weights, fitting.as_ref()), &mut show)?;
    if let Some(name) = given.name {
        net.name = name;
    }
    warnings.extend(collapsed(&best_classes(&net, &pictures)?, net.classes(), None));
    Ok(Quantized { net, report, choices, warnings })
}

/// A model on boards, and the network that each takes, by the board's name.
pub struct Fits {
    pub fitted: Fitted,
    pub nets: Vec<(String, Net)>,
    /// What should be looked at, a line each.
    pub warnings: Vec<String>,
}

/// `systole fit`. `words`: the model file and the options of that command but for `--calibrate`, `--limit` and what it writes.
///
/// # Errors
/// What is wrong with the options, the model or its images; a model that none of the boards holds.
pub fn fit(words: Vec<OsString>, pictures: Vec<Picture>, told: Told) -> Result<Fits, CliError> {
    let given: SelectionArgs = parsed(words)?;
    let mut prepared = given.prepare()?;
    let (size, warnings) = (prepared.size, prepared.warnings.clone());
    let pictures: Vec<Image> = pictures.into_iter().map(|picture| picture.read(size)).collect::<Result<_, _>>()?;
    let selection = given.select(&mut prepared, &pictures, told)?;
    let figures = crate::fit::figures(&selection, prepared, told)?;
    let fitted = fitted(&selection, figures, &given.limits);
    let net = |place: &Place| Some((place.target.board.name.clone(), selection.made[place.held()?.made].net.clone()));
    Ok(Fits { nets: selection.places.iter().filter_map(net).collect(), fitted, warnings })
}

/// The score per class of images of the network's size, by the integers on this processor.
///
/// # Errors
/// A network that breaks rules, an image of another size.
pub fn scores(net: &Net, images: &[Image]) -> Result<Vec<Vec<f64>>, CliError> {
    let scoring = net.scoring()?;
    let scored = |sums: &Vec<i64>| sums.iter().map(|&sum| scoring.of(sum)).collect();
    Ok(sums(net, images)?.iter().map(scored).collect())
}

/// A network on a board.
pub struct Placed {
    planned: Planned,
    pub sheet: Sheet,
}

/// `systole plan`. `words`: the options of that command without its network.
///
/// # Errors
/// What is wrong with the options, the network or the board, and what does not fit.
pub fn plan(net: Net, words: Vec<OsString>) -> Result<Placed, CliError> {
    let given: TargetArgs = parsed(words)?;
    let planned = given.make(net, &Progress::new(Loudness::Quiet))?;
    Ok(Placed { sheet: given.sheet(&planned), planned })
}

impl Placed {
    pub fn net(&self) -> &Net {
        &self.planned.net
    }

    /// The plan in words, and as a page with pictures.
    ///
    /// # Errors
    /// A plan whose time cannot be told.
    pub fn pages(&self) -> Result<(String, String), CliError> {
        let stretches = systole_plan::timing::timeline(&self.planned.plan)?;
        let page = systole_report::plan::page(&self.sheet, &self.planned.plan, &stretches);
        Ok((systole_report::plan::text(&self.sheet), page))
    }

    /// `systole generate`: writes the build folder, whole or not at all.
    ///
    /// # Errors
    /// What is wrong with the board, and what kept the folder from being written.
    pub fn generate(&self, output: &Path, force: bool) -> Result<(), CliError> {
        may_replace(output, force)?;
        let machine = systole_rtl::board::machine(&self.planned.plan)?;
        let files = build::contents(&self.planned, &machine)?;
        let session = Session::of_library();
        build::write(&files, output, &session)
    }
}

/// The pictures as images of a build's network, by their names: for [`agreement`].
///
/// # Errors
/// Those of [`image`].
pub fn named(
    pictures: Vec<Picture>,
    size: [usize; 2],
    recorded: Option<&Preprocessing>,
) -> Result<Vec<(PathBuf, Image)>, CliError> {
    let named = |picture: Picture| Ok((picture.name().to_path_buf(), image(picture, size, recorded)?));
    pictures.into_iter().map(named).collect()
}

//! `systole report`: one page of a build.

use crate::args::image::ResizeArg;
use crate::error::CliError;
use crate::evaluation::judging::{judge, Judging};
use crate::evaluation::labels;
use crate::evaluation::reference::{ModelFile, Reference};
use crate::images::{self, Size};
use crate::session::Session;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use systole_devices::BuildFolder;
use systole_fast::Fast;
use systole_model::Report;
use systole_net::{regular_file, Image, Net, Tensor};
use systole_report::build::{Build, Judged, Maps};
use systole_report::plan::Sheet;

/// Parts of the interval in which the page looks at the memory.
const PARTS: usize = 380;

/// Write one page of a build: its network, roofline, timeline, memory, and how it answers labelled images
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A build folder of `systole generate`
    build: PathBuf,
    /// The page to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// What `quantize --json` printed of the network: the noise of each layer
    #[arg(long, value_name = "FILE.json")]
    quantised: Option<PathBuf>,
    /// An image whose feature maps are shown, layer by layer; without it that of the labelled images which went worst
    #[arg(long, value_name = "IMAGE")]
    image: Option<PathBuf>,
    /// Folder of labelled images
    #[arg(long, value_name = "FOLDER", requires = "labels")]
    images: Option<PathBuf>,
    /// Their classes: a CSV table with the columns file and class_index, or lines of a name and a number
    #[arg(long, value_name = "FILE", requires = "images")]
    labels: Option<PathBuf>,
    #[command(flatten)]
    resize: ResizeArg,
    /// The float model to compare the answers with: .onnx or .caffemodel
    #[arg(long, value_name = "FILE", requires = "images")]
    model: Option<PathBuf>,
    /// Network description of a caffemodel
    #[arg(long, value_name = "FILE", requires = "model")]
    prototxt: Option<PathBuf>,
    /// Labelled images to show: those that went worst
    #[arg(long, value_name = "COUNT", default_value_t = 12)]
    worst: usize,
}

/// Of what `quantize --json` prints, what the page takes.
#[derive(Deserialize)]
struct Quantised {
    hash: String,
    report: Report,
}

impl Args {
    /// # Errors
    /// What is wrong with the build, the images, the labels, the model; a file that cannot be written.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let build = BuildFolder::open(&self.build)?.unchanged()?;
        let quantised = self.quantised.as_deref().map(|file| quantised(file, &build.net)).transpose()?;
        let size = self.resize.of_plan(&build.plan, session)?;
        let judged = self.judged(&build.net, size, session)?;
        let traced = self.traced(&build.net, size, judged.as_ref())?;
        let maps = traced.as_ref().map(|(name, image, layers)| Maps { net: &build.net, name, image, layers });
        session.progress.show("the array's time and the memory");
        let page = Build {
            sheet: &Sheet::new(&build.plan),
            plan: &build.plan,
            net: &build.net,
            stretches: &systole_plan::timing::timeline(&build.plan)?,
            held: &systole_plan::occupancy::occupancy(&build.plan, &build.net, PARTS)?,
            quantised: quantised.as_ref(),
            judged: judged.as_ref(),
            maps: maps.as_ref(),
        }
        .page()?;
        session.scratch.write_file(&self.output, page.as_bytes())?;
        session.print(&format!("report: {}\n", self.output.display()))
    }

    fn judged(&self, net: &Net, size: Size, session: &mut Session) -> Result<Option<Judged>, CliError> {
        let (Some(folder), Some(labels)) = (&self.images, &self.labels) else { return Ok(None) };
        let labels = labels::read(labels, net.classes())?;
        labels::check_images(folder, &labels)?;
        let reference = match &self.model {
            None => None,
            Some(path) => {
                let file = ModelFile { path, prototxt: self.prototxt.clone(), preprocess: None };
                let (reference, _, warnings) = Reference::model(&file, net, size)?;
                session.warn(&warnings)?;
                Some(reference)
            }
        };
        let judging = Judging { net, folder, labels: &labels, size, reference: reference.as_ref(), most: self.worst };
        judge(&judging, session).map(Some)
    }

    /// The image whose maps are shown, and what every layer makes of it.
    fn traced(&self, net: &Net, size: Size, judged: Option<&Judged>) -> Result<Option<Traced>, CliError> {
        let (name, image) = match (&self.image, judged.and_then(|judged| judged.worst.first())) {
            (Some(path), _) => {
                (path.file_name().unwrap_or_default().to_string_lossy().into(), images::read(path, size)?)
            }
            (None, Some(worst)) => (worst.name.clone(), worst.image.clone()),
            (None, None) => return Ok(None),
        };
        let fast = Fast::new(net).map_err(|faults| CliError::Faults { faults })?;
        let layers = fast.trace(&net.encode(&image)?)?.layers;
        Ok(Some((name, image, layers)))
    }
}

/// An image by name, and the output of every layer for it.
type Traced = (String, Image, Vec<Tensor>);

/// The report that belongs to the network.
fn quantised(file: &Path, net: &Net) -> Result<Report, CliError> {
    let text = regular_file::read_text(file).map_err(CliError::io("read", file))?;
    let read: Quantised = serde_json::from_str(&text).map_err(|source| CliError::Json { path: file.into(), source })?;
    let (found, wanted) = (read.hash, net.hash().to_string());
    match found == wanted {
        true => Ok(read.report),
        false => Err(CliError::Reference {
            path: file.into(),
            why: format!("is of another network (its hash is {found}, the build's {wanted}); keep what quantize --json prints of this one"),
        }),
    }
}

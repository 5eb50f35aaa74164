//! `systole fit`: which boards hold a model, in which form of its weights, how fast and how accurate.

use crate::args::preparation::read_images;
use crate::error::CliError;
use crate::evaluation::reference::Reference;
use crate::selection::args::{Prepared, SelectionArgs};
use crate::selection::result::fitted;
use crate::selection::select::Selection;
use crate::session::Session;
use std::path::{Path, PathBuf};
use systole_model::{Graph, Preprocess};
use systole_net::Image;
use systole_report::figures::Figures;
use systole_report::fitted::{page, text, Fitted};

/// Ending of network files.
const ENDING: &str = "net";

/// Say which boards hold a float model, in which form of its weights, how fast, how accurate, and what the next smaller one wants
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    selection: SelectionArgs,
    /// Images to choose the scales with, as quantize takes them
    #[arg(long, required = true, num_args = 1.., value_name = "IMAGES")]
    calibrate: Vec<PathBuf>,
    /// Use at most so many of them, evenly spaced
    #[arg(long, value_name = "COUNT", default_value_t = 40)]
    limit: usize,
    /// Write the network that each board takes here, as BOARD.net
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Also write a page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
}

impl Args {
    /// # Errors
    /// What is wrong with the model, its images or a board; [`CliError::HeldNowhere`] with the numbers.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let mut prepared = self.selection.prepare()?;
        session.warn(&prepared.warnings)?;
        let pictures = read_images(&self.calibrate, self.limit, prepared.size, session)?;
        let pictures: Vec<Image> = pictures.into_iter().map(|(_, image)| image).collect();
        let progress = session.progress.clone();
        let mut told = |what: &str, done: u64, of: u64| progress.step(what, done, of);
        let selection = self.selection.select(&mut prepared, &pictures, &mut told)?;
        let figures = figures(&selection, prepared, &mut told)?;
        let mut fitted = fitted(&selection, figures, &self.selection.limits);
        if let Some(folder) = &self.output {
            write(&selection, &mut fitted, folder, session)?;
        }
        if let Some(file) = &self.html {
            session.scratch.write_file(file, page(&fitted).as_bytes())?;
        }
        match self.json {
            true => session.print_json(&fitted),
            false => session.print(&text(&fitted)),
        }
    }
}

/// What the forms that are used answer on the images that are given, and whether these have labels.
pub fn figures(
    selection: &Selection,
    prepared: Prepared,
    told: crate::verify::Told,
) -> Result<Option<(Vec<Figures>, bool)>, CliError> {
    let Prepared { graph, preprocess, size, given, .. } = prepared;
    let Some(given) = given else { return Ok(None) };
    let nets: Vec<_> = selection.used().into_iter().map(|at| &selection.made[at].net).collect();
    let figures = given.figures(&nets, &reference(graph, preprocess), size, told)?;
    Ok(Some((figures, given.labelled)))
}

fn reference(graph: Graph, preprocess: Preprocess) -> Reference {
    Reference::Model { graph: Box::new(graph), preprocess }
}

/// Writes the network of every board that holds one, and notes where.
fn write(selection: &Selection, fitted: &mut Fitted, folder: &Path, session: &Session) -> Result<(), CliError> {
    for (place, board) in selection.places.iter().zip(&mut fitted.boards) {
        let (Some(held), Some(placed)) = (place.held(), &mut board.placed) else { continue };
        let file = folder.join(format!("{}.{ENDING}", board.board));
        session.scratch.write_file(&file, &selection.made[held.made].net.to_bytes())?;
        placed.output = Some(file);
    }
    Ok(())
}

//! The new network on labelled images, beside floating point.

use super::answers::Answers;
use super::doubt::{alternatives, TRIED};
use super::labels::{self, read_images, Label};
use super::reference::Reference;
use super::result::{figures, Row};
use crate::error::CliError;
use crate::images::Size;
use crate::session::Session;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use systole_fast::Fast;
use systole_model::{Graph, Preprocess, Split};
use systole_net::{Digest, Image, Net};
use systole_report::alternatives::Alternatives;
use systole_report::quantised::Validated;

/// Labelled images of a folder, known to be there.
pub struct Validation {
    folder: PathBuf,
    labels: Vec<Label>,
}

impl Validation {
    /// Reads the labels.
    ///
    /// # Errors
    /// Labels that cannot be read or name classes or images that are not there.
    pub fn open(folder: &Path, file: &Path, classes: usize) -> Result<Self, CliError> {
        let labels = labels::read(file, classes)?;
        labels::check_images(folder, &labels)?;
        Ok(Validation { folder: folder.into(), labels })
    }

    /// Answers of `net` and of the float model it was made from, with its preprocessing and with others; `calibration` are the
    /// images that were given to calibrate with.
    ///
    /// # Errors
    /// The first image that cannot be read or is of another size.
    pub fn run(
        &self,
        net: &Net,
        (graph, preprocess): (Graph, Preprocess),
        calibration: &[Image],
        size: Size,
        session: &Session,
    ) -> Result<(Validated, Alternatives, Vec<Row>), CliError> {
        let fast = Fast::new(net).map_err(|faults| CliError::Faults { faults })?;
        let mut answers = Answers::Fast(net, Box::new(fast));
        let (sample, classes) = labels::sample(&self.folder, &self.labels, TRIED, size)?;
        let alternatives = alternatives(&graph, &preprocess, &sample, &classes)?;
        let reference = Reference::Model { graph: Box::new(graph), preprocess };
        let calibrating = Split::of(calibration).calibrating;
        let seen: HashSet<Digest> = calibrating.iter().map(|&index| Digest::of(&calibration[index].rgb)).collect();
        let (mut rows, mut calibrated) = (Vec::new(), 0);
        for batch in self.labels.chunks(answers.batch()) {
            session.progress.step("validation images", rows.len() as u64, self.labels.len() as u64);
            let images = read_images(&self.folder, &batch.iter().collect::<Vec<_>>(), size)?;
            let (sums, floats) = (answers.sums(&images)?, reference.scores(&[], &images)?);
            for (at, label) in batch.iter().enumerate() {
                calibrated += usize::from(seen.contains(&Digest::of(&images[at].rgb)));
                rows.push(Row::new(rows.len(), label, net, &sums[at], Some(&floats[at]))?);
            }
        }
        Ok((Validated { figures: figures(&rows), calibrated }, alternatives, rows))
    }
}

//! How networks answer on images of a folder, beside floating point: the float model runs once for all of them.

use crate::error::CliError;
use crate::evaluation::labels::{self, read_images, Label};
use crate::evaluation::reference::Reference;
use crate::evaluation::result::{figures, Row};
use crate::images::{self, Size};
use crate::verify::Told;
use std::path::{Path, PathBuf};
use systole_fast::Fast;
use systole_net::{Image, Net};
use systole_report::figures::Figures;

/// Images that are read at once: floating point takes seconds for so many, and is heard of between them.
const BATCH: usize = 16;

/// Images of a folder, with labels or without.
pub struct Given {
    folder: PathBuf,
    images: Vec<Label>,
    pub labelled: bool,
}

impl Given {
    /// # Errors
    /// A folder without images; labels that cannot be read or name classes or images that are not there.
    pub fn open(folder: &Path, file: Option<&Path>, classes: usize) -> Result<Self, CliError> {
        let images = match file {
            Some(file) => labels::read(file, classes)?,
            None => unlabelled(folder)?,
        };
        labels::check_images(folder, &images)?;
        Ok(Given { folder: folder.into(), images, labelled: file.is_some() })
    }

    /// The figures of each network; without labels those that need them count for nothing.
    ///
    /// # Errors
    /// The first image that cannot be read, networks that break rules.
    pub fn figures(
        &self,
        nets: &[&Net],
        reference: &Reference,
        size: Size,
        told: Told,
    ) -> Result<Vec<Figures>, CliError> {
        let open = |net: &&Net| Fast::new(net).map_err(|faults| CliError::Faults { faults });
        let engines = nets.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let mut rows: Vec<Vec<Row>> = nets.iter().map(|_| Vec::new()).collect();
        for (done, batch) in self.images.chunks(BATCH).enumerate() {
            told("images", (done * BATCH) as u64, self.images.len() as u64);
            let images = read_images(&self.folder, &batch.iter().collect::<Vec<_>>(), size)?;
            let floats = reference.scores(&[], &images)?;
            for ((net, engine), rows) in nets.iter().zip(&engines).zip(&mut rows) {
                let encoded = images.iter().map(|image: &Image| net.encode(image)).collect::<Result<Vec<_>, _>>()?;
                let sums = engine.sums_of(&encoded)?;
                for ((label, sums), floats) in batch.iter().zip(&sums).zip(&floats) {
                    rows.push(Row::new(rows.len(), label, net, sums, Some(floats))?);
                }
            }
        }
        Ok(rows.iter().map(|rows| figures(rows)).collect())
    }
}

/// All images of the folder, of no class that matters.
fn unlabelled(folder: &Path) -> Result<Vec<Label>, CliError> {
    let files = images::files(&[folder.to_path_buf()])?;
    let name = |file: PathBuf| file.strip_prefix(folder).unwrap_or(&file).display().to_string();
    Ok(files.into_iter().map(|file| Label { image: name(file), class: 0 }).collect())
}

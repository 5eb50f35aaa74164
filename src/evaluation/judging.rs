//! Labelled images and their answers for a page: figures, pairs of label and answer, the photographs that went worst.

use super::answers::Answers;
use super::labels::{read_images, Label};
use super::reference::{Reference, Scores};
use super::result::{figures, Row};
use crate::error::CliError;
use crate::images::Size;
use crate::session::Session;
use std::path::Path;
use systole_fast::Fast;
use systole_host::softmax;
use systole_net::{Image, Net};
use systole_report::build::{Judged, Named, Photograph};

/// Which images, and what they are compared with.
pub struct Judging<'a> {
    pub net: &'a Net,
    pub folder: &'a Path,
    pub labels: &'a [Label],
    pub size: Size,
    pub reference: Option<&'a Reference>,
    /// Photographs to keep.
    pub most: usize,
}

/// Answers all images with the integer engine; see [`Judged`].
///
/// # Errors
/// The first image that cannot be read or is of another size; those of the float model.
pub fn judge(judging: &Judging, session: &Session) -> Result<Judged, CliError> {
    let Judging { net, folder, labels, size, reference, most } = judging;
    let fast = Fast::new(net).map_err(|faults| CliError::Faults { faults })?;
    let mut answers = Answers::Fast(net, Box::new(fast));
    let (mut rows, mut worst): (Vec<Row>, Vec<Photograph>) = (Vec::new(), Vec::new());
    for batch in labels.chunks(answers.batch()) {
        session.progress.step("images", rows.len() as u64, labels.len() as u64);
        let own: Vec<&Label> = batch.iter().collect();
        let images = read_images(folder, &own, *size)?;
        let sums = answers.sums(&images)?;
        let floats = reference.map(|reference| reference.scores(&[], &images)).transpose()?;
        for (at, (label, image)) in own.iter().zip(images).enumerate() {
            let float = floats.as_ref().map(|floats| &floats[at]);
            let row = Row::new(rows.len(), label, net, &sums[at], float)?;
            worst.push(photograph(net, &row, image, (&net.scores(&sums[at])?, float)));
            rows.push(row);
        }
        worst.sort_by(|a, b| a.label.probability.total_cmp(&b.label.probability));
        worst.truncate(*most);
    }
    session.progress.clear();
    let answer = |row: &Row| [row.class, row.best.first().copied().unwrap_or(row.class)];
    Ok(Judged { figures: figures(&rows), pairs: rows.iter().map(answer).collect(), names: net.labels.clone(), worst })
}

fn photograph(net: &Net, row: &Row, image: Image, (scores, float): (&[f64], Option<&Scores>)) -> Photograph {
    let probabilities = softmax(scores);
    let named = |class: usize, probabilities: &[f64]| Named {
        class,
        name: net.labels.get(class).map_or_else(|| format!("class {class}"), Clone::clone),
        probability: probabilities.get(class).copied().unwrap_or(0.0),
    };
    let of_float = float.map(|float| softmax(&float.iter().map(|&score| score.into()).collect::<Vec<f64>>()));
    let best = row.float.iter().flat_map(|float| &float.best);
    Photograph {
        name: row.image.clone(),
        image,
        label: named(row.class, &probabilities),
        integers: row.best.iter().map(|&class| named(class, &probabilities)).collect(),
        float: best.map(|&class| named(class, of_float.as_deref().unwrap_or_default())).collect(),
    }
}

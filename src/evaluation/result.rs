//! The result of an evaluation: what it was of, a row per image, and the figures that follow from the rows.

use super::reference::Scores;
use crate::error::CliError;
use crate::images::Size;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use systole_net::{regular_file, Net, NetError, Preprocessing};
use systole_report::figures::{Figures, FloatFigures};

/// Changes when an older program would misread the file.
const FORMAT: u32 = 2;
/// Best classes that are kept.
const BEST: usize = 5;

/// What an evaluation is of; the same for all its shards, whatever engine computed them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    pub format: u32,
    pub network: String,
    /// SHA-256 of the network's integers, of the labels, and of what the answers are compared with.
    pub hash: String,
    /// What pictures went through, with the scaling of this evaluation.
    pub preprocessing: Option<Preprocessing>,
    pub labels: String,
    pub reference: Option<String>,
    /// Images that have a label.
    pub images: usize,
}

impl Subject {
    pub fn new(net: &Net, size: Size, labels: String, reference: Option<String>, images: usize) -> Self {
        let (network, hash) = (net.name.clone(), net.hash().to_string());
        let recorded = net.preprocessing.clone();
        let preprocessing = recorded.map(|recorded| Preprocessing { resize: size.resize, ..recorded });
        Subject { format: FORMAT, network, hash, preprocessing, labels, reference, images }
    }

    /// What keeps two evaluations apart, if anything does.
    pub fn difference(&self, other: &Subject) -> Option<&'static str> {
        let pairs = [
            (self.format == other.format, "the file's format"),
            ((&self.network, &self.hash) == (&other.network, &other.hash), "the network"),
            (self.preprocessing == other.preprocessing, "the preprocessing"),
            ((&self.labels, self.images) == (&other.labels, other.images), "the list of labels"),
            (self.reference == other.reference, "the floating-point reference"),
        ];
        pairs.iter().find(|(same, _)| !same).map(|(_, what)| *what)
    }
}

/// One image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Place in the list of labels.
    pub index: usize,
    pub image: String,
    pub class: usize,
    /// Best classes, the best first.
    pub best: Vec<usize>,
    pub float: Option<Float>,
}

/// What floating point says of an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Float {
    pub best: Vec<usize>,
    /// Squares of its scores, and of the differences from the integers' scores, summed over the classes.
    pub signal: f64,
    pub noise: f64,
}

impl Row {
    pub fn new(
        index: usize,
        label: &super::labels::Label,
        net: &Net,
        sums: &[i64],
        float: Option<&Scores>,
    ) -> Result<Self, NetError> {
        let scores = net.scores(sums)?;
        let squares = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum();
        let float = float.map(|f| Float {
            best: best(f),
            signal: squares(&mut f.iter().map(|&v| v.into())),
            noise: squares(&mut f.iter().zip(&scores).map(|(&v, s)| f64::from(v) - s)),
        });
        Ok(Row { index, image: label.image.clone(), class: label.class, best: best(&scores), float })
    }
}

/// The best classes, the lower of equals first.
fn best<T: PartialOrd + Copy>(scores: &[T]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].partial_cmp(&scores[a]).unwrap_or(std::cmp::Ordering::Equal));
    order.truncate(BEST);
    order
}

/// What follows from the rows.
pub fn figures(rows: &[Row]) -> Figures {
    let count = |hit: &dyn Fn(&Row) -> bool| rows.iter().filter(|r| hit(r)).count();
    let floats = || rows.iter().filter_map(|r| r.float.as_ref());
    let (signal, noise) = floats().fold((0.0, 0.0), |(s, n), f| (s + f.signal, n + f.noise));
    let float = |hit: &dyn Fn(&Row, &Float) -> bool| count(&|r| r.float.as_ref().is_some_and(|f| hit(r, f)));
    let float = floats().next().is_some().then(|| FloatFigures {
        top1: float(&|r, f| f.best.first() == Some(&r.class)),
        top5: float(&|r, f| f.best.contains(&r.class)),
        same: float(&|r, f| f.best.first() == r.best.first()),
        score_error: if signal > 0.0 { (noise / signal).sqrt() } else { 0.0 },
    });
    Figures {
        evaluated: rows.len(),
        top1: count(&|r| r.best.first() == Some(&r.class)),
        top5: count(&|r| r.best.contains(&r.class)),
        float,
    }
}

/// What is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    pub subject: Subject,
    pub figures: Figures,
    pub rows: Vec<Row>,
}

impl Evaluation {
    /// Rows in any order; none twice.
    pub fn new(subject: Subject, mut rows: Vec<Row>) -> Self {
        rows.sort_by_key(|r| r.index);
        Evaluation { subject, figures: figures(&rows), rows }
    }

    /// # Errors
    /// [`CliError::Io`], [`CliError::Json`], [`CliError::Evaluation`].
    pub fn read(path: &Path) -> Result<Self, CliError> {
        let text = regular_file::read_text(path).map_err(CliError::io("read", path))?;
        let read: Evaluation =
            serde_json::from_str(&text).map_err(|source| CliError::Json { path: path.into(), source })?;
        let wrong = |why: String| Err(CliError::Evaluation { path: path.into(), why });
        if read.subject.format != FORMAT {
            return wrong(format!(
                "result format {}, this program reads {FORMAT}; evaluate again",
                read.subject.format
            ));
        }
        match read.rows.iter().find(|r| r.index >= read.subject.images) {
            Some(row) => wrong(format!("image {} of {}; evaluate again", row.index, read.subject.images)),
            None => Ok(read),
        }
    }

    /// The file's bytes: the same for the same rows, whoever computed them.
    ///
    /// # Errors
    /// [`CliError::Output`].
    pub fn bytes(&self) -> Result<Vec<u8>, CliError> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|e| CliError::Output(e.into()))?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// The whole from its shards.
///
/// # Errors
/// [`CliError::Merge`], [`CliError::MergeTwice`], [`CliError::MergeLacks`] and those of reading.
pub fn merge(files: &[PathBuf]) -> Result<Evaluation, CliError> {
    let mut whole: Option<Subject> = None;
    // By place, for a damaged file may speak of more images than memory holds.
    let mut rows: BTreeMap<usize, Row> = BTreeMap::new();
    for path in files {
        let read = Evaluation::read(path)?;
        let subject = whole.get_or_insert_with(|| read.subject.clone());
        if let Some(what) = subject.difference(&read.subject) {
            return Err(CliError::Merge { first: files[0].clone(), other: path.clone(), what });
        }
        for row in read.rows {
            if let Some(twice) = rows.insert(row.index, row) {
                return Err(CliError::MergeTwice { path: path.clone(), image: twice.image });
            }
        }
    }
    let wanted = whole.as_ref().map_or(0, |subject| subject.images);
    match whole.filter(|_| rows.len() == wanted) {
        Some(subject) => Ok(Evaluation::new(subject, rows.into_values().collect())),
        None => {
            let first =
                (0..).zip(rows.keys()).find(|(place, index)| place != *index).map_or(rows.len(), |(place, _)| place);
            Err(CliError::MergeLacks { missing: wanted - rows.len(), wanted, first })
        }
    }
}

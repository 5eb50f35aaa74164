//! Images through a driver, back to back: the best classes of each, and how long it took.

use crate::error::CliError;
use crate::images::{self, Size};
use crate::table::{grouped, percent, Table};
use serde::Serialize;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use systole_host::{softmax, Device, Driver, Inference, Ticket};

/// What a device says of some images.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answers {
    /// Address of the device.
    pub device: String,
    pub network: String,
    pub clock_mhz: f64,
    pub images: Vec<Answer>,
}

/// What it says of one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    pub image: PathBuf,
    /// Best first.
    pub top: Vec<Class>,
    /// Exact sum per class.
    pub sums: Vec<i64>,
    /// Cycles of the device when the image was handed over, and when its result was complete.
    pub submitted_at: u64,
    pub finished_at: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Class {
    pub class: usize,
    pub label: String,
    pub score: f64,
    /// Softmax over all scores.
    pub probability: f64,
}

/// Runs the images; `top` classes of each are kept.
///
/// # Errors
/// The first image that cannot be read, or has no result.
pub fn classify<D: Device>(
    driver: &mut Driver<D>,
    files: &[PathBuf],
    size: Size,
    top: usize,
) -> Result<Answers, CliError> {
    let (mut waiting, mut answers) = (VecDeque::new(), Vec::new());
    for file in files {
        let image = images::read(file, size)?;
        let failed = |source| CliError::Run { image: file.clone(), source: Box::new(source) };
        waiting.push_back((file, driver.submit(&image).map_err(failed)?));
        if waiting.len() > driver.options().window {
            answers.extend(next(driver, &mut waiting, top)?);
        }
    }
    while let Some(answer) = next(driver, &mut waiting, top)? {
        answers.push(answer);
    }
    let (device, plan) = (driver.device().name().to_string(), driver.plan());
    Ok(Answers { device, network: plan.network.clone(), clock_mhz: plan.board.clock_mhz, images: answers })
}

fn next<D: Device>(
    driver: &mut Driver<D>,
    waiting: &mut VecDeque<(&PathBuf, Ticket)>,
    top: usize,
) -> Result<Option<Answer>, CliError> {
    let Some((file, ticket)) = waiting.pop_front() else { return Ok(None) };
    let failed = |source| CliError::Run { image: file.clone(), source: Box::new(source) };
    let inference = driver.wait(ticket).map_err(failed)?;
    Ok(Some(answer(driver, file, inference, top)))
}

fn answer<D: Device>(driver: &Driver<D>, file: &Path, inference: Inference, top: usize) -> Answer {
    let probabilities = softmax(&inference.scores);
    let ranked = driver.top(&inference, top).into_iter();
    let top =
        ranked.map(|r| Class { probability: probabilities[r.class], class: r.class, label: r.label, score: r.score });
    Answer {
        image: file.into(),
        top: top.collect(),
        sums: inference.sums,
        submitted_at: inference.submitted_at,
        finished_at: inference.finished_at,
    }
}

impl Answers {
    /// Cycles from one result to the next; `None` for fewer than two images.
    pub fn interval(&self) -> Option<f64> {
        let (first, last) = (self.images.first()?, self.images.last()?);
        let results = self.images.len() - 1;
        (results > 0).then(|| (last.finished_at - first.finished_at) as f64 / results as f64)
    }

    /// The page for people.
    pub fn page(&self) -> String {
        let images: String = self.images.iter().map(Answer::page).collect();
        images + &self.speed()
    }

    fn speed(&self) -> String {
        let hertz = self.clock_mhz * 1e6;
        let first = self.images.first().map_or(0, |a| a.finished_at - a.submitted_at);
        let alone = format!(
            "{} on {}: first result after {} cycles, {:.2} ms at {} MHz",
            self.network,
            self.device,
            grouped(first),
            first as f64 / hertz * 1e3,
            self.clock_mhz
        );
        match self.interval() {
            Some(cycles) => format!(
                "{alone}; then one every {} cycles, {:.1} images/s\n",
                grouped(cycles.round() as u64),
                hertz / cycles
            ),
            None => alone + "\n",
        }
    }
}

impl Answer {
    fn page(&self) -> String {
        let mut table = Table::new(1, &["class", "", "score", "probability"]);
        for class in &self.top {
            let numbers = [class.class.to_string(), format!("{:.3}", class.score), percent(class.probability)];
            table.row(std::iter::once(class.label.clone()).chain(numbers));
        }
        format!("{}\n{}", self.image.display(), table.text())
    }
}

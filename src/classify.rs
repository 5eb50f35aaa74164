//! Images through a driver, back to back: the best classes of each, and how long it took.

use crate::error::CliError;
use crate::images::{self, Size};
use crate::table::{grouped, percent, Table};
use serde::Serialize;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Instant;
use systole_host::{softmax, Device, Driver, HostError, Inference, Ticket};
use systole_net::Image;

/// What a device says of some images.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answers {
    /// Address of the device.
    pub device: String,
    pub network: String,
    pub clock_mhz: f64,
    pub images: Vec<Answer>,
    pub speed: Speed,
}

/// How fast the images went.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Speed {
    /// Cycles from one result to the next, and what that makes at the board's clock; none for fewer than two images.
    pub interval_cycles: Option<f64>,
    pub device_images_per_second: Option<f64>,
    /// From the first image read to the last result, by the clock on the wall.
    pub seconds: f64,
    pub images_per_second: f64,
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

/// Runs the images of files; `top` classes of each are kept.
///
/// # Errors
/// The first image that cannot be read, or has no result.
pub fn classify<D: Device>(
    driver: &mut Driver<D>,
    files: &[PathBuf],
    size: Size,
    top: usize,
) -> Result<Answers, CliError> {
    let images = files.iter().map(|file| Ok((file.clone(), images::read(file, size)?)));
    answer_all(driver, images, top, &mut |_, _| Ok(()))
}

/// Called with every answer as it comes.
type Told<'a, D> = &'a mut dyn FnMut(&mut Driver<D>, &Answer) -> Result<(), CliError>;

/// Runs images by their names; `told` is called with every answer as it comes.
///
/// # Errors
/// The first image that cannot be read, or has no result.
pub fn answer_all<D: Device>(
    driver: &mut Driver<D>,
    images: impl Iterator<Item = Result<(PathBuf, Image), CliError>>,
    top: usize,
    told: Told<D>,
) -> Result<Answers, CliError> {
    let begun = Instant::now();
    let (mut waiting, mut answers) = (VecDeque::new(), Vec::new());
    for image in images {
        let (name, image) = image?;
        let ticket = driver.submit(&image).map_err(failed(&name))?;
        waiting.push_back((name, ticket));
        if waiting.len() > driver.options().window {
            answers.extend(next(driver, &mut waiting, top, told)?);
        }
    }
    while let Some(answer) = next(driver, &mut waiting, top, told)? {
        answers.push(answer);
    }
    let (device, plan) = (driver.device().name().to_string(), driver.plan());
    let clock_mhz = plan.board.clock_mhz;
    let speed = Speed::new(&answers, clock_mhz, begun.elapsed().as_secs_f64());
    Ok(Answers { device, network: plan.network.clone(), clock_mhz, images: answers, speed })
}

fn failed(image: &Path) -> impl FnOnce(HostError) -> CliError {
    let image = image.to_path_buf();
    move |source| CliError::Run { image, source: Box::new(source) }
}

fn next<D: Device>(
    driver: &mut Driver<D>,
    waiting: &mut VecDeque<(PathBuf, Ticket)>,
    top: usize,
    told: Told<D>,
) -> Result<Option<Answer>, CliError> {
    let Some((name, ticket)) = waiting.pop_front() else { return Ok(None) };
    let inference = driver.wait(ticket).map_err(failed(&name))?;
    let answer = answer(driver, &name, inference, top);
    told(driver, &answer)?;
    Ok(Some(answer))
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

impl Speed {
    fn new(answers: &[Answer], clock_mhz: f64, seconds: f64) -> Self {
        let ends = answers.first().zip(answers.last());
        let results = answers.len().saturating_sub(1);
        let cycles = ends.map(|(first, last)| (last.finished_at - first.finished_at) as f64 / results as f64);
        let interval_cycles = cycles.filter(|_| results > 0);
        Speed {
            interval_cycles,
            device_images_per_second: interval_cycles.map(|cycles| clock_mhz * 1e6 / cycles),
            seconds,
            images_per_second: answers.len() as f64 / seconds,
        }
    }
}

impl Answers {
    /// Two lines for people.
    pub fn speed(&self) -> String {
        let first = self.images.first().map_or(0, |a| a.finished_at - a.submitted_at);
        let alone = format!(
            "{} on {}: first result after {} cycles, {:.2} ms at {} MHz",
            self.network,
            self.device,
            grouped(first),
            first as f64 / (self.clock_mhz * 1e3),
            self.clock_mhz
        );
        let Speed { interval_cycles, device_images_per_second, seconds, images_per_second } = self.speed;
        let then = interval_cycles.zip(device_images_per_second).map_or(String::new(), |(cycles, rate)| {
            format!("; then one every {} cycles, {rate:.1} images/s", grouped(cycles.round() as u64))
        });
        format!(
            "{alone}{then}\nend to end: {} images in {seconds:.2} s, {images_per_second:.1} images/s\n",
            self.images.len()
        )
    }
}

/// What [`Answer::csv`] prints, column by column.
pub const CSV_HEAD: &str = "image,rank,class,label,score,probability\n";

impl Answer {
    /// A line per class, best first.
    pub fn csv(&self) -> String {
        let image = quoted(&self.image.display().to_string());
        let line = |(at, class): (usize, &Class)| {
            let Class { class, label, score, probability } = class;
            format!("{image},{},{class},{},{score},{probability}\n", at + 1, quoted(label))
        };
        self.top.iter().enumerate().map(line).collect()
    }

    /// A table for people.
    pub fn page(&self) -> String {
        let mut table = Table::new(1, &["class", "", "score", "probability"]);
        for class in &self.top {
            let numbers = [class.class.to_string(), format!("{:.3}", class.score), percent(class.probability)];
            table.row(std::iter::once(class.label.clone()).chain(numbers));
        }
        format!("{}\n{}", self.image.display(), table.text())
    }
}

/// A field as RFC 4180 has it.
fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_string(),
    }
}

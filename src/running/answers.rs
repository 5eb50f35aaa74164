//! What a device says of images, and how fast, for people and programs.

use serde::Serialize;
use std::path::PathBuf;
use systole_net::Preprocessing;
use systole_report::csv::record;
use systole_report::preprocessing::sentence;
use systole_report::table::{grouped, percent, Table};

/// What a device says of some images.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answers {
    /// Address of the device.
    pub device: String,
    pub network: String,
    /// What the pictures went through; of those of another size only where they were scaled as it says.
    pub preprocessing: Option<Preprocessing>,
    pub clock_mhz: f64,
    pub images: Vec<Outcome>,
    /// Images whose answers a failed check of the memories puts in doubt.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub doubtful: Vec<PathBuf>,
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

/// What became of an image.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    Answer(Answer),
    Broken(Broken),
}

/// An image without an answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Broken {
    pub image: PathBuf,
    pub error: String,
}

/// What the device says of one.
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

impl Speed {
    pub(super) fn new(outcomes: &[Outcome], clock_mhz: f64, seconds: f64) -> Self {
        let answers: Vec<&Answer> = outcomes.iter().filter_map(Outcome::answer).collect();
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
    pub fn answers(&self) -> impl Iterator<Item = &Answer> {
        self.images.iter().filter_map(Outcome::answer)
    }

    /// Three lines for people.
    pub fn speed(&self) -> String {
        let about = sentence(self.preprocessing.as_ref());
        let Some(first) = self.answers().next().map(|a| a.finished_at - a.submitted_at) else { return about };
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
            "{about}{alone}{then}\nend to end: {} images in {seconds:.2} s, {images_per_second:.1} images/s\n",
            self.answers().count()
        )
    }
}

/// What [`Answer::csv`] prints, column by column.
pub const CSV_HEAD: &str = "image,rank,class,label,score,probability\n";

impl Outcome {
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Outcome::Answer(answer) => Some(answer),
            Outcome::Broken(_) => None,
        }
    }

    /// A line per class, best first; of an image without an answer one line of rank 0, with the reason as its label.
    pub fn csv(&self) -> String {
        match self {
            Outcome::Answer(answer) => answer.csv(),
            Outcome::Broken(Broken { image, error }) => record([&image.display().to_string(), "0", "", error, "", ""]),
        }
    }

    /// A table for people.
    pub fn page(&self) -> String {
        match self {
            Outcome::Answer(answer) => answer.page(),
            Outcome::Broken(Broken { image, error }) => format!("{}\n no answer: {error}\n", image.display()),
        }
    }
}

impl Answer {
    /// A line per class, best first.
    fn csv(&self) -> String {
        let image = self.image.display().to_string();
        let line = |(at, class): (usize, &Class)| {
            let Class { class, label, score, probability } = class;
            let numbers = [(at + 1).to_string(), class.to_string(), score.to_string(), probability.to_string()];
            let [rank, class, score, probability] = numbers.each_ref().map(String::as_str);
            record([&image, rank, class, label, score, probability])
        };
        self.top.iter().enumerate().map(line).collect()
    }

    /// A table for people.
    fn page(&self) -> String {
        let mut table = Table::new(1, &["class", "", "score", "probability"]);
        for class in &self.top {
            let numbers = [class.class.to_string(), format!("{:.3}", class.score), percent(class.probability)];
            table.row(std::iter::once(class.label.clone()).chain(numbers));
        }
        format!("{}\n{}", self.image.display(), table.text())
    }
}

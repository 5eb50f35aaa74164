//! `systole eval`: how often the network is right, on as many labelled images as there are, on any engine.

use crate::args::image::ResizeArg;
use crate::error::CliError;
use crate::evaluation::answers::{Answers, Kind};
use crate::evaluation::doubt::{self, seen, TRIED};
use crate::evaluation::labels::{self, read_images, Label};
use crate::evaluation::part::Part;
use crate::evaluation::reference::{ModelFile, Reference};
use crate::evaluation::result::{merge, Evaluation, Row, Subject};
use crate::images::Size;
use crate::session::Session;
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use systole_net::Net;
use systole_report::alternatives::Alternatives;
use systole_report::figures::Figures;
use systole_report::preprocessing::sentence;
use systole_report::table::percent;

/// Count how often the network is right on labelled images, and agrees with floating point
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The integer network
    #[arg(required_unless_present = "merge", value_name = "NET")]
    net: Option<PathBuf>,
    /// Folder of the images
    #[arg(long, required_unless_present = "merge", value_name = "FOLDER")]
    images: Option<PathBuf>,
    /// Their classes: a CSV table with the columns file and class_index, or lines of a name and a number (ImageNet's val.txt)
    #[arg(long, required_unless_present = "merge", value_name = "FILE")]
    labels: Option<PathBuf>,
    #[command(flatten)]
    resize: ResizeArg,
    /// What computes the answers; all give the same ones
    #[arg(long, value_enum, default_value = "fast")]
    engine: Kind,
    /// Build folder of the network, for --engine sim and verilator
    #[arg(long, value_name = "FOLDER", required_if_eq_any([("engine", "sim"), ("engine", "verilator")]))]
    build: Option<PathBuf>,
    /// The float model to compare with: .onnx or .caffemodel
    #[arg(long, value_name = "FILE", conflicts_with = "reference")]
    model: Option<PathBuf>,
    /// Network description of a caffemodel
    #[arg(long, value_name = "FILE", requires = "model")]
    prototxt: Option<PathBuf>,
    /// How image bytes become the float model's input, in place of what the network was quantised with: as for quantize, a name
    /// or a JSON file
    #[arg(long, value_name = "NAME|FILE", requires = "model")]
    preprocess: Option<String>,
    /// Float scores to compare with: a .npy file, float32, a row per label
    #[arg(long, value_name = "FILE")]
    reference: Option<PathBuf>,
    /// Evaluate the i-th of n equal parts, 1/n to n/n
    #[arg(long, value_name = "I/N", default_value = "1/1", value_parser = Shard::parse)]
    shard: Shard,
    /// Go on where an earlier run with the same -o was interrupted; a result of something else is not replaced
    #[arg(long, requires = "output")]
    resume: bool,
    /// Put the results of all shards together
    #[arg(long, num_args = 1.., value_name = "RESULT", conflicts_with_all = ["net", "images", "labels", "shard", "resume"])]
    merge: Vec<PathBuf>,
    /// Write every image's answer and the figures as JSON
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
}

/// The images whose place in the list is `first` modulo `of`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shard {
    first: usize,
    of: usize,
}

impl Shard {
    fn parse(text: &str) -> Result<Self, String> {
        let numbers: Option<(usize, usize)> =
            text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((i, n)) if (1..=n).contains(&i) => Ok(Shard { first: i - 1, of: n }),
            _ => Err("wanted I/N with I from 1 to N, such as 3/8".into()),
        }
    }

    fn has(self, index: usize) -> bool {
        index % self.of == self.first
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.first + 1, self.of)
    }
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Outcome<'a> {
    subject: &'a Subject,
    figures: &'a Figures,
    /// What other preprocessings would give, where there is a float model.
    alternatives: Option<&'a Alternatives>,
    /// Who answered, and how fast; nothing when results were put together.
    speed: Option<&'a Speed>,
}

#[derive(Serialize)]
struct Speed {
    engine: String,
    /// Images of this run, seconds for all that was done with them, and those of the engine alone.
    images: usize,
    seconds: f64,
    engine_seconds: f64,
    threads: usize,
}

impl Args {
    /// # Errors
    /// What is wrong with the network, images, labels, reference, or the files of an earlier run.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        match (&self.net, &self.images, &self.labels) {
            (Some(net), Some(images), Some(labels)) => self.evaluate(net, images, labels, session),
            _ => self.finish(&merge(&self.merge)?, (None, None), session),
        }
    }

    fn evaluate(&self, net: &Path, folder: &Path, labels: &Path, session: &mut Session) -> Result<(), CliError> {
        let net = Net::read(net)?;
        let labels = labels::read(labels, net.classes())?;
        labels::check_images(folder, &labels)?;
        let input = &net.tensors[Net::INPUT];
        let size = self.resize.of_network(net.preprocessing.as_ref(), [input.height, input.width], session)?;
        let (reference, identity) = self.reference(&net, size, &labels, session)?.unzip();
        let subject = Subject::new(&net, size, labels::digest(&labels).to_string(), identity, labels.len());
        let answers = Answers::open(self.engine, &net, self.build.as_deref(), &session.progress.cycles())?;
        let (part, rows) = match &self.output {
            Some(output) => {
                let (shard, own) = (self.shard.to_string(), |index| self.shard.has(index));
                let (part, rows) = Part::open(output, &subject, (&shard, &own), self.resume)?;
                (Some(part), rows)
            }
            None => (None, Vec::new()),
        };
        let alternatives = match &reference {
            Some(Reference::Model { graph, preprocess }) => {
                let (sample, classes) = labels::sample(folder, &labels, TRIED, size)?;
                Some(doubt::alternatives(graph, preprocess, &sample, &classes)?)
            }
            _ => None,
        };
        let mut run = Run { net: &net, folder, labels: &labels, size, reference, answers, part, rows };
        let speed = run.all(self.shard, session)?;
        let Run { part, rows, .. } = run;
        let doubts = [seen(&rows, net.classes()), alternatives.as_ref().and_then(Alternatives::warning)];
        self.finish(&Evaluation::new(subject, rows), (Some(&speed), alternatives.as_ref()), session)?;
        session.warn(doubts.iter().flatten())?;
        part.map_or(Ok(()), Part::remove)
    }

    fn reference(
        &self,
        net: &Net,
        size: Size,
        labels: &[Label],
        session: &mut Session,
    ) -> Result<Option<(Reference, String)>, CliError> {
        if let Some(path) = &self.model {
            let file = ModelFile { path, prototxt: self.prototxt.clone(), preprocess: self.preprocess.as_deref() };
            let (reference, identity, warnings) = Reference::model(&file, net, size)?;
            session.warn(&warnings)?;
            return Ok(Some((reference, identity)));
        }
        self.reference.as_ref().map(|path| Reference::table(path, net, labels)).transpose()
    }

    fn finish(
        &self,
        whole: &Evaluation,
        (speed, alternatives): (Option<&Speed>, Option<&Alternatives>),
        session: &mut Session,
    ) -> Result<(), CliError> {
        if let Some(output) = &self.output {
            session.scratch.write_file(output, &whole.bytes()?)?;
        }
        if self.json {
            return session.print_json(&Outcome {
                subject: &whole.subject,
                figures: &whole.figures,
                alternatives,
                speed,
            });
        }
        session.print(&(page(whole, speed) + &alternatives.map_or(String::new(), Alternatives::text)))
    }
}

/// An evaluation in progress.
struct Run<'a> {
    net: &'a Net,
    folder: &'a Path,
    labels: &'a [Label],
    size: Size,
    reference: Option<Reference>,
    answers: Answers<'a>,
    part: Option<Part>,
    rows: Vec<Row>,
}

impl Run<'_> {
    /// Evaluates what the shard has and earlier rows do not.
    fn all(&mut self, shard: Shard, session: &Session) -> Result<Speed, CliError> {
        let mut done = vec![false; self.labels.len()];
        self.rows.iter().for_each(|row| done[row.index] = true);
        let own: Vec<usize> = (0..self.labels.len()).filter(|&index| shard.has(index)).collect();
        let rest: Vec<usize> = own.iter().copied().filter(|&i| !done[i]).collect();
        let (start, mut engine) = (Instant::now(), Duration::ZERO);
        for (at, batch) in rest.chunks(self.answers.batch()).enumerate() {
            let seconds = start.elapsed().as_secs_f64();
            let rate = (at * self.answers.batch()) as f64 / seconds;
            let what = if at == 0 { "images".to_string() } else { format!("images, {rate:.1} images/s") };
            session.progress.step(&what, self.rows.len() as u64, own.len() as u64);
            engine += self.batch(batch)?;
        }
        Ok(Speed {
            engine: self.answers.name(),
            images: rest.len(),
            seconds: start.elapsed().as_secs_f64(),
            engine_seconds: engine.as_secs_f64(),
            threads: rayon::current_num_threads(),
        })
    }

    /// Time of the engine alone.
    fn batch(&mut self, indices: &[usize]) -> Result<Duration, CliError> {
        let labels: Vec<&Label> = indices.iter().map(|&i| &self.labels[i]).collect();
        let images = read_images(self.folder, &labels, self.size)?;
        let start = Instant::now();
        let sums = self.answers.sums(&images)?;
        let time = start.elapsed();
        let floats = self.reference.as_ref().map(|r| r.scores(indices, &images)).transpose()?;
        let row = |at: usize| Row::new(indices[at], labels[at], self.net, &sums[at], floats.as_ref().map(|f| &f[at]));
        let rows = (0..indices.len()).map(row).collect::<Result<Vec<_>, _>>()?;
        if let Some(part) = &mut self.part {
            part.append(&rows)?;
        }
        self.rows.extend(rows);
        Ok(time)
    }
}

fn page(whole: &Evaluation, speed: Option<&Speed>) -> String {
    let (figures, subject) = (&whole.figures, &whole.subject);
    let share = |count: usize| percent(count as f64 / figures.evaluated.max(1) as f64);
    let mut text = format!(
        "{} on {} of {} images: top-1 {}, top-5 {}\n{}",
        subject.network,
        figures.evaluated,
        subject.images,
        share(figures.top1),
        share(figures.top5),
        sentence(subject.preprocessing.as_ref())
    );
    if let Some(float) = &figures.float {
        text += &format!(
            "floating point: top-1 {}, top-5 {}; same best class on {}, score error {}\n",
            share(float.top1),
            share(float.top5),
            share(float.same),
            percent(float.score_error)
        );
    }
    if let Some(s) = speed.filter(|s| s.images > 0) {
        text += &format!(
            "{}, {} threads: {:.1} images/s, {:.1} with reading and comparing\n",
            s.engine,
            s.threads,
            s.images as f64 / s.engine_seconds,
            s.images as f64 / s.seconds
        );
    }
    text
}

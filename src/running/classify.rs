//! Images through a driver, back to back: the best classes of each, and how long it took.

use super::answers::{Answer, Answers, Broken, Class, Outcome, Speed};
use crate::error::CliError;
use crate::images::{self, Size};
use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;
use systole_host::{softmax, Device, Driver, Inference, Ticket};
use systole_net::Image;

/// Names of images that a line of a message has room for; the JSON has all.
const NAMED: usize = 8;

/// All names, or of many the first and the last.
fn in_short(images: &[PathBuf]) -> String {
    let names: Vec<String> = images.iter().map(|image| image.display().to_string()).collect();
    match names.as_slice() {
        [first @ .., last] if names.len() > NAMED => {
            format!("{} to {last}, {} images (--json lists them)", first[0], names.len())
        }
        all => all.join(", "),
    }
}

/// Images by their names, or why they cannot be read.
pub type Source<'a> = Box<dyn Iterator<Item = (PathBuf, Result<Image, CliError>)> + 'a>;

/// Files as images, each read when it is wanted.
pub fn of_files(files: &[PathBuf], size: Size) -> Source<'_> {
    Box::new(files.iter().map(move |file| (file.clone(), images::read(file, size))))
}

/// Called with every outcome as it comes.
type Told<'a, D> = &'a mut dyn FnMut(&mut Driver<D>, &Outcome) -> Result<(), CliError>;

/// Runs images; `top` classes of each are kept. `told` is called with what became of each, in their order and as it comes. An
/// image that cannot be read is one outcome among the others. Where the device fails nothing more is submitted, and what was
/// submitted is waited for: what went wrong comes beside the answers.
///
/// With `check_every` the device's memories are checked whenever so many images are answered, and at the end; a check that fails
/// ends the run.
///
/// # Errors
/// Those of `told`.
pub fn answer_all<D: Device>(
    driver: &mut Driver<D>,
    images: Source,
    top: usize,
    check_every: Option<NonZeroUsize>,
    told: Told<D>,
) -> Result<(Answers, Result<(), CliError>), CliError> {
    let begun = Instant::now();
    let mut run = Run {
        driver,
        top,
        told,
        waiting: VecDeque::new(),
        outcomes: Vec::new(),
        unchecked: Vec::new(),
        doubt: None,
        failed: None,
        stopped: false,
    };
    for (name, image) in images {
        run.submit(name, image);
        run.settle(run.driver.options().window)?;
        if check_every.is_some_and(|images| run.unchecked.len() + run.submitted() >= images.get()) {
            run.settle(0)?;
            run.check();
        }
        if run.stopped {
            break;
        }
    }
    run.settle(0)?;
    if check_every.is_some() {
        run.check();
    }
    let Run { outcomes, failed, doubt, unchecked, .. } = run;
    let doubtful = if doubt.is_some() { unchecked } else { Vec::new() };
    let (device, plan) = (driver.device().name().to_string(), driver.plan());
    let clock_mhz = plan.board.clock_mhz;
    let speed = Speed::new(&outcomes, clock_mhz, begun.elapsed().as_secs_f64());
    let (network, preprocessing) = (plan.network.clone(), plan.preprocessing.clone());
    let broken = outcomes.iter().filter(|outcome| outcome.answer().is_none()).count();
    let failed = failed.map(|first| match outcomes.len() {
        1 => first,
        images => CliError::Unanswered { broken, images, first: Box::new(first) },
    });
    let answers = Answers { device, network, preprocessing, clock_mhz, images: outcomes, doubtful, speed };
    // Answers that are there and may be wrong matter more than one that is not there.
    Ok((answers, doubt.or(failed).map_or(Ok(()), Err)))
}

/// An image in flight, or one that is not.
enum Waiting {
    Submitted(PathBuf, Ticket),
    Broken(PathBuf, CliError),
}

/// Images on their way through a driver.
struct Run<'a, D: Device> {
    driver: &'a mut Driver<D>,
    top: usize,
    told: Told<'a, D>,
    waiting: VecDeque<Waiting>,
    outcomes: Vec<Outcome>,
    /// Those answered since the latest check.
    unchecked: Vec<PathBuf>,
    /// The check that failed.
    doubt: Option<CliError>,
    /// The first thing that went wrong.
    failed: Option<CliError>,
    /// The device has failed, or a check.
    stopped: bool,
}

impl<D: Device> Run<'_, D> {
    fn submit(&mut self, name: PathBuf, image: Result<Image, CliError>) {
        let submitted = image.and_then(|image| {
            self.driver.submit(&image).map_err(|source| CliError::Run { image: name.clone(), source: Box::new(source) })
        });
        self.waiting.push_back(match submitted {
            Ok(ticket) => Waiting::Submitted(name, ticket),
            Err(error) => Waiting::Broken(name, error),
        });
    }

    /// Images in flight.
    fn submitted(&self) -> usize {
        self.waiting.iter().filter(|waiting| matches!(waiting, Waiting::Submitted(..))).count()
    }

    /// Checks the device's memories, unless nothing was answered since the latest check or that one failed.
    fn check(&mut self) {
        if self.unchecked.is_empty() || self.doubt.is_some() {
            return;
        }
        match self.driver.check_memories() {
            Ok(()) => self.unchecked.clear(),
            Err(source) => {
                let images = in_short(&self.unchecked);
                self.doubt = Some(CliError::Doubtful { images, source: Box::new(source) });
                self.stopped = true;
            }
        }
    }

    /// Waits until at most `most` images wait, and no broken one is the first.
    fn settle(&mut self, most: usize) -> Result<(), CliError> {
        while self.waiting.len() > most || matches!(self.waiting.front(), Some(Waiting::Broken(..))) {
            let Some(first) = self.waiting.pop_front() else { break };
            let (name, answer) = match first {
                Waiting::Broken(name, error) => (name, Err(error)),
                Waiting::Submitted(name, ticket) => {
                    let inference = self.driver.wait(ticket);
                    let failed = |source| CliError::Run { image: name.clone(), source: Box::new(source) };
                    let answer = inference.map(|i| answer(self.driver, &name, i, self.top)).map_err(failed);
                    (name, answer)
                }
            };
            let outcome = match answer {
                Ok(answer) => {
                    self.unchecked.push(answer.image.clone());
                    Outcome::Answer(answer)
                }
                Err(error) => {
                    let broken = Broken { image: name, error: error.to_string() };
                    self.stopped |= matches!(error, CliError::Run { .. });
                    self.failed.get_or_insert(error);
                    Outcome::Broken(broken)
                }
            };
            (self.told)(self.driver, &outcome)?;
            self.outcomes.push(outcome);
        }
        Ok(())
    }
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

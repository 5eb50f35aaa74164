//! `systole run`: images through the host driver, the same code path as on a board.

use crate::args::device::DeviceArgs;
use crate::args::image::ResizeArg;
use crate::error::CliError;
use crate::images::frames::Frames;
use crate::images::{self, Size};
use crate::running::answers::{Outcome, CSV_HEAD};
use crate::running::classify::{answer_all, of_files, Source};
use crate::running::counter_watch::CounterWatch;
use crate::session::Session;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use systole_host::{Device, Driver};

/// Classify images on a device through the host driver
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    device: DeviceArgs,
    /// Images: files, or folders of them (PNG, JPEG, BMP, PPM)
    #[arg(long = "image", required_unless_present = "frames", num_args = 1.., value_name = "IMAGE")]
    images: Vec<PathBuf>,
    #[command(flatten)]
    resize: ResizeArg,
    /// Read frames from standard input until it ends: rows of pixels of the network's size, a byte each for R, G and B
    #[arg(long, conflicts_with_all = ["images", "resize"])]
    frames: bool,
    /// Classes to show per image
    #[arg(long, default_value_t = 5)]
    top: usize,
    /// Print JSON for programs, at the end
    #[arg(long)]
    json: bool,
    /// Print comma-separated values, a line per image and class, as results come; of an image without an answer one of rank 0
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Have the device check its memories after every N images and at the end; stop where one is damaged
    #[arg(long, value_name = "N")]
    check_every: Option<NonZeroUsize>,
    /// Show the device's counters on standard error while it works
    #[arg(long)]
    watch: bool,
}

impl Args {
    /// # Errors
    /// A device that is not the build's; behind all answers, a damaged memory, images that cannot be read
    /// or have no result.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let files = images::files(&self.images)?;
        let (mut driver, build) = self.device.open(session)?;
        let count = (!self.frames).then_some(files.len());
        let size = self.resize.of_plan(&build.plan, session)?;
        let source = self.source(&files, size);
        let mut counters = self.watch.then(CounterWatch::default);
        if self.csv {
            session.print(CSV_HEAD)?;
        }
        let mut done = 0;
        let mut told = |driver: &mut Driver<Box<dyn Device>>, outcome: &Outcome| -> Result<(), CliError> {
            done += 1;
            if let Some(counters) = &mut counters {
                counters.look(driver, session)?;
            }
            match count {
                Some(count) => session.progress.step("images", done, count as u64),
                None => session.progress.show(&format!("{done} frames")),
            }
            match (self.csv, self.json) {
                (true, _) => session.print(&outcome.csv()),
                (_, true) => Ok(()),
                (..) => session.print(&outcome.page()),
            }
        };
        let (answers, all_answered) = answer_all(&mut driver, source, self.top, self.check_every, &mut told)?;
        match (self.json, self.csv) {
            (true, _) => session.print_json(&answers),
            (_, true) => Ok(()),
            (..) => session.print(&answers.speed()),
        }?;
        all_answered
    }

    fn source<'a>(&self, files: &'a [PathBuf], size: Size) -> Source<'a> {
        match self.frames {
            true => Box::new(Frames::new(std::io::stdin().lock(), size)),
            false => of_files(files, size),
        }
    }
}

//! `systole top`: what a device does right now, by its counters alone.

use crate::args::device::token;
use crate::error::CliError;
use crate::running::activity::Activity;
use crate::session::screen::Screen;
use crate::session::Session;
use serde::Serialize;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use systole_devices::{registry_with, BuildFolder, Context, FOLDERS};
use systole_host::{Counters, Device, HostError, Identity, Sample, TcpWatcher};
use systole_machine::Plan;
use systole_net::Preprocessing;
use systole_report::preprocessing::sentence;

/// Show what a device does right now: images per second, how busy it is, what it waits for
///
/// Reads counters and writes nothing. On tcp: it works beside the client that drives the device; other devices are locked
/// by the program that drives them, serve them (systole serve) to watch them meanwhile.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// tcp:HOST:PORT of a served device; or uart:PORT@BAUD, uio:, xdma:/dev/xdma0, sim:BUILD and so on, which nobody else uses
    #[arg(long, value_name = "ADDRESS")]
    device: String,
    /// Build folder that the device must be; on tcp: without it there are no names of layers and no images in the machine
    #[arg(long, value_name = "FOLDER")]
    build: Option<PathBuf>,
    /// File with the token that a tcp: server wants
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Seconds between two looks
    #[arg(long, default_value_t = 1.0, value_parser = seconds)]
    interval: f64,
    /// Look twice, an interval apart, print the difference and end; so it is where the output is no terminal
    #[arg(long)]
    once: bool,
    /// The same as JSON for programs
    #[arg(long)]
    json: bool,
}

/// Longest interval, in seconds.
const LONGEST: f64 = 3600.0;
/// A server does not look more often.
const SHORTEST: f64 = 0.1;

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (SHORTEST..=LONGEST).contains(&seconds) => Ok(seconds),
        _ => Err(format!("a number from {SHORTEST} to {LONGEST} is wanted")),
    }
}

/// Where counters come from.
enum Source {
    /// A device that nobody else uses.
    Own(Box<dyn Device>),
    Served(TcpWatcher),
}

impl Source {
    fn sample(&mut self) -> Result<Sample, HostError> {
        match self {
            Source::Own(device) => Sample::read(device),
            Source::Served(watcher) => watcher.sample(),
        }
    }

    fn name(&self) -> &str {
        match self {
            Source::Own(device) => device.name(),
            Source::Served(watcher) => watcher.name(),
        }
    }
}

/// What is printed for programs.
#[derive(Serialize)]
struct Outcome<'a> {
    device: &'a str,
    /// What pictures must go through, where the build is known.
    preprocessing: Option<&'a Preprocessing>,
    #[serde(flatten)]
    activity: &'a Activity,
}

impl Args {
    /// # Errors
    /// A device that cannot be opened, is not the build's, or does not answer.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let build = self.build()?;
        let plan = build.as_ref().map(|build| Arc::clone(&build.plan));
        let mut source = self.source(plan.clone(), session)?;
        let first = source.sample()?;
        if let Some(build) = &build {
            Identity::of(&build.plan, build.design_hash).check(source.name(), &first.identity)?;
        }
        let looks = Looks { plan, latest: (Instant::now(), first.counters) };
        match self.once || self.json || !std::io::stdout().is_terminal() {
            true => self.once(source, looks, session),
            false => self.live(source, looks),
        }
    }

    fn once(&self, mut source: Source, mut looks: Looks, session: &mut Session) -> Result<(), CliError> {
        std::thread::sleep(Duration::from_secs_f64(self.interval));
        let activity = looks.next(source.sample()?.counters);
        let preprocessing = looks.plan.as_ref().and_then(|plan| plan.preprocessing.as_ref());
        match self.json {
            true => session.print_json(&Outcome { device: source.name(), preprocessing, activity: &activity }),
            false => session.print(&format!("{}\n{}{}", source.name(), looks.about(), activity.page())),
        }
    }

    fn live(&self, mut source: Source, mut looks: Looks) -> Result<(), CliError> {
        let mut screen = Screen::new()?;
        screen.draw(&format!("{}\n", source.name()))?;
        while !screen.is_left(Duration::from_secs_f64(self.interval))? {
            let activity = looks.next(source.sample()?.counters);
            screen.draw(&format!("{}\n{}\n{}\nq ends\n", source.name(), looks.about(), activity.page()))?;
        }
        Ok(())
    }

    fn address(&self) -> (&str, &str) {
        self.device.split_once(':').unwrap_or((&self.device, ""))
    }

    fn build(&self) -> Result<Option<BuildFolder>, CliError> {
        let (scheme, rest) = self.address();
        let folder = self.build.as_deref().or_else(|| FOLDERS.contains(&scheme).then_some(Path::new(rest)));
        Ok(folder.map(|folder| BuildFolder::open(folder)?.unchanged()).transpose()?)
    }

    fn source(&self, plan: Option<Arc<Plan>>, session: &Session) -> Result<Source, CliError> {
        let token = self.token_file.as_deref().map(token).transpose()?;
        if let ("tcp", address) = self.address() {
            return Ok(Source::Served(TcpWatcher::connect(address, &token.unwrap_or_default())?));
        }
        let registry = registry_with(&session.progress.cycles(), &Context { plan, token, take_over: false });
        Ok(Source::Own(registry.open(&self.device)?))
    }
}

/// The latest look.
struct Looks {
    plan: Option<Arc<Plan>>,
    latest: (Instant, Counters),
}

impl Looks {
    /// What pictures must go through, where the build is known.
    fn about(&self) -> String {
        self.plan.as_ref().map_or(String::new(), |plan| sentence(plan.preprocessing.as_ref()))
    }

    /// What happened since then.
    fn next(&mut self, seen: Counters) -> Activity {
        let (at, before) = std::mem::replace(&mut self.latest, (Instant::now(), seen));
        Activity::between(&before, &seen, at.elapsed().as_secs_f64(), self.plan.as_deref())
    }
}

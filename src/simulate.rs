//! `systole simulate`: images through the cycle-accurate simulator, waveforms on demand.

use crate::args::image::ImageArgs;
use crate::error::CliError;
use crate::running::answers::{Answers, Outcome};
use crate::running::classify::{answer_all, of_files, Source};
use crate::session::Session;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use systole_cycle::block::save_file::MARK;
use systole_cycle::RegisterMachine;
use systole_devices::{fast, BuildFolder, Watched};
use systole_host::{Driver, Options, PinDevice, Stalls};
use systole_machine::pins::TopPins;
use systole_net::regular_file;
use systole_report::trace::trace;
use tempfile::TempDir;

/// The waveforms' name in the scratch folder.
const WAVES: &str = "waves.vcd";

/// The answers, and whether all images have one.
type Classified = Result<(Answers, Result<(), CliError>), CliError>;

/// A driver of a machine in this process.
type Simulated<P> = Driver<PinDevice<Watched<P>>>;

/// Classify images on the cycle-accurate simulator; write waveforms
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A build folder of `systole generate`
    build: PathBuf,
    #[command(flatten)]
    images: ImageArgs,
    /// Classes to show per image
    #[arg(long, default_value_t = 5)]
    top: usize,
    /// Compute every register in every cycle, as the Verilog does: the same answers and cycles, slowly
    #[arg(long)]
    registers: bool,
    /// Write the cycles from --from up to --to as waveforms, with the Verilog's names, and beside them what GTKWave opens
    /// (.gtkw); implies --registers
    #[arg(long, value_name = "FILE")]
    vcd: Option<PathBuf>,
    /// First cycle of the waveforms
    #[arg(long, default_value_t = 0, requires = "vcd", value_name = "CYCLE")]
    from: u64,
    /// Cycle before which the waveforms end
    #[arg(long, default_value_t = 10_000, requires = "vcd", value_name = "CYCLE")]
    to: u64,
    /// Write what every part of the machine does as Chrome's trace events, which Perfetto shows; not for --registers and --vcd
    #[arg(long, value_name = "FILE.json", conflicts_with_all = ["registers", "vcd"])]
    trace: Option<PathBuf>,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
}

impl Args {
    /// # Errors
    /// A folder that is no build, waveforms that cannot be written; behind all answers, images that cannot be read.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let files = self.images.files()?;
        let build = BuildFolder::open(&self.build)?.unchanged()?;
        let size = self.images.size(&build.plan, session)?;
        let source = of_files(&files, size);
        let (answers, all_answered) = match self.registers || self.vcd.is_some() {
            true => self.by_registers(source, &build, session)?,
            false => self.by_schedule(source, &build, session)?,
        };
        match self.json {
            true => session.print_json(&answers),
            false => session.print(&answers.speed()),
        }?;
        all_answered
    }

    /// The answers, shown as they come.
    fn classify<P: TopPins>(&self, driver: &mut Simulated<P>, source: Source, session: &mut Session) -> Classified {
        let mut told = |_: &mut Simulated<P>, outcome: &Outcome| match self.json {
            true => Ok(()),
            false => session.print(&outcome.page()),
        };
        answer_all(driver, source, self.top, None, &mut told)
    }

    fn driver<P: TopPins>(&self, pins: P, build: &BuildFolder, session: &Session) -> Result<Simulated<P>, CliError> {
        let watched = Watched::new(pins, session.progress.cycles());
        let name = format!("sim:{}", self.build.display());
        let device = PinDevice::new(name, watched, &build.plan, Stalls::NONE)?;
        Ok(Driver::open(device, Arc::clone(&build.plan), build.design_hash, Options::default())?)
    }

    /// By the machine's control, values from the integer engine.
    fn by_schedule(&self, source: Source, build: &BuildFolder, session: &mut Session) -> Classified {
        let mut machine = fast(build)?;
        if self.trace.is_some() {
            machine.record();
        }
        let mut driver = self.driver(machine, build, session)?;
        let answers = self.classify(&mut driver, source, session)?;
        if let Some(file) = &self.trace {
            let (spans, _) = driver.device_mut().pins().inner().recorded().close();
            let images = answers.0.answers().count();
            session.scratch.write_file(file, trace(&build.plan, &build.net, &spans, Some(images)).as_bytes())?;
        }
        Ok(answers)
    }

    fn by_registers(&self, source: Source, build: &BuildFolder, session: &mut Session) -> Classified {
        let mut machine = RegisterMachine::new(&build.plan)?;
        let waves = self.waves(&mut machine, session)?;
        let mut driver = self.driver(machine, build, session)?;
        let answers = self.classify(&mut driver, source, session)?;
        let machine = driver.device_mut().pins().inner();
        machine.end_trace()?;
        if let Some((folder, file)) = waves {
            self.within(machine.cycles())?;
            session.scratch.publish_file(folder, WAVES, file)?;
            self.save_file(machine, file, session)?;
        }
        Ok(answers)
    }

    /// Where the waveforms go while the simulation runs, and where afterwards.
    fn waves(&self, machine: &mut RegisterMachine, session: &Session) -> Result<Option<(TempDir, &Path)>, CliError> {
        let Some(file) = &self.vcd else { return Ok(None) };
        if self.from >= self.to {
            return Err(CliError::EmptyWindow { from: self.from, to: self.to });
        }
        let folder = session.scratch.folder_beside(file)?;
        machine.trace(&folder.path().join(WAVES), self.from..self.to)?;
        Ok(Some((folder, file)))
    }

    /// What GTKWave shows of the waveforms, beside them; an arrangement of the user's own stays.
    fn save_file(&self, machine: &RegisterMachine, vcd: &Path, session: &Session) -> Result<(), CliError> {
        let file = vcd.with_extension("gtkw");
        let own = |text: String| text.starts_with(MARK);
        if file.exists() && !regular_file::read_text(&file).is_ok_and(own) {
            return Ok(());
        }
        let name = vcd.file_name().unwrap_or_default().to_string_lossy();
        session.scratch.write_file(&file, machine.save_file(&name, self.from..self.to).as_bytes())
    }

    fn within(&self, cycles: u64) -> Result<(), CliError> {
        match self.from < cycles {
            true => Ok(()),
            false => Err(CliError::WindowMissed { from: self.from, cycles }),
        }
    }
}

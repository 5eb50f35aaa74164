//! `systole verify`: golden = simulator = Verilog of a build folder, on every layer, every pin, every cycle.

use crate::args::image::ImageArgs;
use crate::error::CliError;
use crate::images;
use crate::session::Session;
use serde::Serialize;
use std::path::PathBuf;
use systole_devices::{tools, BuildFolder};
use systole_golden::Golden;
use systole_lockstep::core::compose;
use systole_lockstep::source::Stalls;
use systole_lockstep::{verify, Case, Core, Tree, Verdict, Verilog};
use systole_net::{Image, Preprocessing, Tensor, Trace};
use systole_report::preprocessing::sentence;
use systole_report::table::{grouped, percent};
use systole_rtl::{Contents, Design, File};
use systole_verilator::Effort;

/// Share of cycles in which each side pauses when --stalls is given.
const PAUSES_PERCENT: u8 = 25;

/// Hold golden model, simulator and Verilog against each other: every layer, every pin, every cycle
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A build folder of `systole generate`
    build: PathBuf,
    #[command(flatten)]
    images: ImageArgs,
    /// Let both streams pause at random, the same for the same seed
    #[arg(long, value_name = "SEED")]
    stalls: Option<u64>,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
}

/// Told what is being done, how far it is, and of how much.
pub type Told<'a> = &'a mut dyn FnMut(&str, u64, u64);

/// What is printed as JSON.
#[derive(Serialize)]
pub struct Agreement {
    engines: Vec<String>,
    images: Vec<PathBuf>,
    stalls: Option<u64>,
    /// What the pictures went through.
    preprocessing: Option<Preprocessing>,
    /// Files of the folder that are no longer what generate wrote.
    changed: Vec<String>,
    cycles: u64,
    pins_per_cycle: usize,
    layer_checksums: usize,
    /// Cycles from one result's end to the next, and as planned without pauses.
    interval_cycles: Option<u64>,
    planned_interval_cycles: u64,
    /// Of the measured interval.
    utilisation: Option<f64>,
}

impl Args {
    /// # Errors
    /// [`CliError::Lockstep`] names the first difference.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let files = self.images.files()?;
        let build = BuildFolder::open(&self.build)?;
        let size = self.images.size(&build.plan, session)?;
        let read = |file: PathBuf| images::read(&file, size).map(|image| (file, image));
        let images = files.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let mut told = |what: &str, done: u64, of: u64| session.progress.step(what, done, of);
        let agreement = agreement(&build, images, self.stalls, &mut told)?;
        if self.json {
            session.print_json(&agreement)
        } else {
            session.print(&page(&agreement))
        }
    }
}

/// Holds golden model, simulator and Verilog of the folder against each other on images of the network's size, by their names;
/// with pauses of that seed.
///
/// # Errors
/// [`CliError::Lockstep`] names the first difference.
pub fn agreement(
    build: &BuildFolder,
    images: Vec<(PathBuf, Image)>,
    stalls: Option<u64>,
    told: Told,
) -> Result<Agreement, CliError> {
    let tools = tools::verilator()?;
    let (names, images): (Vec<PathBuf>, Vec<Image>) = images.into_iter().unzip();
    let (tensors, traces) = golden(build, &images, told)?;
    let (tree, composed) = compose(&build.plan)?;
    let mut simulator = Tree::new(tree)?;
    let count = names.len() as u64;
    told("compiling the Verilog", 0, count);
    let pins = simulator.pins().to_vec();
    let design = on_disk(build, composed)?;
    let mut verilog = Verilog::new(&tools, &design, &pins, Effort::Full, &tools::cache()?)?;
    let percent = |seed| Stalls { seed, source_percent: PAUSES_PERCENT, sink_percent: PAUSES_PERCENT };
    let pauses = stalls.map(percent).unwrap_or_default();
    let case = Case { plan: &build.plan, images: &tensors, golden: &traces, stalls: pauses };
    let mut show = |cycles: u64, results: usize| {
        told(&format!("results, {} cycles compared", grouped(cycles)), results as u64, count);
        true
    };
    let verdict = verify(&case, &mut [&mut simulator, &mut verilog], &mut show)?;
    Ok(Agreement::of(build, names, stalls, &verdict))
}

/// The images as the network takes them, and what must come out.
fn golden(build: &BuildFolder, images: &[Image], told: Told) -> Result<(Vec<Tensor>, Vec<Trace>), CliError> {
    let golden = Golden::new(&build.net).map_err(|faults| CliError::Faults { faults })?;
    let (mut tensors, mut traces) = (Vec::new(), Vec::new());
    for (at, image) in images.iter().enumerate() {
        told("golden model", at as u64, images.len() as u64);
        let tensor = build.net.encode(image)?;
        traces.push(golden.trace(&tensor)?);
        tensors.push(tensor);
    }
    Ok((tensors, traces))
}

impl Agreement {
    fn of(build: &BuildFolder, images: Vec<PathBuf>, stalls: Option<u64>, verdict: &Verdict) -> Self {
        let timing = build.plan.timing();
        let busy = |interval: u64| timing.macs as f64 / (interval as f64 * build.plan.geometry.macs_per_cycle() as f64);
        Agreement {
            engines: std::iter::once("golden".to_string()).chain(verdict.engines.iter().cloned()).collect(),
            images,
            stalls,
            preprocessing: build.net.preprocessing.clone(),
            changed: build.changed.clone(),
            cycles: verdict.cycles,
            pins_per_cycle: verdict.pins,
            layer_checksums: verdict.checksums,
            interval_cycles: verdict.interval(),
            planned_interval_cycles: timing.interval,
            utilisation: verdict.interval().map(busy),
        }
    }
}

/// The composed design with the folder's own files in place of its.
fn on_disk(build: &BuildFolder, composed: Design) -> Result<Design, CliError> {
    let verilog: Vec<(String, String)> = build.verilog()?;
    let images = build.images()?;
    let text = |file: &File| {
        let found = verilog.iter().find(|(name, _)| *name == file.name);
        let missing = || CliError::BuildLacks { path: build.path.clone(), file: file.name.clone() };
        found.map(|(name, text)| File::text(name, text)).ok_or_else(missing)
    };
    let image = |(name, bytes): (String, Vec<u8>)| File { name, contents: Contents::Bytes(bytes) };
    Ok(Design {
        verilog: composed.verilog.iter().map(text).collect::<Result<_, _>>()?,
        images: images.into_iter().map(image).collect(),
        models: composed.models,
        top: composed.top,
    })
}

/// The agreement in words.
pub fn page(agreement: &Agreement) -> String {
    let Agreement { engines, images, changed, cycles, pins_per_cycle, layer_checksums, .. } = agreement;
    let note = match changed.is_empty() {
        true => String::new(),
        false => format!("note: not as generated, and verified as it is now: {}\n", changed.join(", ")),
    };
    let pauses = agreement.stalls.map_or("no pauses".to_string(), |seed| format!("pauses of seed {seed}"));
    let interval = match (agreement.interval_cycles, agreement.utilisation) {
        (Some(interval), Some(busy)) => format!(
            "  {} cycles per image measured, {} busy; planned without pauses {}\n",
            grouped(interval),
            percent(busy),
            grouped(agreement.planned_interval_cycles)
        ),
        _ => "  give two images or more for the cycles per image\n".to_string(),
    };
    format!(
        "{note}{}: equal\n  {} images, {pauses}, {} cycles, {pins_per_cycle} pins in each, {layer_checksums} layer checksums\n  {}{interval}",
        engines.join(" = "),
        images.len(),
        grouped(*cycles),
        sentence(agreement.preprocessing.as_ref()),
    )
}

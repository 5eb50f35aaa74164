//! `systole demo`: the whole path on the embedded default, from the trained network to answers of the Verilog.

mod data;

use crate::build::{self, boards, contents, Planned};
use crate::error::CliError;
use crate::evaluation::class_names;
use crate::images::{self, Size};
use crate::running::answers::Answers;
use crate::running::classify::{answer_all, of_files};
use crate::session::scratch::create_within;
use crate::session::Session;
use data::{label, Asset, CALIBRATION, IMAGES, LABELS, MODEL, ORIGIN};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use systole_devices::{registry, BuildFolder};
use systole_golden::Golden;
use systole_host::{Driver, Options};
use systole_model::{LoadOptions, Preprocess, QuantizeOptions, Report};
use systole_net::Net;
use systole_plan::Constraints;
use systole_report::demo::{Demo, Shown};
use systole_report::plan::Sheet;

/// Most probable classes that the report shows of an image.
const SHOWN: usize = 3;

/// Run the whole path on the embedded default: handwritten digits, classified by the Verilog
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Build folder to write; the report is written beside it
    #[arg(short, long, value_name = "FOLDER", default_value = "build/demo")]
    output: PathBuf,
    /// Board to plan for
    #[arg(long, value_name = "NAME|FILE", default_value = "tiny")]
    board: String,
    /// What runs the images: verilator, sim, registers or mock
    #[arg(long, value_name = "SCHEME", default_value = "verilator")]
    engine: String,
}

impl Args {
    /// # Errors
    /// [`CliError::DemoDiffers`] when an answer is not golden's; whatever kept the path from being walked.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        session.print(&format!("{ORIGIN}\n"))?;
        build::may_replace(&self.output, false)?;
        let assets = session.scratch.temporary_folder()?;
        let outcome = self.walk(assets.path(), session);
        session.scratch.discard(assets)?;
        outcome
    }

    fn walk(&self, assets: &Path, session: &mut Session) -> Result<(), CliError> {
        let (net, report) = quantised(assets, session)?;
        let bytes: usize = report.layers.iter().map(|l| l.weight_bytes).sum();
        session.print(&format!(
            "quantised {}: {bytes} bytes of weights, same best class as in floating point on {} of {} calibration images\n",
            net.name, report.same_best_class, report.images
        ))?;
        let sheet = self.generate(net, session)?;
        let (files, build) = (unpack(assets, "images", &IMAGES)?, BuildFolder::open(&self.output)?);
        let answers = self.classify(&files, &build, session)?;
        let shown = compare(&build, &files, &answers)?;
        let demo = Demo {
            origin: ORIGIN,
            shown: &shown,
            scheme: answers.device.split(':').next().unwrap_or_default(),
            interval_cycles: answers.speed.interval_cycles,
        };
        session.print(&demo.text())?;
        let report = self.output.with_extension("html");
        session.scratch.write_file(&report, demo.html(&sheet).as_bytes())?;
        session.print(&format!("report: {}\n", report.display()))?;
        match shown.iter().filter(|s| !s.exact).count() {
            0 => Ok(()),
            count => Err(CliError::DemoDiffers { count, images: shown.len() }),
        }
    }

    fn generate(&self, net: Net, session: &mut Session) -> Result<Sheet, CliError> {
        let target = boards::load(&self.board)?;
        let plan = systole_plan::plan(&net, &target.board, &Constraints::default())?;
        let sheet = Sheet::new(&plan);
        let planned = Planned { net, plan, target };
        build::write(&contents(&planned, &systole_rtl::board::machine(&planned.plan)?)?, &self.output, session)?;
        session.print(&format!(
            "planned and generated in {}: {} x {} array, {} cycles per image\n",
            self.output.display(),
            sheet.rows,
            sheet.cols,
            sheet.speed.interval_cycles
        ))?;
        Ok(sheet)
    }

    fn classify(&self, files: &[PathBuf], build: &BuildFolder, session: &Session) -> Result<Answers, CliError> {
        session.progress.show("compiling the Verilog");
        let device = registry(&session.progress.cycles()).open(format!("{}:{}", self.engine, self.output.display()))?;
        let mut driver = Driver::open(device, Arc::clone(&build.plan), build.design_hash, Options::default())?;
        let source = of_files(files, size(&build.net));
        let (answers, all_answered) = answer_all(&mut driver, source, SHOWN, None, &mut |_, _| Ok(()))?;
        all_answered.map(|()| answers)
    }
}

/// The integer network of the embedded model.
fn quantised(assets: &Path, session: &Session) -> Result<(Net, Report), CliError> {
    let model = unpack_one(assets, &MODEL)?;
    let graph = systole_model::load(&model, &LoadOptions::default())?;
    let [_, height, width] = graph.nodes[0].shape;
    let size = Size { height, width, resize: None };
    let files = unpack(assets, "calibration", &CALIBRATION)?;
    let pictures: Vec<_> = files.iter().map(|file| images::read(file, size)).collect::<Result<_, _>>()?;
    let labels = class_names::read(&unpack_one(assets, &LABELS)?)?;
    let options = QuantizeOptions { labels, ..QuantizeOptions::default() };
    let mut show = |step: systole_model::Progress| session.progress.step(step.map, step.done as u64, step.total as u64);
    let outcome = systole_model::quantize(&graph, &Preprocess::grey(), &pictures, &options, &mut show);
    outcome.map_err(|source| CliError::Quantize { path: model, source: Box::new(source) })
}

fn size(net: &Net) -> Size {
    let input = &net.tensors[Net::INPUT];
    Size { height: input.height, width: input.width, resize: None }
}

fn compare(build: &BuildFolder, files: &[PathBuf], answers: &Answers) -> Result<Vec<Shown>, CliError> {
    let golden = Golden::new(&build.net).map_err(|faults| CliError::Faults { faults })?;
    let shown = IMAGES.iter().zip(files).zip(answers.answers()).map(|((&(name, png), file), answer)| {
        let tensor = build.net.encode(&images::read(file, size(&build.net))?)?;
        let exact = golden.trace(&tensor)?.sums == answer.sums;
        let top = answer.top.iter().map(|class| (class.class, class.probability)).collect();
        Ok(Shown { name, png, label: label(name).unwrap_or(usize::MAX), top, exact })
    });
    shown.collect()
}

fn unpack(folder: &Path, name: &str, assets: &[Asset]) -> Result<Vec<PathBuf>, CliError> {
    let (root, folder) = (folder, folder.join(name));
    create_within(root, &folder)?;
    assets.iter().map(|asset| unpack_one(&folder, asset)).collect()
}

fn unpack_one(folder: &Path, (name, bytes): &Asset) -> Result<PathBuf, CliError> {
    let file = folder.join(name);
    fs::write(&file, bytes).map_err(CliError::io("write", &file))?;
    Ok(file)
}

//! `systole dump`: the output map of a layer as a device computes it.

use crate::args::closest::closest;
use crate::args::device::DeviceArgs;
use crate::args::image::ResizeArg;
use crate::error::CliError;
use crate::images;
use crate::images::npy::npy;
use crate::session::Session;
use serde::Serialize;
use std::path::PathBuf;
use systole_host::{Device, HostError};
use systole_report::map;
use systole_report::table::grouped;

/// Take the output map of a layer out of a device, as NumPy reads it; the image runs as often as that needs
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    device: DeviceArgs,
    /// Name of the layer, as `check` and `plan` give it; a wrong one is answered with all
    #[arg(long, value_name = "NAME")]
    layer: String,
    /// The image (PNG, JPEG, BMP, PPM)
    #[arg(long, value_name = "IMAGE")]
    image: PathBuf,
    #[command(flatten)]
    resize: ResizeArg,
    /// Where the map goes: channels, rows, columns as int32
    #[arg(short, long, value_name = "FILE.npy")]
    output: PathBuf,
    /// Write a page with every channel as a picture, too
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Dumped {
    device: String,
    layer: String,
    channels: usize,
    height: usize,
    width: usize,
    smallest: i32,
    largest: i32,
    /// Times that the image ran.
    runs: usize,
    cycles: u64,
    output: PathBuf,
    html: Option<PathBuf>,
}

impl Args {
    /// # Errors
    /// A device that is not the build's or fails, a layer that is not there, an image that cannot be read, a file that
    /// cannot be written.
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let (mut driver, build) = self.device.open(session)?;
        let layer = driver.layer(&self.layer).map_err(unknown)?;
        let size = self.resize.of_plan(&build.plan, session)?;
        let picture = images::read(&self.image, size)?;
        let image = build.net.encode(&picture)?;
        let progress = session.progress.clone();
        let began = driver.device().now();
        let mut told = |done: usize, of: usize| progress.step("runs of the image", done as u64, of as u64);
        let tensor = driver.dump(layer, &image, &mut told)?;
        let cycles = driver.device().now() - began;
        let device = driver.device().name().to_string();
        if let Some(html) = &self.html {
            let name = self.image.file_name().unwrap_or_default().to_string_lossy();
            let page = map::page(&self.layer, &device, &tensor, (&name, &picture))?;
            session.scratch.write_file(html, page.as_bytes())?;
        }
        session.scratch.write_file(&self.output, &npy(&tensor))?;
        let (smallest, largest) = map::range(&tensor);
        let [channels, height, width] = tensor.shape();
        let (output, html, layer_name) = (self.output.clone(), self.html.clone(), self.layer.clone());
        let runs = driver.dump_runs(layer);
        let dumped = Dumped {
            device,
            layer: layer_name,
            channels,
            height,
            width,
            smallest,
            largest,
            runs,
            cycles,
            output,
            html,
        };
        match self.json {
            true => session.print_json(&dumped),
            false => session.print(&page(&dumped)),
        }
    }
}

/// Which layer may have been meant by one that is not there.
fn unknown(error: HostError) -> CliError {
    let HostError::NoSuchLayer { found, known } = &error else { return error.into() };
    CliError::UnknownLayer { hint: closest(found, known.split(", ")), why: error.to_string() }
}

fn page(dumped: &Dumped) -> String {
    let Dumped { device, layer, channels, height, width, smallest, largest, runs, cycles, .. } = dumped;
    let pictures = dumped.html.as_ref().map_or(String::new(), |html| format!(", pictures in {}", html.display()));
    format!(
        "{layer} on {device}: {channels} x {height} x {width}, values from {smallest} to {largest}\n  {runs} runs of the image, {} cycles; {}{pictures}\n",
        grouped(*cycles),
        dumped.output.display()
    )
}

//! `systole selftest`: is the device the build's design, does its link carry every bit, and does it compute right?

use crate::args::device::DeviceArgs;
use crate::error::CliError;
use crate::session::Session;
use serde::Serialize;
use systole_devices::references;
use systole_host::{Damage, Selftest};

/// Test a device: identity, registers, streams, memories, and images whose every layer is known
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    device: DeviceArgs,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Outcome {
    device: String,
    passed: bool,
    design_hash: String,
    weights_hash: String,
    /// Memories that were read back, and those that are damaged, between commas.
    memories: usize,
    damaged_memories: Option<String>,
    /// Images that were run, unless one before the last differed.
    images: usize,
    /// Layers whose checksums were compared, and the first that differs.
    layers: usize,
    first_layer: Option<String>,
    /// Everything that is wrong.
    faults: String,
}

impl Args {
    /// # Errors
    /// A device that cannot be opened or does not answer; [`CliError::SelftestFailed`].
    pub fn run(&self, session: &mut Session) -> Result<(), CliError> {
        let (mut driver, build) = self.device.open(session)?;
        session.progress.show("computing what the images must give");
        let references = references(&build.net, &build.plan)?;
        let found = driver.selftest(&references)?;
        let outcome = Outcome {
            device: driver.device().name().to_string(),
            passed: found.passed(),
            design_hash: build.manifest.design_hash.clone(),
            weights_hash: build.manifest.weights_hash.clone(),
            memories: build.plan.memory_images().len(),
            damaged_memories: found.memories.as_ref().map(Damage::names),
            images: references.len(),
            layers: build.plan.bindings.len(),
            first_layer: found.layer.as_ref().map(|(name, ..)| name.clone()),
            faults: if found.passed() { String::new() } else { found.to_string() },
        };
        match self.json {
            true => session.print_json(&outcome)?,
            false => session.print(&page(&outcome))?,
        }
        verdict(&found, outcome.device)
    }
}

fn verdict(found: &Selftest, device: String) -> Result<(), CliError> {
    match found.passed() {
        true => Ok(()),
        false => Err(CliError::SelftestFailed { device }),
    }
}

fn page(outcome: &Outcome) -> String {
    let Outcome { device, design_hash, weights_hash, memories, images, layers, faults, .. } = outcome;
    let head = format!("{device}\n  design {design_hash}\n  weights {weights_hash}\n");
    match outcome.passed {
        true => format!(
            "{head}passed: identity, registers, both streams, {memories} memories; {layers} layer checksums and every class sum of {images} images\n"
        ),
        false => head + faults,
    }
}

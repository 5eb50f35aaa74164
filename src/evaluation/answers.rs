//! Class sums of images from any engine.

use crate::error::CliError;
use rayon::prelude::*;
use std::path::Path;
use std::sync::Arc;
use systole_devices::{registry, BuildFolder, Watch};
use systole_fast::Fast;
use systole_golden::Golden;
use systole_host::{Device, Driver, Options};
use systole_net::{Image, Net};

/// An engine's name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// Integers as fast as this processor gives them
    Fast,
    /// Plain loops
    Golden,
    /// The cycle-accurate simulator of a build folder
    Sim,
    /// The Verilog of a build folder
    Verilator,
}

pub enum Answers<'a> {
    Fast(&'a Net, Box<Fast>),
    Golden(&'a Net, Golden<'a>),
    Device(Box<Driver<Box<dyn Device>>>),
}

impl<'a> Answers<'a> {
    /// # Errors
    /// An unsound network, a build folder that is of another one, a device that cannot be opened.
    pub fn open(kind: Kind, net: &'a Net, build: Option<&Path>, watch: &Watch) -> Result<Self, CliError> {
        let faults = |faults| CliError::Faults { faults };
        let scheme = match kind {
            Kind::Fast => return Ok(Answers::Fast(net, Box::new(Fast::new(net).map_err(faults)?))),
            Kind::Golden => return Ok(Answers::Golden(net, Golden::new(net).map_err(faults)?)),
            Kind::Sim => "sim",
            Kind::Verilator => "verilator",
        };
        let folder = build.unwrap_or(Path::new("."));
        let build = BuildFolder::open(folder)?.unchanged()?;
        let (found, wanted) = (build.net.hash().to_string(), net.hash().to_string());
        if found != wanted {
            return Err(CliError::OtherBuild { build: folder.into(), found, wanted });
        }
        let device = registry(watch).open(format!("{scheme}:{}", folder.display()))?;
        Ok(Answers::Device(Box::new(Driver::open(
            device,
            Arc::clone(&build.plan),
            build.design_hash,
            Options::default(),
        )?)))
    }

    /// Who answers.
    pub fn name(&self) -> String {
        match self {
            Answers::Fast(_, fast) => format!("fast integers ({})", fast.path().name()),
            Answers::Golden(..) => "golden".into(),
            Answers::Device(driver) => driver.device().name().to_string(),
        }
    }

    /// Images that keep all cores busy.
    pub fn batch(&self) -> usize {
        let cores = rayon::current_num_threads();
        match self {
            Answers::Fast(..) => 16 * cores,
            Answers::Golden(..) => cores,
            Answers::Device(driver) => driver.options().window.max(1),
        }
    }

    /// Sums per class of each image.
    ///
    /// # Errors
    /// An image that is not of the network's size; what a device says.
    pub fn sums(&mut self, images: &[Image]) -> Result<Vec<Vec<i64>>, CliError> {
        match self {
            Answers::Fast(net, fast) => images.par_iter().map(|i| Ok(fast.sums_here(&net.encode(i)?)?)).collect(),
            Answers::Golden(net, golden) => {
                images.par_iter().map(|i| Ok(golden.trace(&net.encode(i)?)?.sums)).collect()
            }
            Answers::Device(driver) => {
                let tickets = images.iter().map(|i| driver.submit(i)).collect::<Result<Vec<_>, _>>()?;
                tickets.into_iter().map(|t| Ok(driver.wait(t)?.sums)).collect()
            }
        }
    }
}

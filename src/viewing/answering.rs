//! What a device makes of a picture, as a part of the page.

use crate::error::CliError;
use crate::images::{self, Size};
use std::path::Path;
use systole_devices::BuildFolder;
use systole_fast::Fast;
use systole_host::{softmax, Device, Driver};
use systole_machine::checksum::layer_checksums;
use systole_machine::Passage;
use systole_plan::passage::passage;
use systole_report::build::Named;
use systole_report::view::Seen;

/// What messages call the picture.
const NAME: &str = "the picture";

/// A device that answers.
pub struct Answering {
    driver: Driver<Box<dyn Device>>,
    build: BuildFolder,
    fast: Fast,
    size: Size,
    top: usize,
    /// When each layer is at work while an image goes through alone.
    passage: Vec<Passage>,
}

impl Answering {
    /// # Errors
    /// [`CliError::Faults`], and a plan that gets stuck.
    pub fn new(driver: Driver<Box<dyn Device>>, build: BuildFolder, size: Size, top: usize) -> Result<Self, CliError> {
        let fast = Fast::new(&build.net).map_err(|faults| CliError::Faults { faults })?;
        let passage = passage(&build.plan)?;
        Ok(Answering { driver, build, fast, size, top, passage })
    }

    /// The answer to a picture file's bytes.
    ///
    /// # Errors
    /// Bytes that are no picture or none of the network's size, what the device says.
    pub fn answer(&mut self, bytes: &[u8]) -> Result<String, CliError> {
        let image = images::sized(images::decode(bytes, Path::new(NAME))?, Path::new(NAME), self.size)?;
        let tensor = self.build.net.encode(&image)?;
        let inference = self.driver.infer(&image)?;
        let trace = self.fast.trace(&tensor)?;
        let checksums: Vec<u32> = self.driver.checksums()?.into_iter().map(|(_, checksum)| checksum).collect();
        let probabilities = softmax(&inference.scores);
        let top = self.driver.top(&inference, self.top).into_iter().map(|ranked| Named {
            class: ranked.class,
            name: ranked.label,
            probability: probabilities[ranked.class],
        });
        let seen = Seen {
            net: &self.build.net,
            plan: &self.build.plan,
            device: self.driver.device().name(),
            image: &image,
            top: &top.collect::<Vec<_>>(),
            cycles: inference.finished_at - inference.submitted_at,
            layers: &trace.layers,
            passage: &self.passage,
            same: trace.sums == inference.sums && layer_checksums(&self.build.plan, &trace) == checksums,
        };
        Ok(seen.part()?)
    }
}

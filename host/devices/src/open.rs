//! Opens a device by its address and compares it with the build that it must be.

use crate::build_folder::BuildFolder;
use crate::error::DeviceError;
use crate::registry::{registry_with, Context, FOLDERS};
use crate::watched::Watch;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use systole_host::{split_address, Device, Driver, Options, WeightImage};

/// Which device, and how.
#[derive(Clone, Debug, Default)]
pub struct Opening<'a> {
    pub address: &'a OsStr,
    /// Build folder that the device must be, where that is not the one in its address.
    pub build: Option<&'a Path>,
    /// For a server that wants one.
    pub token: Option<String>,
    /// Use the device also when it is busy, and drop what it is doing.
    pub take_over: bool,
    /// Refuse other weights than the build's, or than those given.
    pub keep_weights: bool,
    /// Weights in place of the build's.
    pub weights: Option<WeightImage>,
}

/// A driver, and the build that its device is.
pub type Opened = (Driver<Box<dyn Device>>, BuildFolder);

/// # Errors
/// A build folder that is missing or changed, a device that cannot be opened, is another design, or busy.
pub fn open(opening: &Opening, watch: &Watch) -> Result<Opened, DeviceError> {
    let (scheme, rest) = split_address(opening.address).unwrap_or_default();
    let folder = opening.build.or_else(|| FOLDERS.contains(&scheme).then_some(Path::new(rest)));
    let build = folder.map(|folder| BuildFolder::open(folder)?.unchanged()).transpose()?;
    let (token, take_over) = (opening.token.clone(), opening.take_over);
    let context = Context { plan: build.as_ref().map(|build| Arc::clone(&build.plan)), token, take_over };
    let device = registry_with(watch, &context).open(opening.address)?;
    let build =
        build.ok_or_else(|| DeviceError::BuildNeeded { device: opening.address.to_string_lossy().into_owned() })?;
    let options = Options { take_over: opening.take_over, keep_weights: opening.keep_weights, ..Options::default() };
    let (plan, hash) = (Arc::clone(&build.plan), build.design_hash);
    let driver = match opening.weights.clone() {
        Some(weights) => Driver::open_with_weights(device, plan, hash, options, weights),
        None => Driver::open(device, plan, hash, options),
    };
    Ok((driver?, build))
}

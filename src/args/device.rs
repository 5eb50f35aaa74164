//! Which device, and which build it must be.

use crate::error::CliError;
use crate::session::Session;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use systole_devices::{open, Opened, Opening};
use systole_host::WeightImage;
use systole_net::regular_file;

#[derive(Debug, clap::Args)]
pub struct DeviceArgs {
    /// sim:BUILD, registers:BUILD, verilator:BUILD, mock:BUILD, uart:PORT@BAUD, uio:, xdma:/dev/xdma0, or tcp:HOST:PORT
    #[arg(long, value_name = "ADDRESS")]
    device: OsString,
    /// Build folder that the device must be, where that is not the one in its address
    #[arg(long, value_name = "FOLDER")]
    build: Option<PathBuf>,
    /// Use the device also when it is busy, and drop what it is doing
    #[arg(long)]
    take_over: bool,
    /// Refuse a device that holds other weights, rather than loading the build's
    #[arg(long)]
    keep_weights: bool,
    /// Load these weights in place of the build's: weights.bin of a build of the same design
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// File with the token that a tcp: server wants
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl DeviceArgs {
    /// A device that must be a build, used as it is found.
    pub fn of(address: &str, build: &Path, token_file: Option<&Path>) -> Self {
        DeviceArgs {
            device: address.into(),
            build: Some(build.into()),
            take_over: false,
            keep_weights: false,
            weights: None,
            token_file: token_file.map(PathBuf::from),
        }
    }

    /// The driver of the device, which is the build's.
    ///
    /// # Errors
    /// As [`open`].
    pub fn open(&self, session: &Session) -> Result<Opened, CliError> {
        let token = self.token_file.as_deref().map(token).transpose()?;
        let (address, build) = (self.device.as_os_str(), self.build.as_deref());
        let weights = self.weights.as_deref().map(weights).transpose()?;
        let (take_over, keep_weights) = (self.take_over, self.keep_weights);
        let opening = Opening { address, build, token, take_over, keep_weights, weights };
        Ok(open(&opening, &session.progress.cycles())?)
    }
}

fn weights(file: &Path) -> Result<WeightImage, CliError> {
    let bytes = regular_file::read(file, regular_file::MAX_FILE).map_err(CliError::io("read the weights", file))?;
    Ok(WeightImage::parse(&bytes)?)
}

/// A token from a file, without the end of its line.
///
/// # Errors
/// [`CliError::Io`].
pub fn token(file: &Path) -> Result<String, CliError> {
    Ok(regular_file::read_text(file).map_err(CliError::io("read the token", file))?.trim_end().to_string())
}

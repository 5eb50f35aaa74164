//! What keeps a build folder or a device from being opened: what, where, wanted, found, what to do.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    #[error("cannot {action} {}: {source}", .path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("{}: {source}", .path.display())]
    Json { path: PathBuf, source: serde_json::Error },
    #[error("{} is not a build folder (it has no systole.json); make one with `systole generate`", .path.display())]
    NotABuild { path: PathBuf },
    #[error("{} is of build format {found}, this program reads {wanted}; generate again", .path.display())]
    BuildFormat { path: PathBuf, found: u64, wanted: u64 },
    #[error("{}: the design hash {found:?} is not 64 hexadecimal digits; generate again", .path.display())]
    BuildHash { path: PathBuf, found: String },
    #[error("{}: systole.json has {field} {found}, which `systole generate` does not write; generate again", .path.display())]
    BuildField { path: PathBuf, field: &'static str, found: String },
    #[error("{}: not as generated: {files}; generate again", .path.display())]
    BuildChanged { path: PathBuf, files: String },
    #[error("{}: {source}", .path.display())]
    PlanFile { path: PathBuf, source: Box<systole_plan::PlanError> },
    #[error("{device} does not say which design it must be; add --build with its build folder")]
    BuildNeeded { device: String },
    #[error("{found:?} is no serial port; write uart:PORT@BAUD, for example uart:/dev/ttyUSB0@1000000")]
    UartAddress { found: String },
    #[error("the network breaks rules: {}", .faults.iter().map(|f| f.to_string()).collect::<Vec<_>>().join("; "))]
    Faults { faults: Vec<systole_net::NetError> },
    #[error(transparent)]
    Host(#[from] systole_host::HostError),
    #[error(transparent)]
    Verilator(#[from] systole_verilator::Error),
    #[error(transparent)]
    Net(#[from] systole_net::NetError),
}

impl DeviceError {
    /// Wraps an `io::Error` with what was being done to which path; for `map_err`.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| DeviceError::Io { action, path, source }
    }
}

//! What can go wrong in a simulation.

use std::path::PathBuf;
use systole_rtl::RtlError;

#[derive(Debug, thiserror::Error)]
pub enum CycleError {
    #[error(transparent)]
    Rtl(#[from] RtlError),
    #[error("module {module} has no {direction} {port}; it has {known}")]
    MissingPort { module: String, direction: &'static str, port: &'static str, known: String },
    #[error("cannot write the waveform {}: {source}", path.display())]
    Trace { path: PathBuf, source: std::io::Error },
}

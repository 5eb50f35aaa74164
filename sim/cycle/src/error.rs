//! What can go wrong in a simulation.

use std::path::PathBuf;
use systole_net::{Digest, NetError};
use systole_rtl::RtlError;

#[derive(Debug, thiserror::Error)]
pub enum CycleError {
    #[error(transparent)]
    Rtl(#[from] RtlError),
    #[error("{top}: no rest after {passes} passes over combinational paths; still changing: {changing}")]
    CombinationalLoop { top: String, passes: usize, changing: String },
    #[error("module {module} has no {direction} {port}; it has {known}")]
    MissingPort { module: String, direction: &'static str, port: &'static str, known: String },
    #[error("the plan was made from a network of hash {wanted}, {name} has {found}; plan again")]
    Network { name: String, found: Digest, wanted: Digest },
    #[error("the network breaks rules: {}", .faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Faults { faults: Vec<NetError> },
    #[error("this engine computes with its build's own weights, others were loaded; use verilator: or registers:, or the build of those weights")]
    OtherWeights,
    #[error("the engine behind the machine gave {found} {what}, the plan has {wanted}")]
    Answer { what: &'static str, found: usize, wanted: usize },
    #[error("cannot write the waveform {}: {source}", path.display())]
    Trace { path: PathBuf, source: std::io::Error },
}

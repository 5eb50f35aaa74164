//! What a comparison found, or why it could not be made.

use systole_cycle::CycleError;
use systole_net::NetError;
use systole_plan::PlanError;
use systole_rtl::RtlError;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum LockstepError {
    #[error("cycle {cycle}, pin {pin}: {left} has {left_value:#x}, {right} has {right_value:#x} (layer {layer})")]
    Pins { cycle: u64, pin: String, left: String, left_value: u64, right: String, right_value: u64, layer: String },
    #[error("cycle {cycle}: the plan's clocked model says {what} = {model}, the machine {machine}")]
    Clock { cycle: u64, what: &'static str, model: u64, machine: u64 },
    #[error("image {image}, class {class}: golden sums to {golden}, the machine to {machine}")]
    Scores { image: usize, class: usize, golden: i64, machine: i64 },
    #[error("image {image}, layer {layer}: golden's checksum is {golden:08x}, the machine's {machine:08x}; it is the first layer that differs")]
    Checksum { image: usize, layer: String, golden: u32, machine: u32 },
    #[error("image {image}: TLAST came with beat {beat} of {beats}")]
    ResultLength { image: usize, beat: usize, beats: usize },
    #[error("nothing has moved since cycle {since}: {results} of {images} results, {sent} of {beats} beats sent")]
    Stuck { since: u64, results: usize, images: usize, sent: usize, beats: usize },
    #[error("of the weights {taken} of {words} words were taken and {checked} of them read back, with CRC {found:08x}; theirs is {wanted:08x}")]
    Weights { taken: usize, words: usize, checked: &'static str, found: u32, wanted: u32 },
    #[error("the engine cannot go on: {0}")]
    Engine(Box<dyn std::error::Error + Send + Sync>),
    #[error("interrupted")]
    Interrupted,
    #[error("module {module} has no port {port}; the design and this suite do not belong together")]
    Port { module: String, port: String },
    #[error(transparent)]
    Verilator(#[from] systole_verilator::Error),
    #[error(transparent)]
    Rtl(#[from] RtlError),
    #[error(transparent)]
    Cycle(#[from] CycleError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Net(#[from] NetError),
}

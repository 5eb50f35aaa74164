//! Why a plan cannot be made, with the numbers.

use serde::Serialize;
use systole_machine::geometry::SIDE;
use thiserror::Error;

/// A resource of which a plan takes too much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lack {
    pub what: &'static str,
    /// What the nearest array takes at the least, and what there is of it.
    pub needs: usize,
    pub has: usize,
}

/// A network that does not fit a board.
#[derive(Clone, Debug, Error)]
#[error("{network} does not fit {board}: {summary}\n{table}{advice}")]
pub struct DoesNotFit {
    pub network: String,
    pub board: String,
    /// What the nearest array lacks, in words and in numbers.
    pub summary: String,
    pub lacks: Vec<Lack>,
    /// Where the weights are, layer by layer.
    pub table: String,
    /// What would fit, a line; empty where nobody looked.
    pub advice: String,
}

#[derive(Debug, Error)]
pub enum PlanError {
    #[error("layer {layer}: {what} cannot run on the machine; use {instead}")]
    Unsupported { layer: String, what: String, instead: String },
    #[error("an array of {rows} rows and {cols} columns cannot be built; use {least} to {most} of each", least = SIDE.start(), most = SIDE.end())]
    Shape { rows: usize, cols: usize },
    #[error("an array of {rows} rows and {cols} columns cannot have {pairs} pairs of columns in every row and multiply {fabric} pairs in LUTs; use at most half as many pairs as columns, and at most rows * pairs in LUTs")]
    Pairs { rows: usize, cols: usize, pairs: usize, fabric: usize },
    #[error("an array of {found} {side} cannot be built; use {least} to {most}", least = SIDE.start(), most = SIDE.end())]
    Side { side: &'static str, found: usize },
    #[error("no {shape} within {limits} on {board}; {advice}")]
    NoShape { shape: String, limits: String, board: String, advice: String },
    #[error("the weights of {network} cannot be kept as codes: {why}; quantise with --codebook 6 or fewer, or keep them as bytes (--store bytes)")]
    Codes { network: String, why: String },
    #[error("board file: {0}")]
    Board(#[from] systole_machine::board::BoardError),
    #[error("{0}")]
    DoesNotFit(Box<DoesNotFit>),
    #[error(
        "{network} on {board}: an image every {wanted} cycles is wanted, the fastest plan that fits ({rows} x {cols}) takes {found}; \
         at {clock_mhz} MHz that is {fps:.1} images per second: ask for no more, or name a higher clock", fps = per_second(.clock_mhz, .found)
    )]
    TooSlow { network: String, board: String, wanted: u64, found: u64, rows: usize, cols: usize, clock_mhz: f64 },
    #[error("no order of the program keeps {maps} within the line buffers for {rows} rows; report this network")]
    NoSchedule { maps: String, rows: usize },
    #[error("the program stops after cycle {cycle} at item {step} with {results} results; report this network")]
    Stuck { cycle: u64, step: usize, results: usize },
    #[error("the plan is of interface version {found}, this program's is {wanted}; generate again")]
    OtherAbi { found: u32, wanted: u32 },
    #[error("the plan was made for another network than {network}: its hash is {found}, the plan wants {wanted}; generate again")]
    OtherNetwork { network: String, found: systole_net::Digest, wanted: systole_net::Digest },
    #[error("plan file: {0}")]
    Format(String),
}

/// Images per second, one every so many cycles.
/// In tenths, rounded down: so many can be asked for.
fn per_second(clock_mhz: &f64, cycles: &u64) -> f64 {
    (clock_mhz * 1e7 / *cycles as f64).floor() / 10.0
}

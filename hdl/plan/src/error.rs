//! Why a plan cannot be made, with the numbers.

use thiserror::Error;

#[derive(Debug, Error)]
pub enum PlanError {
    #[error("layer {layer}: {what} cannot run on the machine; use {instead}")]
    Unsupported { layer: String, what: String, instead: String },
    #[error("an array of {rows} rows and {cols} columns cannot be built; use at least 2 of each")]
    Shape { rows: usize, cols: usize },
    #[error("an array of {rows} rows and {cols} columns cannot have {pairs} pairs of columns in every row and multiply {fabric} pairs in LUTs; use at most half as many pairs as columns, and at most rows * pairs in LUTs")]
    Pairs { rows: usize, cols: usize, pairs: usize, fabric: usize },
    #[error("no array shape within {dsp} DSP blocks and {macs} multiply-accumulates per cycle on {board}; allow more, or use a larger part")]
    NoShape { dsp: usize, macs: usize, board: String },
    #[error("board file: {0}")]
    Board(#[from] toml::de::Error),
    #[error("{network} does not fit {board}: {summary}\n{table}{advice}")]
    DoesNotFit { network: String, board: String, summary: String, table: String, advice: String },
    #[error(
        "{network} on {board}: an image every {wanted} cycles is wanted, the fastest plan that fits ({rows} x {cols}) takes {found}; \
         ask for fewer images per second, raise the clock, or use a larger part"
    )]
    TooSlow { network: String, board: String, wanted: u64, found: u64, rows: usize, cols: usize },
    #[error("no order of the program keeps {maps} within the rings for {rows} rows; report this network")]
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

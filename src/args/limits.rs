//! What a plan may take of a board, and how fast it must be. The command that takes these calls the board `board`.

use super::bytes::bytes;
use super::most::Most;
use crate::build::boards::{self, Target};
use crate::error::CliError;
use systole_machine::board::BoardError;
use systole_machine::Board;
use systole_plan::{Constraints, StoreChoice, WeightChoice};
use systole_report::plan::{Headroom, Sheet};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// DSP blocks to use at most; where it is not said, 90 % of those that hand operands on to each other
    #[arg(long, requires = "board", value_name = "COUNT|SHARE")]
    max_dsp: Option<Most>,
    /// LUTs to use at most, by the estimate; where it is not said, 70 %
    #[arg(long, requires = "board", value_name = "COUNT|SHARE")]
    max_lut: Option<Most>,
    /// Block RAMs of 18 Kbit to use at most
    #[arg(long, requires = "board", value_name = "COUNT")]
    max_bram18: Option<usize>,
    /// Block RAMs of 36 Kbit to use at most
    #[arg(long, requires = "board", value_name = "COUNT", conflicts_with = "max_bram18")]
    max_bram: Option<usize>,
    /// Bytes of activation memory to use at most, as 90000 or 90KB
    #[arg(long, requires = "board", value_name = "BYTES", value_parser = bytes)]
    max_activations: Option<usize>,
    /// Multiply-accumulates per cycle at most
    #[arg(long, requires = "board", value_name = "COUNT")]
    max_macs: Option<usize>,
    /// Images per second that are enough: the smallest array that reaches them is chosen
    #[arg(long, requires = "board", value_name = "COUNT", value_parser = positive)]
    target_fps: Option<f64>,
    /// Weights in the design, or loaded by the host after every start; by default devices with UltraRAM load
    #[arg(long, requires = "board", value_name = "WHERE")]
    weights: Option<Weights>,
    /// Weights as bytes, or as codes: places in a few codebooks and the gaps between weights; by default bytes if they find room
    #[arg(long, requires = "board", value_name = "AS")]
    store: Option<Store>,
    /// Clock in MHz, in place of the board's
    #[arg(long, requires = "board", value_name = "MHZ", value_parser = positive)]
    clock: Option<f64>,
}

/// See [`WeightChoice`].
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Weights {
    Initialised,
    Loaded,
}

impl Weights {
    fn choice(self) -> WeightChoice {
        match self {
            Weights::Initialised => WeightChoice::Initialised,
            Weights::Loaded => WeightChoice::Loaded,
        }
    }
}

/// See [`StoreChoice`].
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Store {
    Auto,
    Bytes,
    Codes,
}

impl Store {
    fn choice(self) -> Option<StoreChoice> {
        match self {
            Store::Auto => None,
            Store::Bytes => Some(StoreChoice::Bytes),
            Store::Codes => Some(StoreChoice::Codes),
        }
    }
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number > 0.0 && f64::is_finite(number) => Ok(number),
        _ => Err("a number above 0 is wanted".into()),
    }
}

impl LimitArgs {
    /// Says in the plan's figures whose clock it is, where it is that of the option and not the board's.
    pub fn name_clock(&self, sheet: &mut Sheet) {
        if self.clock.is_some() {
            sheet.clock_source = "that of --clock";
        }
    }

    /// The board of that name or path, at the clock that is asked for.
    ///
    /// # Errors
    /// As [`boards::load`]; a clock that the board cannot have.
    pub fn target(&self, name: &str) -> Result<Target, CliError> {
        let mut target = boards::load(name)?;
        if let Some(clock) = self.clock {
            target.board.clock_mhz = clock;
            let wrong = |error: BoardError| CliError::Board { path: name.into(), why: error.to_string() };
            target.board.check().map_err(wrong)?;
        }
        Ok(target)
    }

    /// What the limits leave of that board.
    pub fn headroom(&self, board: &Board) -> Headroom {
        let (most, device) = (self.constraints(board), &board.device);
        Headroom { dsp: [most.most_dsp(board), device.dsp], lut: [most.most_lut(board), device.lut] }
    }

    /// The limits on that board.
    pub fn constraints(&self, board: &Board) -> Constraints {
        let device = &board.device;
        Constraints {
            max_dsp: self.max_dsp.map(|most| most.of(device.dsp)),
            max_lut: self.max_lut.map(|most| most.of(device.lut)),
            max_bram18: self.max_bram18.or(self.max_bram.map(|blocks| blocks.saturating_mul(2))),
            max_macs: self.max_macs,
            max_activations: self.max_activations,
            max_interval: self.target_fps.map(|fps| (board.clock_mhz * 1e6 / fps) as u64),
            weights: self.weights.map(Weights::choice),
            store: self.store.and_then(Store::choice),
            ..Constraints::default()
        }
    }
}

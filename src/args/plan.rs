//! Which network on which board, and the constraints beyond the board's own limits.

use super::most::Most;
use crate::build::{boards, Planned};
use crate::error::CliError;
use std::path::PathBuf;
use systole_machine::Board;
use systole_net::Net;
use systole_plan::advice::advice;
use systole_plan::{Constraints, PlanError, StoreChoice, WeightChoice};
use systole_report::plan::Sheet;

#[derive(Debug, clap::Args)]
pub struct PlanArgs {
    /// The integer network: a .net file of `systole quantize`
    net: PathBuf,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// For a network that is given or at hand.
#[derive(Debug, clap::Args)]
pub struct TargetArgs {
    #[arg(long, value_name = "NAME|FILE", help = boards::help())]
    pub board: String,
    /// Pixel lanes of the array
    #[arg(long)]
    pub rows: Option<usize>,
    /// Output channels of the array
    #[arg(long)]
    pub cols: Option<usize>,
    /// DSP blocks to use at most; where it is not said, 90 % of those that hand operands on to each other
    #[arg(long, value_name = "COUNT|SHARE")]
    pub max_dsp: Option<Most>,
    /// LUTs to use at most, by the estimate; where it is not said, 70 %
    #[arg(long, value_name = "COUNT|SHARE")]
    pub max_lut: Option<Most>,
    /// Block RAMs of 18 Kbit to use at most
    #[arg(long, value_name = "COUNT")]
    pub max_bram18: Option<usize>,
    /// Plan as if the device had the block RAM that it lacks, to see what its multipliers and LUTs would give
    #[arg(long)]
    pub assume_ram: bool,
    /// Multiply-accumulates per cycle at most
    #[arg(long, value_name = "COUNT")]
    pub max_macs: Option<usize>,
    /// Block RAMs of 36 Kbit to use at most
    #[arg(long, value_name = "COUNT", conflicts_with = "max_bram18")]
    pub max_bram: Option<usize>,
    /// Bytes of activation memory to use at most
    #[arg(long, value_name = "BYTES")]
    pub max_activations: Option<usize>,
    /// Images per second that are enough: the smallest array that reaches them is chosen
    #[arg(long, value_name = "COUNT", value_parser = positive)]
    pub target_fps: Option<f64>,
    /// Weights in the design, or loaded by the host after every start; by default devices with UltraRAM load
    #[arg(long, value_name = "WHERE")]
    pub weights: Option<Weights>,
    /// Weights as bytes, or as codes: places in a few codebooks and the gaps between weights; by default bytes if they find room
    #[arg(long, value_name = "AS")]
    pub store: Option<Store>,
    /// Clock in MHz, in place of the board's
    #[arg(long, value_name = "MHZ", value_parser = positive)]
    pub clock: Option<f64>,
}

/// See [`WeightChoice`].
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Weights {
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
pub enum Store {
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

/// A refusal with what was tried and would fit.
pub fn advised(refusal: PlanError, net: &Net, board: &Board, constraints: &Constraints) -> PlanError {
    match refusal {
        PlanError::DoesNotFit { network, board: name, summary, table, .. } => {
            let advice = format!("\n{}", advice(net, board, constraints, &boards::built_in()));
            PlanError::DoesNotFit { network, board: name, summary, table, advice }
        }
        PlanError::NoShape { shape, limits, board: name, .. } => PlanError::NoShape {
            shape,
            limits,
            board: name,
            advice: advice(net, board, constraints, &boards::built_in()),
        },
        other => other,
    }
}

impl PlanArgs {
    /// # Errors
    /// What is wrong with the network, and those of [`TargetArgs::make`].
    pub fn make(&self) -> Result<Planned, CliError> {
        self.target.make(Net::read(&self.net)?)
    }
}

impl TargetArgs {
    /// # Errors
    /// What is wrong with the board; [`CliError::Plan`] for what does not fit.
    pub fn make(&self, net: Net) -> Result<Planned, CliError> {
        let mut target = boards::load(&self.board)?;
        if let Some(clock) = self.clock {
            target.board.clock_mhz = clock;
            let wrong = |error: systole_machine::board::BoardError| CliError::Board {
                path: self.board.clone().into(),
                why: error.to_string(),
            };
            target.board.check().map_err(wrong)?;
        }
        let device = &target.board.device;
        let constraints = Constraints {
            rows: self.rows,
            cols: self.cols,
            max_dsp: self.max_dsp.map(|most| most.of(device.dsp)),
            max_lut: self.max_lut.map(|most| most.of(device.lut)),
            max_bram18: self.max_bram18.or(self.max_bram.map(|blocks| blocks.saturating_mul(2))),
            max_macs: self.max_macs,
            max_activations: self.max_activations,
            max_interval: self.target_fps.map(|fps| (target.board.clock_mhz * 1e6 / fps) as u64),
            assume_ram: self.assume_ram,
            weights: self.weights.map(Weights::choice),
            store: self.store.and_then(Store::choice),
        };
        let plan = systole_plan::plan(&net, &target.board, &constraints)
            .map_err(|refusal| advised(refusal, &net, &target.board, &constraints))?;
        Ok(Planned { net, plan, target })
    }

    /// What is to be said of the plan.
    pub fn sheet(&self, planned: &Planned) -> Sheet {
        let mut sheet = Sheet::new(&planned.plan);
        if self.clock.is_some() {
            sheet.clock_source = "that of --clock";
        }
        sheet
    }
}

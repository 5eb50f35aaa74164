//! Which network on which board, and the wishes beyond the board's own limits.

use crate::boards::{self, Target};
use crate::error::CliError;
use std::path::PathBuf;
use systole_net::Net;
use systole_plan::{Plan, Wishes};

#[derive(Debug, clap::Args)]
pub struct PlanArgs {
    /// The integer network: a .net file of `systole quantize`
    pub net: PathBuf,
    /// nexys-video, pynq-z2, tiny, ulx3s-85f, zcu104, or the path of a board file (.toml)
    #[arg(long, value_name = "NAME|FILE")]
    pub board: String,
    /// Pixel lanes of the array
    #[arg(long)]
    pub rows: Option<usize>,
    /// Output channels of the array
    #[arg(long)]
    pub cols: Option<usize>,
    /// DSP blocks to use at most
    #[arg(long, value_name = "COUNT")]
    pub max_dsp: Option<usize>,
    /// Block RAMs of 18 Kbit to use at most
    #[arg(long, value_name = "COUNT")]
    pub max_bram18: Option<usize>,
    /// Multiply-accumulates per cycle at most
    #[arg(long, value_name = "COUNT")]
    pub max_macs: Option<usize>,
}

/// A network with its plan and the board it was made for.
pub struct Planned {
    pub net: Net,
    pub plan: Plan,
    pub target: Target,
}

impl PlanArgs {
    /// # Errors
    /// What is wrong with the network or the board; [`CliError::Plan`] for what does not fit.
    pub fn make(&self) -> Result<Planned, CliError> {
        let net = Net::read(&self.net)?;
        let target = boards::load(&self.board)?;
        let wishes = Wishes {
            rows: self.rows,
            cols: self.cols,
            max_dsp: self.max_dsp,
            max_bram18: self.max_bram18,
            max_macs: self.max_macs,
        };
        let plan = systole_plan::plan(&net, &target.board, &wishes)?;
        Ok(Planned { net, plan, target })
    }
}

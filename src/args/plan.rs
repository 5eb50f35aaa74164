//! Which network on which board, and the constraints beyond the board's own limits.

use super::limits::LimitArgs;
use crate::build::boards;
use crate::build::Planned;
use crate::error::CliError;
use crate::session::progress::Progress;
use crate::session::Session;
use std::path::PathBuf;
use systole_machine::Board;
use systole_net::Net;
use systole_plan::advice::advice;
use systole_plan::error::DoesNotFit;
use systole_plan::{Constraints, PlanError};
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
    /// Plan as if the device had the block RAM that it lacks, to see what its multipliers and LUTs would give
    #[arg(long)]
    pub assume_ram: bool,
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// A refusal with what was tried and would fit.
pub fn advised(refusal: PlanError, net: &Net, board: &Board, constraints: &Constraints) -> PlanError {
    match refusal {
        PlanError::DoesNotFit(misfit) => {
            let advice = format!("\n{}", advice(net, board, constraints, &boards::built_in()));
            PlanError::DoesNotFit(Box::new(DoesNotFit { advice, ..*misfit }))
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
    pub fn make(&self, session: &Session) -> Result<Planned, CliError> {
        self.target.make(Net::read(&self.net)?, &session.progress)
    }
}

impl TargetArgs {
    /// # Errors
    /// What is wrong with the board; [`CliError::Plan`] for what does not fit.
    pub fn make(&self, net: Net, progress: &Progress) -> Result<Planned, CliError> {
        let target = self.limits.target(&self.board)?;
        let board = &target.board;
        let (rows, cols, assume_ram) = (self.rows, self.cols, self.assume_ram);
        let constraints = Constraints { rows, cols, assume_ram, ..self.limits.constraints(board) };
        progress.show(&format!("planning {} on {}", net.name, board.name));
        let plan = systole_plan::plan(&net, board, &constraints).map_err(|refusal| {
            progress.show("it does not fit: looking for what would");
            advised(refusal, &net, board, &constraints)
        });
        progress.clear();
        Ok(Planned { net, plan: plan?, target })
    }

    /// What is to be said of the plan.
    pub fn sheet(&self, planned: &Planned) -> Sheet {
        let mut sheet = Sheet::new(&planned.plan);
        self.limits.name_clock(&mut sheet);
        sheet.choices.headroom = Some(self.limits.headroom(&planned.plan.board));
        sheet
    }
}

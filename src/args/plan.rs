//! Which network on which board, within which limits.

use super::limits::LimitArgs;
use crate::build::{boards, Planned};
use crate::error::CliError;
use std::path::PathBuf;
use systole_machine::Board;
use systole_net::Net;
use systole_plan::advice::advice;
use systole_plan::{Constraints, PlanError};

#[derive(Debug, clap::Args)]
pub struct PlanArgs {
    /// The integer network: a .net file of `systole quantize`
    pub net: PathBuf,
    #[arg(long, value_name = "NAME|FILE", help = boards::help())]
    pub board: String,
    #[command(flatten)]
    pub limits: LimitArgs,
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
    /// What is wrong with the network or the board; [`CliError::Plan`] for what does not fit.
    pub fn make(&self) -> Result<Planned, CliError> {
        let net = Net::read(&self.net)?;
        let target = self.limits.target(&self.board)?;
        let constraints = self.limits.constraints(&target.board);
        let plan = systole_plan::plan(&net, &target.board, &constraints)
            .map_err(|refusal| advised(refusal, &net, &target.board, &constraints))?;
        Ok(Planned { net, plan, target })
    }
}

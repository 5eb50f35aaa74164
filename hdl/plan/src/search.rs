//! The plan for a network on a board: the fastest array, or the smallest that is fast enough.

use crate::candidate_search::fastest;
use crate::constraints::Constraints;
use crate::error::PlanError;
use crate::target::smallest;
use systole_machine::Board;
use systole_machine::Plan;
use systole_net::Net;

/// The best plan for a network on a board within the constraints.
///
/// # Errors
/// [`PlanError`] where no shape fits, or none is fast enough.
pub fn plan(net: &Net, board: &Board, constraints: &Constraints) -> Result<Plan, PlanError> {
    match constraints.max_interval {
        Some(cycles) => smallest(net, board, constraints, cycles),
        None => fastest(net, board, constraints),
    }
}

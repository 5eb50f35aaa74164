//! The plan for a network on a board: the fastest array, or the smallest that is fast enough.

use crate::candidate_search::fastest;
use crate::error::PlanError;
use crate::target::smallest;
use crate::wishes::Wishes;
use systole_machine::Board;
use systole_machine::Plan;
use systole_net::Net;

/// The best plan for a network on a board within the wishes.
///
/// # Errors
/// [`PlanError`] where no shape fits, or none is fast enough.
pub fn plan(net: &Net, board: &Board, wishes: &Wishes) -> Result<Plan, PlanError> {
    match wishes.max_interval {
        Some(cycles) => smallest(net, board, wishes, cycles),
        None => fastest(net, board, wishes),
    }
}

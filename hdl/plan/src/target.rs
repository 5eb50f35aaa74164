//! The smallest array that is fast enough.

use crate::candidate_search::fastest;
use crate::constraints::{Constraints, Limits};
use crate::error::PlanError;
use crate::fit::fit;
use crate::shapes::{candidates, Candidate};
use systole_machine::Board;
use systole_machine::Plan;
use systole_net::Net;

/// The fitting plan with the fewest multiply-accumulates per cycle whose interval is at most `cycles`.
///
/// # Errors
/// [`PlanError::TooSlow`] with the fastest that fits; as [`fastest`] where nothing does.
pub fn smallest(net: &Net, board: &Board, constraints: &Constraints, cycles: u64) -> Result<Plan, PlanError> {
    let limits = Limits::new(net, board, constraints);
    let mut shapes: Vec<Candidate> = candidates(net, board, constraints, &limits)?;
    shapes.retain(|shape| shape.cycles <= cycles);
    shapes.sort_by_key(|shape| (shape.macs(), shape.cycles));
    for shape in &shapes {
        match fit(net, board, shape, &limits)? {
            Ok(plan) if plan.timing.interval <= cycles => return Ok(plan.plan(net)),
            _ => {}
        }
    }
    let fastest = fastest(net, board, constraints)?;
    Err(PlanError::TooSlow {
        network: net.name.clone(),
        board: board.name.clone(),
        wanted: cycles,
        found: fastest.timing().interval,
        rows: fastest.geometry.rows,
        cols: fastest.geometry.cols,
        clock_mhz: board.clock_mhz,
    })
}

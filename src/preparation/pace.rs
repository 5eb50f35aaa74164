//! How slow a plan may be for the sake of weights that lose less.

use systole_machine::weights::codes::CODE_BITS;
use systole_machine::Board;
use systole_net::Net;
use systole_plan::advice::smaller::with_codes;
use systole_plan::{plan, Constraints};

/// A form of weights that loses less is not taken where codes of the fewest bits are more than so many times as fast.
pub const SLOWER: u64 = 2;

/// Cycles of an image that a plan may take: [`SLOWER`] times those with weights of the fewest bits. None where somebody asks for a
/// speed, or where not even these find room.
pub fn most_cycles(net: &Net, board: &Board, constraints: &Constraints) -> Option<u64> {
    if constraints.max_interval.is_some() {
        return None;
    }
    let smallest = with_codes(net, *CODE_BITS.start() as u32);
    plan(&smallest, board, constraints).ok().map(|plan| SLOWER * plan.timing().interval)
}

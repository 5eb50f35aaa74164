//! A shape planned exactly within the device's limits.

use crate::buffer_sizing::BufferSizing;
use crate::constraints::Limits;
use crate::error::PlanError;
use crate::line_buffers::{initial, place, Spare};
use crate::lower::Lowered;
use crate::planner::{array_geometry, draft_within, unordered, Array, Unordered};
use crate::refusal::{Miss, Takes};
use crate::shapes::{least18, Candidate};
use crate::table_memory::within_blocks;
use crate::timed::{Costed, Timed};
use systole_machine::Board;
use systole_net::Net;

/// How the memory of activations may be laid out.
struct Choice {
    spare: Spare,
    /// Tiles, of as many words as the largest has, that the result FIFO holds.
    pool_tiles: usize,
}

/// From roomy to tight. The FIFO, which lets the array run ahead of the pool engine, is worth more than spare tiles.
const CHOICES: [Choice; 7] = [
    Choice { spare: Spare::ROOMY, pool_tiles: 4 },
    Choice { spare: Spare { slack: 1, overlaid: 2 }, pool_tiles: 4 },
    Choice { spare: Spare { slack: 0, overlaid: 2 }, pool_tiles: 4 },
    Choice { spare: Spare::NONE, pool_tiles: 4 },
    Choice { spare: Spare { slack: 0, overlaid: 2 }, pool_tiles: 2 },
    Choice { spare: Spare::NONE, pool_tiles: 2 },
    Choice { spare: Spare::NONE, pool_tiles: 1 },
];

/// A shape that takes at most 5/4 of the LUTs is tried with as few block RAMs of activations as cost little, for the tables' sake.
const NEAR: (usize, usize) = (4, 5);

/// What became of a shape.
struct Attempt {
    fits: Option<Costed>,
    miss: Miss,
    /// What takes the fewest LUTs of what takes too many of these alone, for its tables.
    over: Option<Costed>,
}

/// The shape's first plan that fits, from roomy line buffers to tight ones, without its weights.
pub(crate) fn fit(net: &Net, board: &Board, c: &Candidate, limits: &Limits) -> Result<Result<Timed, Miss>, PlanError> {
    match attempt(net, board, c, limits)? {
        Attempt { fits: Some(Costed { draft, cost }), .. } => Ok(Ok(Timed::of_cost(draft, cost)?)),
        Attempt { mut miss, over: Some(over), .. } if tables_may_fit(net, board, c, limits)? => {
            let sizing = BufferSizing { net, board, limits };
            let over = Timed::of_cost(over.draft, over.cost)?;
            let tables_back = sizing.settle(over)?.within_blocks(limits.bram18);
            let takes = Takes::of(&tables_back, &tables_back.cost);
            miss.lacks(takes, limits);
            Ok(if takes.keeps_to(limits) { Ok(tables_back) } else { Err(miss) })
        }
        Attempt { miss, .. } => Ok(Err(miss)),
    }
}

/// Whether the tables find room beside the smallest line buffers, whatever the order: to make line buffers smaller takes long.
pub(crate) fn tables_may_fit(net: &Net, board: &Board, c: &Candidate, limits: &Limits) -> Result<bool, PlanError> {
    let low = Lowered::new(net, c.array.rows)?;
    let smallest = initial(&low, Spare::NONE);
    let unordered = unordered((net, &low), board, &limits.needs, c.array, &smallest)?;
    let (draft, cost) = within_blocks(unordered, limits.bram18);
    Ok(Takes::of(&draft, &cost).keeps_to(limits))
}

/// [`fit`], whose cycles nobody asks for, and that says of what is [near](Miss::near) to fit that it is.
pub(crate) fn fit_untimed(
    net: &Net,
    board: &Board,
    c: &Candidate,
    limits: &Limits,
) -> Result<Result<Costed, Miss>, PlanError> {
    let Attempt { fits, miss, over } = attempt(net, board, c, limits)?;
    Ok(fits.ok_or(Miss { near: over.is_some(), ..miss }))
}

fn attempt(net: &Net, board: &Board, c: &Candidate, limits: &Limits) -> Result<Attempt, PlanError> {
    let mut miss = Miss::of(c, board, limits);
    c.array.check()?;
    let low = Lowered::new(net, c.array.rows)?;
    let mut over: Option<Costed> = None;
    for Choice { spare, pool_tiles } in CHOICES {
        let array = Array { pool_words: pool_tiles * c.array.pool_words, ..c.array };
        let (g, _) = array_geometry(net, &limits.needs, board, &low, &array)?;
        let buffers = initial(&low, spare);
        let (_, words) = place(&low, &buffers);
        let bounds = miss.least;
        let least = |words: usize| Takes {
            ram18: least18(&g, board.device.family, words),
            activations: array.rows * words,
            ..bounds
        };
        if !least(words).keeps_to(limits) {
            miss.lacks(least(words), limits);
            continue;
        }
        let fits = |words: usize| least(words).keeps_to(limits);
        let drafted = draft_within((net, &low), board, &limits.needs, array, buffers, fits);
        let (draft, cost) = match drafted {
            Err(Unordered::TooLarge { words }) => {
                miss.planned = true;
                miss.lacks(least(words), limits);
                continue;
            }
            Err(Unordered::Impossible(e @ PlanError::NoSchedule { .. })) => {
                miss.no_order = Some(e);
                continue;
            }
            Err(Unordered::Impossible(e)) => return Err(e),
            Ok(draft) => within_blocks(draft, limits.bram18),
        };
        let takes = Takes::of(&draft, &cost);
        if takes.keeps_to(limits) {
            return Ok(Attempt { fits: Some(Costed { draft, cost }), miss, over: None });
        }
        miss.planned = true;
        miss.lacks(takes, limits);
        // Tighter line buffers leave block RAM to the tables that lie in LUTs; without any there is nothing to gain.
        if takes.lut > limits.lut && draft.lut_tables.is_empty() {
            break;
        }
        let near = Takes { lut: takes.lut * NEAR.0 / NEAR.1, ..takes }.keeps_to(limits);
        if near && over.as_ref().is_none_or(|least| takes.lut < least.cost.total().lut) {
            over = Some(Costed { draft, cost });
        }
    }
    Ok(Attempt { fits: None, miss, over })
}

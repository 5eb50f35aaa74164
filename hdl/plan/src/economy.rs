//! Block RAM of the activations against cycles: ring sizes of a plan whose shape is chosen.

use crate::board::Board;
use crate::cost::block_ram;
use crate::error::PlanError;
use crate::lower::Lowered;
use crate::plan::Plan;
use crate::planner::{draft, order, time, Array, Needs};
use crate::rings::{arenas, initial};
use crate::schedule::Rings;
use crate::tighten::tighten;
use systole_net::Net;

/// Slack tiles of the rings and slots of shared memory with which rings cost an image no cycles worth mentioning.
pub const ROOMY: (usize, usize) = (2, 2);
/// A plan with fewer block RAMs may be one part in so many slower.
const LOSS: u64 = 400;
/// The same for rings that must become smaller, step by step.
const LOSSES: [u64; 5] = [1000, 300, 100, 30, 10];

/// What plans are made from.
pub struct Economy<'a> {
    pub net: &'a Net,
    pub board: &'a Board,
    pub needs: Needs,
}

fn longer(cycles: u64, loss: u64) -> u64 {
    cycles + cycles / loss
}

fn ram18(plan: &Plan) -> usize {
    let total = plan.cost.total();
    total.bram18 + 2 * total.bram36
}

impl Economy<'_> {
    /// The plan as it should be built: its block RAM used for the shortest interval, then as little of it as that needs.
    ///
    /// # Errors
    /// As [`draft`] and [`time`].
    pub fn settle(&self, plan: Plan) -> Result<Plan, PlanError> {
        self.fewer_blocks(self.same_blocks(plan)?, LOSS)
    }

    /// A plan with no more block RAM, but with roomy rings of which only those were made smaller that cost little.
    fn same_blocks(&self, plan: Plan) -> Result<Plan, PlanError> {
        let low = Lowered::new(self.net, plan.geometry.rows)?;
        let (roomy, foreseen) = order(&low, &plan.geometry, initial(&low, ROOMY.0, ROOMY.1))?;
        if plan.rings.iter().zip(&roomy.slots).all(|(ring, &slots)| ring.slots == slots) {
            return Ok(plan);
        }
        let Some(words) = self.words(&plan, self.blocks(&plan)) else { return Ok(plan) };
        for loss in LOSSES {
            let Some(rings) = tighten(&low, &plan.geometry, &roomy, words, longer(foreseen.cycles, loss)) else {
                continue;
            };
            let other = self.with_rings(&plan, rings)?;
            let better = other.timing.interval < plan.timing.interval && ram18(&other) <= ram18(&plan);
            return Ok(if better { other } else { plan });
        }
        Ok(plan)
    }

    /// The plan with rings that take fewer block RAMs, as few as an interval one part in `loss` longer allows.
    ///
    /// # Errors
    /// As [`draft`] and [`time`].
    pub fn fewer_blocks(&self, plan: Plan, loss: u64) -> Result<Plan, PlanError> {
        let low = Lowered::new(self.net, plan.geometry.rows)?;
        let slots = plan.rings.iter().map(|r| r.slots).collect();
        let (rings, foreseen) = order(&low, &plan.geometry, Rings { slots, arena: arenas(&low) })?;
        let fewer = (1..self.blocks(&plan)).rev().map_while(|blocks| {
            tighten(&low, &plan.geometry, &rings, self.words(&plan, blocks)?, longer(foreseen.cycles, loss))
        });
        for rings in fewer.collect::<Vec<_>>().into_iter().rev() {
            let smaller = self.with_rings(&plan, rings)?;
            if smaller.timing.interval <= longer(plan.timing.interval, loss) && ram18(&smaller) < ram18(&plan) {
                return Ok(smaller);
            }
        }
        Ok(plan)
    }

    /// The same array with other rings.
    fn with_rings(&self, plan: &Plan, rings: Rings) -> Result<Plan, PlanError> {
        let g = &plan.geometry;
        let array = Array { rows: g.rows, cols: g.cols, multiplier: g.multiplier, weights: g.weights };
        let mut other = draft(self.net, self.board, self.needs, array, |_| rings)?;
        other.timing = time(&other)?;
        other.ram_assumed = ram18(&other) > self.board.part.bram18;
        Ok(other)
    }

    /// 18 Kbit blocks of a bank.
    fn blocks(&self, plan: &Plan) -> usize {
        self.blocks_of(plan.geometry.act_depth)
    }

    fn blocks_of(&self, words: usize) -> usize {
        block_ram(words, 8, self.board.part.family).halves()
    }

    /// Words that so many blocks of a bank hold, no more than the plan's bank has where that is enough.
    fn words(&self, plan: &Plan, blocks: usize) -> Option<usize> {
        let most = plan.geometry.act_depth.next_power_of_two();
        (1..=most).rev().find(|&words| self.blocks_of(words) <= blocks)
    }
}

//! Block RAM of the activations against cycles: line buffer sizes of a plan whose shape is chosen.

use crate::buffer_shrinking::{shrink_to, trim};
use crate::constraints::Limits;
use crate::cost::{block_ram, cost};
use crate::error::PlanError;
use crate::line_buffers::{initial, overlays, Spare};
use crate::lower::Lowered;
use crate::planner::{draft, order, Array};
use crate::schedule::LineBuffers;
use crate::table_memory::within_blocks;
use crate::timed::Timed;
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use systole_machine::Board;
use systole_machine::{Draft, Geometry, Saving};
use systole_net::Net;

/// A plan with fewer block RAMs may be one part in so many slower.
const LOSS: u64 = 100;
/// The same for line buffers that become smaller without saving a block RAM.
const TRIM_LOSS: u64 = 5000;
/// The same for line buffers that must become smaller, step by step.
const LOSSES: [u64; 5] = [1000, 300, 100, 30, 10];

/// What plans are made from.
pub(crate) struct BufferSizing<'a> {
    pub net: &'a Net,
    pub board: &'a Board,
    pub limits: &'a Limits,
}

fn longer(cycles: u64, loss: u64) -> u64 {
    cycles + cycles / loss
}

impl BufferSizing<'_> {
    /// The plan as it should be built: as little block RAM as its interval needs, with a smaller result FIFO where that takes less of
    /// it. Block RAM that is only assumed is not saved.
    ///
    /// # Errors
    /// As [`draft`] and [`time`].
    pub fn settle(&self, widest: Timed) -> Result<Timed, PlanError> {
        if widest.ram_assumed() {
            return Ok(widest);
        }
        let (cycles, blocks) = (widest.timing.interval, widest.ram18());
        let settled = self.trimmed(self.fewest_blocks(widest, longer(cycles, LOSS))?)?;
        let saving = Saving {
            cycles: settled.timing.interval.saturating_sub(cycles),
            bram18: blocks.saturating_sub(settled.ram18()),
        };
        Ok(settled.saving(saving))
    }

    /// The plan with as few block RAMs as an interval one part in `loss` longer allows.
    ///
    /// # Errors
    /// As [`draft`] and [`time`].
    pub fn fewer_blocks(&self, plan: Timed, loss: u64) -> Result<Timed, PlanError> {
        let bound = longer(plan.timing.interval, loss);
        self.fewest_blocks(plan, bound)
    }

    /// The plan with the fewest block RAMs within an interval, by smaller line buffers and a smaller result FIFO.
    fn fewest_blocks(&self, plan: Timed, bound: u64) -> Result<Timed, PlanError> {
        let mut best = self.tight(plan.clone(), bound)?;
        let least = self.lowered(&plan)?.pool_words();
        for pool_words in smaller(plan.geometry.pool_words, least) {
            let roomy = Timed::new(self.draft(&plan, pool_words, |low| initial(low, Spare::ROOMY))?)?;
            if roomy.timing.interval > bound {
                break;
            }
            let other = self.tight(roomy, bound)?;
            if other.ram18() < best.ram18() && other.activation_bytes() <= self.limits.activations {
                best = other;
            }
        }
        Ok(best)
    }

    /// A plan with no more block RAM, but with roomy line buffers of which only those were made smaller that cost little: its block RAM
    /// used for the shortest interval, with more tables in LUTs where the line buffers take their blocks.
    ///
    /// # Errors
    /// As [`draft`] and [`time`].
    pub fn same_blocks(&self, plan: Timed) -> Result<Timed, PlanError> {
        let low = self.lowered(&plan)?;
        let (roomy, _) = order(&low, &plan.geometry, initial(&low, Spare::ROOMY))?;
        if plan.line_buffers.iter().zip(&roomy.slots).all(|(buffer, &slots)| buffer.slots == slots) {
            return Ok(plan);
        }
        let tried = [1, 2, 4].map(|tiles| tiles * low.pool_words());
        let tried = tried.par_iter().map(|&pool_words| self.in_same_blocks(&plan, pool_words));
        let found = tried.collect::<Result<Vec<_>, _>>()?;
        let faster =
            |best: Timed, other: Timed| if other.timing.interval < best.timing.interval { other } else { best };
        Ok(found.into_iter().flatten().fold(plan, faster))
    }

    /// The plan with a result FIFO of so many words where that fits its blocks.
    fn in_same_blocks(&self, plan: &Timed, pool_words: usize) -> Result<Option<Timed>, PlanError> {
        let Some(other) = self.shrunk(plan, pool_words)? else { return Ok(None) };
        let (other, cost) = within_blocks(other, plan.ram18());
        let fits = cost.ram18() <= plan.ram18()
            && other.activation_bytes() <= self.limits.activations
            && cost.total().lut <= self.limits.lut;
        // To count cycles takes longest.
        fits.then(|| Timed::of_cost(other, cost)).transpose()
    }

    /// The plan with a result FIFO of so many words, its line buffers roomy but for what its banks do not hold.
    fn shrunk(&self, plan: &Timed, pool_words: usize) -> Result<Option<Draft>, PlanError> {
        let low = self.lowered(plan)?;
        let g = Geometry { pool_words, ..plan.geometry.clone() };
        let (roomy, foreseen) = order(&low, &g, initial(&low, Spare::ROOMY))?;
        let Some(words) = self.words(plan, self.blocks(plan)) else { return Ok(None) };
        let tight = |&loss: &u64| shrink_to(&low, &g, &roomy, words, longer(foreseen.cycles, loss));
        LOSSES.iter().find_map(tight).map(|buffers| self.draft(plan, pool_words, |_| buffers)).transpose()
    }

    /// The plan with line buffers that take fewer block RAMs, as few as an interval of `bound` allows.
    fn tight(&self, plan: Timed, bound: u64) -> Result<Timed, PlanError> {
        let low = self.lowered(&plan)?;
        let (buffers, foreseen) = order(&low, &plan.geometry, buffers_of(&plan, &low))?;
        let cycles = foreseen.cycles + (bound - bound.min(plan.timing.interval));
        let fewer = (1..self.blocks(&plan))
            .rev()
            .map_while(|blocks| shrink_to(&low, &plan.geometry, &buffers, self.words(&plan, blocks)?, cycles));
        for buffers in fewer.collect::<Vec<_>>().into_iter().rev() {
            if let Some(smaller) = self.with_buffers(&plan, buffers, plan.ram18().saturating_sub(1), bound)? {
                return Ok(smaller);
            }
        }
        Ok(plan)
    }

    /// The plan without the tiles of its line buffers that gain it nothing.
    fn trimmed(&self, plan: Timed) -> Result<Timed, PlanError> {
        let low = self.lowered(&plan)?;
        let (buffers, foreseen) = order(&low, &plan.geometry, buffers_of(&plan, &low))?;
        let before = buffers;
        let buffers = trim(&low, &plan.geometry, &before, longer(foreseen.cycles, TRIM_LOSS));
        if buffers == before && before == buffers_of(&plan, &low) {
            return Ok(plan);
        }
        let bound = longer(plan.timing.interval, TRIM_LOSS);
        Ok(self.with_buffers(&plan, buffers, plan.ram18(), bound)?.unwrap_or(plan))
    }

    fn lowered(&self, plan: &Timed) -> Result<Lowered, PlanError> {
        Lowered::new(self.net, plan.geometry.rows)
    }

    /// The same array with other line buffers, where it keeps to so many block RAMs and cycles.
    fn with_buffers(
        &self,
        plan: &Timed,
        buffers: LineBuffers,
        ram18: usize,
        cycles: u64,
    ) -> Result<Option<Timed>, PlanError> {
        let draft = self.draft(plan, plan.geometry.pool_words, |_| buffers)?;
        let cost = cost(&draft);
        if cost.ram18() > ram18 {
            return Ok(None);
        }
        Ok(Some(Timed::of_cost(draft, cost)?).filter(|timed| timed.timing.interval <= cycles))
    }

    /// The same array with a result FIFO of so many words, and other line buffers.
    fn draft(
        &self,
        plan: &Timed,
        pool_words: usize,
        buffers: impl FnOnce(&Lowered) -> LineBuffers,
    ) -> Result<Draft, PlanError> {
        let Geometry { rows, cols, multiplier, weights, .. } = plan.geometry;
        let array = Array { rows, cols, multiplier, weights, pool_words };
        let mut other = draft(self.net, self.board, &self.limits.needs, array, buffers)?;
        other.lut_tables.clone_from(&plan.lut_tables);
        Ok(other)
    }

    /// 18 Kbit blocks of a bank.
    fn blocks(&self, plan: &Timed) -> usize {
        self.blocks_of(plan.geometry.act_depth)
    }

    fn blocks_of(&self, words: usize) -> usize {
        block_ram(words, 8, self.board.device.family).halves()
    }

    /// Words that so many blocks of a bank hold, no more than the plan's bank has where that is enough.
    fn words(&self, plan: &Timed, blocks: usize) -> Option<usize> {
        let most = plan.geometry.act_depth.next_power_of_two();
        let most = most.min(self.limits.activations / plan.geometry.rows);
        (1..=most).rev().find(|&words| self.blocks_of(words) <= blocks)
    }
}

/// Depths of the result FIFO below one, the deepest first.
fn smaller(words: usize, least: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(words / 2), |words| Some(words / 2)).take_while(move |&words| words >= least.max(1))
}

fn buffers_of(plan: &Timed, low: &Lowered) -> LineBuffers {
    LineBuffers { slots: plan.line_buffers.iter().map(|r| r.slots).collect(), overlay: overlays(low) }
}

//! The fastest array, and whether a smaller one does nearly as well: the best shapes by ideal cycles, planned exactly.

use crate::buffer_sizing::BufferSizing;
use crate::coding::Coding;
use crate::constraints::{Constraints, Limits, StoreChoice};
use crate::error::PlanError;
use crate::fit::{fit, fit_untimed, tables_may_fit};
use crate::refusal::{refusal, Miss};
use crate::shapes::{candidates, Candidate};
use crate::timed::{Costed, Timed};
use rayon::prelude::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};
use systole_machine::Board;
use systole_machine::Plan;
use systole_net::Net;

/// Shapes that are planned exactly at once, on all cores.
const BATCH: usize = 4;
/// Shapes that are planned exactly and fit; cycles of an image that they may have together: what a second is enough for.
const SEARCHED_PLANS: usize = 24;
const SEARCHED_CYCLES: u64 = 4_000_000;
/// Smaller shapes that are planned exactly.
const FINALISTS: usize = 4;
/// A smaller array wins when it is at most one part in so many slower than the fastest, and busier by at least one in so many.
pub const FRUGAL: u64 = 12;
const BUSIER: u64 = 200;
/// Shapes that nearly fit and would be faster than the fastest, and are planned again with smaller line buffers.
const NEAR: usize = 3;
/// Shapes that are planned in full and found too large before giving up.
const ATTEMPTS: usize = 100;
/// The same for the shapes that take the least block RAM, which are tried last.
const LEAST_ATTEMPTS: usize = 24;

/// The plan with the shortest interval, or of a smaller array that is little slower.
///
/// # Errors
/// [`PlanError::NoShape`], [`PlanError::DoesNotFit`] with what is missing, and those of planning one shape.
pub fn fastest(net: &Net, board: &Board, constraints: &Constraints) -> Result<Plan, PlanError> {
    let found = fastest_in(net, board, constraints);
    let free = constraints.store.is_none();
    match &found {
        // Shapes whose weights alone find room as bytes may lack it for everything else.
        Err(PlanError::DoesNotFit { .. }) if free && Coding::of(net).is_ok() => {
            let codes = Constraints { store: Some(StoreChoice::Codes), ..constraints.clone() };
            fastest_in(net, board, &codes).or(found)
        }
        Ok(_) | Err(_) => found,
    }
}

/// [`fastest`], a store for each shape.
fn fastest_in(net: &Net, board: &Board, constraints: &Constraints) -> Result<Plan, PlanError> {
    let limits = Limits::new(net, board, constraints);
    let candidates = candidates(net, board, constraints, &limits)?;
    let search = CandidateSearch { net, board, limits: &limits };
    let mut misses = Vec::new();
    let Some(fastest) = search.fastest(&candidates, &mut misses)? else {
        return Err(refusal(net, board, &limits, misses));
    };
    let chosen = search.frugal(&candidates, &fastest)?.unwrap_or(fastest);
    let settled = search.buffer_sizing().settle(chosen)?;
    // What buffer sizing saved may hold tables again.
    Ok(settled.within_blocks(limits.bram18).plan(net))
}

/// A plan, not the best one, if the search finds any: that of the shape that takes the least block RAM, without its weights and
/// its cycles, which would take most of the time.
pub(crate) fn any(net: &Net, board: &Board, constraints: &Constraints) -> Option<Costed> {
    let limits = Limits::new(net, board, constraints);
    let candidates = candidates(net, board, constraints, &limits).ok()?;
    least_first(&candidates, &limits).into_iter().find_map(|batch| {
        let fitting = batch.par_iter().map(|c| fit_untimed(net, board, c, &limits).ok()?.ok());
        fitting.collect::<Vec<_>>().into_iter().flatten().next()
    })
}

/// The shapes that may fit and take the least block RAM, in batches.
fn least_first<'c>(candidates: &'c [Candidate], limits: &Limits) -> Vec<Vec<&'c Candidate>> {
    let mut possible: Vec<_> = candidates.iter().filter(|c| c.may_fit(limits)).collect();
    possible.sort_by_key(|c| (c.least18, c.cycles));
    possible.chunks(BATCH).take(LEAST_ATTEMPTS / BATCH).map(<[_]>::to_vec).collect()
}

/// Planning candidates exactly, to compare them.
struct CandidateSearch<'a> {
    net: &'a Net,
    board: &'a Board,
    limits: &'a Limits,
}

impl CandidateSearch<'_> {
    fn plan_all(&self, batch: &[&Candidate]) -> Result<Vec<Result<Timed, Miss>>, PlanError> {
        batch.par_iter().map(|c| self.plan_one(c)).collect()
    }

    fn plan_one(&self, c: &Candidate) -> Result<Result<Timed, Miss>, PlanError> {
        match fit(self.net, self.board, c, self.limits)? {
            Ok(plan) => self.buffer_sizing().same_blocks(plan).map(Ok),
            miss => Ok(miss),
        }
    }

    /// The batch's plans, but for those of the last batch that are slower than one before them, or than `best`, whatever their buffers:
    /// to count cycles takes longest. `left`: cycles of an image that the batch's plans may have together before the search ends.
    fn plan_batch(
        &self,
        batch: &[&Candidate],
        best: Option<u64>,
        left: u64,
    ) -> Result<Vec<Result<Option<Timed>, Miss>>, PlanError> {
        let fitting = batch.par_iter().map(|c| fit_untimed(self.net, self.board, c, self.limits));
        let fitting: Vec<Result<Costed, Miss>> = fitting.collect::<Result<_, _>>()?;
        let least: u64 = batch.iter().zip(&fitting).filter(|(_, found)| found.is_ok()).map(|(c, _)| c.cycles).sum();
        let sized = |costed: Costed| self.buffer_sizing().same_blocks(Timed::of_cost(costed.draft, costed.cost)?);
        if least < left {
            let plan = |found: Result<Costed, Miss>| match found {
                Ok(costed) => sized(costed).map(Some).map(Ok),
                Err(miss) => Ok(Err(miss)),
            };
            return fitting.into_par_iter().map(plan).collect();
        }
        let mut best = best.unwrap_or(u64::MAX);
        let plan = |(c, found): (&&Candidate, Result<Costed, Miss>)| match found {
            Ok(_) if c.cycles >= best => Ok(Ok(None)),
            Ok(costed) => {
                let plan = sized(costed)?;
                best = best.min(plan.timing.interval);
                Ok(Ok(Some(plan)))
            }
            Err(miss) => Ok(Err(miss)),
        };
        batch.iter().zip(fitting).map(plan).collect()
    }

    fn buffer_sizing(&self) -> BufferSizing<'_> {
        BufferSizing { net: self.net, board: self.board, limits: self.limits }
    }

    /// The plan with the shortest interval among the candidates whose ideal cycles are few enough to be it.
    fn fastest(&self, candidates: &[Candidate], misses: &mut Vec<Miss>) -> Result<Option<Timed>, PlanError> {
        let mut best: Option<Timed> = None;
        let mut near: Vec<&Candidate> = Vec::new();
        let (mut fitting, mut cycles, mut too_large) = (0, 0, 0);
        let (possible, impossible): (Vec<_>, Vec<_>) = candidates.iter().partition(|c| c.may_fit(self.limits));
        misses.extend(impossible.iter().map(|c| Miss::of(c, self.board, self.limits)));
        for batch in possible.chunks(BATCH) {
            let beaten = best.as_ref().is_some_and(|b| batch[0].cycles >= b.timing.interval);
            if beaten || fitting >= SEARCHED_PLANS || cycles >= SEARCHED_CYCLES || too_large >= ATTEMPTS {
                break;
            }
            let fastest = best.as_ref().map(|b| b.timing.interval);
            let outcomes = self.plan_batch(batch, fastest, SEARCHED_CYCLES - cycles)?;
            for (candidate, outcome) in batch.iter().zip(outcomes) {
                match outcome {
                    // The batch was the last.
                    Ok(None) => cycles = cycles.max(SEARCHED_CYCLES),
                    Ok(Some(plan)) => {
                        fitting += 1;
                        cycles += plan.timing.interval;
                        if best.as_ref().is_none_or(|b| plan.timing.interval < b.timing.interval) {
                            best = Some(plan);
                        }
                    }
                    Err(miss) => {
                        too_large += usize::from(miss.planned);
                        near.extend(miss.near.then_some(candidate));
                        misses.push(miss);
                    }
                }
            }
        }
        let best = self.nearest(near, best)?;
        match best {
            None => self.least(candidates, misses),
            best => Ok(best),
        }
    }

    /// The fastest of `best` and of the first shapes that nearly fit and may be faster, with smaller line buffers.
    fn nearest(&self, near: Vec<&Candidate>, best: Option<Timed>) -> Result<Option<Timed>, PlanError> {
        let cycles = best.as_ref().map_or(u64::MAX, |best| best.timing.interval);
        let faster: Vec<_> = near.into_iter().filter(|c| c.cycles < cycles).collect();
        let may_fit = faster.par_iter().map(|c| tables_may_fit(self.net, self.board, c, self.limits));
        let may_fit = may_fit.collect::<Result<Vec<_>, _>>()?;
        let tried = faster.into_iter().zip(may_fit).filter_map(|(c, may_fit)| may_fit.then_some(c));
        let found = self.plan_all(&tried.take(NEAR).collect::<Vec<_>>())?;
        Ok(best.into_iter().chain(found.into_iter().flatten()).min_by_key(|plan| plan.timing.interval))
    }

    /// The first plan of the shapes that take the least block RAM.
    fn least(&self, candidates: &[Candidate], misses: &mut Vec<Miss>) -> Result<Option<Timed>, PlanError> {
        for batch in least_first(candidates, self.limits) {
            for outcome in self.plan_all(&batch)? {
                match outcome {
                    Ok(plan) => return Ok(Some(plan)),
                    Err(miss) => misses.push(miss),
                }
            }
        }
        Ok(None)
    }

    /// The plan of a smaller array that is little slower and busier, where there is one.
    fn frugal(&self, candidates: &[Candidate], fastest: &Timed) -> Result<Option<Timed>, PlanError> {
        let work = |p: &Timed| p.timing.interval * p.geometry.macs_per_cycle() as u64;
        let bound = fastest.timing.interval + fastest.timing.interval / FRUGAL;
        let most_work = work(fastest) - work(fastest) / BUSIER;
        let smaller = |c: &&Candidate| {
            let least = c.cycles * c.macs() as u64;
            c.cycles <= bound
                && c.may_fit(self.limits)
                && c.macs() < fastest.geometry.macs_per_cycle()
                && least < most_work
        };
        let mut smaller: Vec<&Candidate> = candidates.iter().filter(smaller).collect();
        smaller.sort_by_key(|c| (c.cycles * c.macs() as u64, c.cycles));
        smaller.truncate(FINALISTS);
        let mut best: Option<Timed> = None;
        for c in smaller {
            // It works no less than that, whatever its buffers.
            let least = c.cycles * c.macs() as u64;
            if best.as_ref().is_some_and(|b| work(b) < least) {
                continue;
            }
            let Ok(plan) = self.plan_one(c)? else { continue };
            let order = |p: &Timed| (work(p), p.timing.interval);
            let better = plan.timing.interval <= bound && work(&plan) < most_work;
            if better && best.as_ref().is_none_or(|b| order(&plan) < order(b)) {
                best = Some(plan);
            }
        }
        Ok(best)
    }
}

#[cfg(test)]
mod tests {
    use super::{candidates, fit, Board, CandidateSearch, Constraints, Limits, PlanError};
    use systole_net::random::random_net;

    const TINY: &str = include_str!("../../../constraints/tiny.toml");
    /// Multiply-accumulates per cycle at most: as few shapes as are all planned in a moment.
    const MACS: usize = 32;

    #[test]
    fn no_shape_that_is_left_out_is_faster() {
        let board = Board { rows: None, cols: None, ..Board::parse(TINY).unwrap() };
        let constraints = Constraints { max_macs: Some(MACS), ..Constraints::default() };
        let (mut nets, mut left_out) = (0, 0);
        for seed in 0..40 {
            let net = random_net(seed, &systole_net::random::Limits::default());
            let limits = Limits::new(&net, &board, &constraints);
            let shapes = match candidates(&net, &board, &constraints, &limits) {
                Err(PlanError::Unsupported { .. }) => continue,
                shapes => shapes.unwrap(),
            };
            let all = shapes.iter().filter_map(|shape| Some((shape, fit(&net, &board, shape, &limits).unwrap().ok()?)));
            let all: Vec<_> = all.collect();
            for (shape, plan) in &all {
                let (total, bytes) = (plan.cost.total(), plan.activation_bytes());
                let least = (shape.least18, shape.least_activations, shape.least_lut);
                let holds = least.0 <= total.ram18() && least.1 <= bytes && least.2 <= total.lut;
                assert!(holds, "seed {seed}, {:?}: {least:?} of {total:?}, {bytes} bytes", shape.array);
            }
            let all: Vec<_> = all.iter().map(|(shape, plan)| (shape.cycles, plan.timing.interval)).collect();
            assert!(all.iter().all(|&(ideal, interval)| ideal <= interval), "seed {seed}: {all:?}");
            let found = CandidateSearch { net: &net, board: &board, limits: &limits }
                .fastest(&shapes, &mut Vec::new())
                .unwrap();
            let interval = found.map(|plan| plan.timing.interval);
            assert_eq!(interval, all.iter().map(|a| a.1).min(), "seed {seed}");
            left_out += all.iter().filter(|&&(ideal, _)| Some(ideal) >= interval).count();
            nets += 1;
        }
        assert!(nets > 20 && left_out > nets, "{nets} networks, {left_out} shapes that need not be planned");
    }
}

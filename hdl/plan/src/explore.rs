//! What a board offers a network: plans of which none is beaten in cycles, DSP and block RAM at once.

use crate::buffer_sizing::BufferSizing;
use crate::constraints::{Constraints, Limits};
use crate::error::PlanError;
use crate::fit::fit;
use crate::shapes::{candidates, Candidate};
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use systole_machine::Board;
use systole_machine::Plan;
use systole_net::Net;

/// Classes of array size: a class is one part in so many larger than the one before.
const CLASS_RATIO: f64 = 8.0;
/// Shapes of a class that are planned, those with the fewest ideal cycles.
const PER_CLASS: usize = 3;
/// Every shape is also planned with fewer block RAMs, one part in so many slower at most.
const THRIFTY: u64 = 30;
/// Shapes so many times slower than the fastest are left out.
const SLOWEST: u64 = 40;

/// What is compared: less is better in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Cycles of an interval.
    pub cycles: u64,
    pub dsp: usize,
    /// Block RAM in 18 Kbit units.
    pub bram18: usize,
}

impl Figures {
    pub fn of(plan: &Plan) -> Figures {
        let total = plan.cost().total();
        Figures { cycles: plan.timing().interval, dsp: total.dsp, bram18: total.ram18() }
    }

    /// Nowhere worse, somewhere better.
    pub fn beats(&self, other: &Figures) -> bool {
        self != other && self.cycles <= other.cycles && self.dsp <= other.dsp && self.bram18 <= other.bram18
    }
}

/// The Pareto front of a network on a board, fastest first.
///
/// `progress` is told how many of how many shapes are planned, from any thread.
///
/// # Errors
/// As [`crate::plan`] where no shape fits at all.
pub fn explore(
    net: &Net,
    board: &Board,
    constraints: &Constraints,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Vec<Plan>, PlanError> {
    let limits = Limits::new(net, board, constraints);
    let tried = representatives(candidates(net, board, constraints, &limits)?);
    let done = AtomicUsize::new(0);
    let sizing = BufferSizing { net, board, limits: &limits };
    let planned = tried.par_iter().map(|candidate| {
        let roomy = fit(net, board, candidate, &limits)?.ok();
        let tight = roomy.iter().map(|plan| sizing.fewer_blocks(plan.clone(), THRIFTY));
        let both = roomy.clone().into_iter().map(Ok).chain(tight).map(|timed| Ok(timed?.plan(net)));
        let both = both.collect::<Result<Vec<Plan>, PlanError>>();
        progress(done.fetch_add(1, Ordering::Relaxed) + 1, tried.len());
        both
    });
    let mut plans: Vec<Plan> = planned.collect::<Result<Vec<_>, PlanError>>()?.into_iter().flatten().collect();
    // The plan that would be chosen need not be among its class's first; where none fits, this says what is missing.
    plans.push(crate::plan(net, board, constraints)?);
    Ok(front(plans))
}

/// The shapes worth planning: the best few of every class of size.
fn representatives(candidates: Vec<Candidate>) -> Vec<Candidate> {
    let class = |c: &Candidate| ((c.macs() as f64).ln() / (1.0 + 1.0 / CLASS_RATIO).ln()) as usize;
    let mut classes: BTreeMap<usize, Vec<Candidate>> = BTreeMap::new();
    // Fewest ideal cycles come first.
    let slowest = candidates.first().map_or(0, |fastest| fastest.cycles * SLOWEST);
    for candidate in candidates.into_iter().take_while(|c| c.cycles <= slowest) {
        let class = classes.entry(class(&candidate)).or_default();
        if class.len() < PER_CLASS {
            class.push(candidate);
        }
    }
    classes.into_values().flatten().collect()
}

/// Without those that another beats, and one of those that are equal; fastest first.
pub fn front(mut plans: Vec<Plan>) -> Vec<Plan> {
    plans.sort_by_key(|p| {
        let Figures { cycles, dsp, bram18 } = Figures::of(p);
        (cycles, dsp, bram18, p.geometry.rows)
    });
    let mut kept: Vec<Plan> = Vec::new();
    for plan in plans {
        let figures = Figures::of(&plan);
        if !kept.iter().any(|k| Figures::of(k) == figures || Figures::of(k).beats(&figures)) {
            kept.push(plan);
        }
    }
    kept
}

//! Choice of the array shape: every shape the part could hold, ranked by its ideal cycles, the best ones planned exactly.

use crate::board::{Board, Family};
use crate::cost::{block_ram, is_block, logic, requant_dsp, table_ram, weight_ram};
use crate::economy::{Economy, ROOMY};
use crate::error::PlanError;
use crate::geometry::{Geometry, Multiplier, RESULT_BITS};
use crate::lower::{Lowered, Stream, Work};
use crate::plan::Plan;
use crate::planner::{draft, geometry, time, Array, Needs};
use crate::rings::{initial, place};
use crate::target::plan_within;
use crate::weight_memory::WeightMemory;
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use systole_net::Net;

/// What the user asks for beyond the board's own limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wishes {
    pub rows: Option<usize>,
    pub cols: Option<usize>,
    /// DSP blocks, 18 Kbit block RAMs and multiply-accumulates per cycle at most.
    pub max_dsp: Option<usize>,
    pub max_bram18: Option<usize>,
    pub max_macs: Option<usize>,
    /// Cycles of an image at most, images back to back; the smallest array that keeps to it is chosen.
    pub max_interval: Option<u64>,
    /// Plan as if the part had all the block RAM that the network needs; the plan says so.
    pub assume_ram: bool,
    /// Weights in initial contents, or loaded by the host; where absent, UltraRAM decides: parts that have it load.
    pub weights: Option<WeightChoice>,
}

/// What a user can ask about weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightChoice {
    Baked,
    Loaded,
}

/// Bits of weights that advice may name: fewer than they have.
const FEWER_BITS: std::ops::Range<f64> = 2.0..8.0;
/// Percent of the part's LUTs that the estimate may fill.
const LUT_PERCENT: usize = 85;
/// Shapes tried.
const MAX_ROWS: usize = 256;
const MAX_COLS: usize = 64;
/// Shapes that are planned exactly at once, on all cores.
const BATCH: usize = 4;
/// Shapes that are planned exactly and fit; cycles of an image that they may have together: what a second is enough for.
const CONTESTANTS: usize = 24;
const CONTEST_CYCLES: u64 = 4_000_000;
/// Smaller shapes that are planned exactly.
const FINALISTS: usize = 4;
/// A smaller array wins when it is at most one part in so many slower than the fastest, and busier.
const FRUGAL: u64 = 10;
/// Slack tiles of the rings, slots of shared memory: from roomy to tight.
const RING_CHOICES: [(usize, usize); 4] = [ROOMY, (1, 2), (0, 2), (0, 1)];

/// Shapes that are planned in full and found too large before giving up.
const ATTEMPTS: usize = 100;

pub(crate) struct Candidate {
    pub array: Array,
    /// Steps of an image, waits left out.
    pub cycles: u64,
    /// 18 Kbit blocks that it cannot do without.
    pub least18: usize,
}

/// The best plan for a network on a board within the wishes.
pub fn plan(net: &Net, board: &Board, wishes: &Wishes) -> Result<Plan, PlanError> {
    if let Some(cycles) = wishes.max_interval {
        return plan_within(net, board, wishes, cycles);
    }
    let limits = Limits::new(net, board, wishes);
    let candidates = candidates(net, board, wishes, &limits)?;
    let contest = Contest { net, board, limits: &limits };
    let mut misses = Vec::new();
    let Some(fastest) = contest.fastest(&candidates, &mut misses)? else {
        return Err(refusal(net, board, &limits, &misses));
    };
    let chosen = contest.frugal(&candidates, &fastest)?.unwrap_or(fastest);
    Ok(Economy { net, board, needs: limits.needs }.settle(chosen)?.with_weights(net))
}

impl Candidate {
    pub fn macs(&self) -> usize {
        self.array.rows * self.array.cols
    }
}

/// Planning candidates exactly, to compare them.
struct Contest<'a> {
    net: &'a Net,
    board: &'a Board,
    limits: &'a Limits,
}

impl Contest<'_> {
    fn plan_all(&self, batch: &[&Candidate]) -> Result<Vec<Result<Plan, Miss>>, PlanError> {
        batch.par_iter().map(|c| fit(self.net, self.board, c, self.limits)).collect()
    }

    /// The plan with the shortest interval among the candidates whose ideal cycles are few enough to be it.
    fn fastest(&self, candidates: &[Candidate], misses: &mut Vec<Miss>) -> Result<Option<Plan>, PlanError> {
        let mut best: Option<Plan> = None;
        let (mut fitting, mut cycles, mut too_large) = (0, 0, 0);
        let (hopeful, hopeless): (Vec<_>, Vec<_>) = candidates.iter().partition(|c| c.least18 <= self.limits.bram18);
        misses.extend(hopeless.iter().map(|c| Miss { plan: None, least18: c.least18, lut: None }));
        for batch in hopeful.chunks(BATCH) {
            let beaten = best.as_ref().is_some_and(|b| batch[0].cycles >= b.timing.interval);
            if beaten || fitting >= CONTESTANTS || cycles >= CONTEST_CYCLES || too_large >= ATTEMPTS {
                break;
            }
            for outcome in self.plan_all(batch)? {
                match outcome {
                    Ok(plan) => {
                        fitting += 1;
                        cycles += plan.timing.interval;
                        if best.as_ref().is_none_or(|b| plan.timing.interval < b.timing.interval) {
                            best = Some(plan);
                        }
                    }
                    Err(miss) => {
                        too_large += usize::from(miss.plan.is_some());
                        misses.push(miss);
                    }
                }
            }
        }
        Ok(best)
    }

    /// The plan of a smaller array that is little slower and busier, where there is one.
    fn frugal(&self, candidates: &[Candidate], fastest: &Plan) -> Result<Option<Plan>, PlanError> {
        let work = |p: &Plan| p.timing.interval * p.geometry.macs_per_cycle() as u64;
        let bound = fastest.timing.interval + fastest.timing.interval / FRUGAL;
        let smaller = |c: &&Candidate| {
            let least = c.cycles * c.macs() as u64;
            c.cycles <= bound
                && c.least18 <= self.limits.bram18
                && c.macs() < fastest.geometry.macs_per_cycle()
                && least < work(fastest)
        };
        let mut smaller: Vec<&Candidate> = candidates.iter().filter(smaller).collect();
        smaller.sort_by_key(|c| (c.cycles * c.macs() as u64, c.cycles));
        smaller.truncate(FINALISTS);
        let plans = self.plan_all(&smaller)?.into_iter().flatten();
        let better = plans.filter(|p| p.timing.interval <= bound && work(p) < work(fastest));
        Ok(better.min_by_key(|p| (work(p), p.timing.interval)))
    }
}

pub(crate) struct Limits {
    pub needs: Needs,
    dsp: usize,
    bram18: usize,
    lut: usize,
    macs: usize,
    uram: usize,
    weights: Option<WeightChoice>,
}

impl Limits {
    pub fn new(net: &Net, board: &Board, w: &Wishes) -> Limits {
        let min = |a: usize, b: Option<usize>| b.map_or(a, |b| a.min(b));
        Limits {
            needs: Needs::of(net),
            dsp: min(board.part.dsp, w.max_dsp),
            bram18: if w.assume_ram { usize::MAX } else { min(board.part.bram18, w.max_bram18) },
            lut: board.part.lut * LUT_PERCENT / 100,
            macs: min(board.max_macs.unwrap_or(usize::MAX), w.max_macs),
            uram: board.part.uram,
            weights: w.weights,
        }
    }
}

/// What keeps the weights: UltraRAM where there is enough of it, unless they are to be there without a host.
fn weight_memory(g: &Geometry, family: Family, limits: &Limits) -> WeightMemory {
    let ultra = Geometry { weights: WeightMemory::Ultra, ..g.clone() };
    let fits = (1..=limits.uram).contains(&weight_ram(&ultra, family).ultra);
    match limits.weights {
        Some(WeightChoice::Baked) => WeightMemory::Baked,
        _ if fits => WeightMemory::Ultra,
        Some(WeightChoice::Loaded) => WeightMemory::Loaded,
        None => WeightMemory::Baked,
    }
}

/// How an array multiplies within the limits: a product per DSP slice where there are enough of them, else two in as many columns
/// as it takes, else in all, some of those pairs in LUTs.
fn multiplier(g: &Geometry, family: Family, limits: &Limits) -> Option<Multiplier> {
    let rescale = g.rows * requant_dsp(g, family);
    let room = limits.dsp.checked_sub(rescale)?;
    if g.macs_per_cycle() <= room {
        return Some(Multiplier::Single);
    }
    if family == Family::Ecp5 {
        return None;
    }
    let pairs = (g.cols - (room / g.rows).min(g.cols)).min(g.cols / 2);
    let fabric = (g.rows * (g.cols - pairs)).saturating_sub(room);
    if fabric > g.rows * pairs {
        return None;
    }
    let multiplier = Multiplier::Pair { pairs, fabric };
    let lut = logic::array(&Geometry { multiplier, ..g.clone() }).lut + logic::weights(g).lut + logic::requant(g).lut;
    (lut <= limits.lut).then_some(multiplier)
}

/// Shapes within the multipliers, fewest ideal cycles first.
pub(crate) fn candidates(net: &Net, board: &Board, w: &Wishes, limits: &Limits) -> Result<Vec<Candidate>, PlanError> {
    let rows: Vec<usize> = w.rows.or(board.rows).map_or((2..=MAX_ROWS).collect(), |r| vec![r]);
    let cols: Vec<usize> = w.cols.or(board.cols).map_or((2..=MAX_COLS).collect(), |c| vec![c]);
    let by_rows = rows.par_iter().map(|&rows| candidates_of(net, board, limits, rows, &cols));
    let (mut all, mut reason) = (Vec::new(), None);
    for found in by_rows.collect::<Vec<_>>() {
        match found {
            Ok(found) => all.extend(found),
            Err(e) => reason = Some(e),
        }
    }
    all.sort_by_key(|c: &Candidate| (c.cycles, c.macs(), c.array.rows));
    match (all.is_empty(), reason) {
        (true, Some(e)) => Err(e),
        (true, None) => Err(PlanError::NoShape { dsp: limits.dsp, macs: limits.macs, board: board.name.clone() }),
        _ => Ok(all),
    }
}

/// Shapes with so many rows.
fn candidates_of(
    net: &Net,
    board: &Board,
    limits: &Limits,
    rows: usize,
    cols: &[usize],
) -> Result<Vec<Candidate>, PlanError> {
    let within: Vec<usize> = cols.iter().copied().filter(|cols| rows * cols <= limits.macs).collect();
    let low = Lowered::new(net, rows)?;
    let family = board.part.family;
    let mut tightest = None;
    let mut found = Vec::new();
    for cols in within {
        let mut g = geometry(limits.needs, board, &low, cols);
        let Some(multiplier) = multiplier(&g, family, limits) else { continue };
        g.weights = weight_memory(&g, family, limits);
        let words = *tightest.get_or_insert_with(|| place(&low, &initial(&low, 0, 1)).1);
        found.push(Candidate {
            array: Array { rows, cols, multiplier, weights: g.weights },
            cycles: ideal_cycles(&low, &g),
            least18: least18(net, &low, &g, family, words),
        });
    }
    Ok(found)
}

/// 18 Kbit blocks of weights, activations of so many words a bank, and the tables whose size is known before planning.
fn least18(net: &Net, low: &Lowered, g: &Geometry, family: Family, words: usize) -> usize {
    weight_ram(g, family).halves() + g.rows * block_ram(words, 8, family).halves() + known_tables(net, low, g, family)
}

/// Cycles that the array takes for an image, waits left out.
fn ideal_cycles(low: &Lowered, g: &Geometry) -> u64 {
    low.streams.iter().map(|s| (s.ops * s.array_cycles(g.cols)) as u64).sum()
}

/// A shape that does not fit, with its nearest plan where one could be made.
pub(crate) struct Miss {
    plan: Option<Plan>,
    /// 18 Kbit blocks that weights and activations need at the least.
    least18: usize,
    /// Estimated LUTs, where they are too many.
    lut: Option<usize>,
}

/// The shape's first plan that fits, from roomy rings to tight ones, without its weights.
pub(crate) fn fit(net: &Net, board: &Board, c: &Candidate, limits: &Limits) -> Result<Result<Plan, Miss>, PlanError> {
    let low = Lowered::new(net, c.array.rows)?;
    let g = Geometry { weights: c.array.weights, ..geometry(limits.needs, board, &low, c.array.cols) };
    let family = board.part.family;
    let mut miss = Miss { plan: None, least18: c.least18, lut: None };
    for (slack, arena) in RING_CHOICES {
        let (_, words) = place(&low, &initial(&low, slack, arena));
        if least18(net, &low, &g, family, words) > limits.bram18 {
            continue;
        }
        let mut p = draft(net, board, limits.needs, c.array, |low| initial(low, slack, arena))?;
        let total = p.cost.total();
        if total.lut > limits.lut {
            miss.lut = Some(total.lut);
            break;
        }
        if total.bram18 + 2 * total.bram36 <= limits.bram18 && total.dsp <= limits.dsp {
            p.ram_assumed = total.bram18 + 2 * total.bram36 > board.part.bram18;
            p.timing = time(&p)?;
            return Ok(Ok(p));
        }
        miss.plan = Some(p);
    }
    Ok(Err(miss))
}

/// 18 Kbit blocks of the tables whose size is known before planning; keeps hopeless shapes from being planned.
fn known_tables(net: &Net, low: &Lowered, g: &Geometry, family: Family) -> usize {
    let channels = |s: &Stream| match &s.work {
        Work::Conv(c) => c.out_channels.next_multiple_of(g.cols),
        Work::Pool(_) => 0,
    };
    let params = low.streams.iter().map(channels).sum();
    let block =
        |depth: usize, width: usize| if is_block(depth, width) { table_ram(depth, width, family).halves() } else { 0 };
    block(params, g.acc_bits + g.mult_bits) + 2 * block(net.classes(), RESULT_BITS)
}

/// What is missing, layer by layer, and what would fit.
fn refusal(net: &Net, board: &Board, limits: &Limits, misses: &[Miss]) -> PlanError {
    let halves = |p: &Plan| {
        let t = p.cost.total();
        t.bram18 + 2 * t.bram36
    };
    let need = misses.iter().map(|m| m.plan.as_ref().map_or(m.least18, halves)).min().unwrap_or(0);
    let bytes = |l: &systole_net::Layer| match &l.kind {
        systole_net::LayerKind::Conv(c) => c.weights.len(),
        systole_net::LayerKind::Pool(_) => 0,
    };
    let mut table = String::new();
    for l in net.layers.iter().filter(|l| bytes(l) > 0) {
        table.push_str(&format!("  {:24} {:>9} bytes of weights\n", l.name, bytes(l)));
    }
    let total: usize = net.layers.iter().map(bytes).sum();
    table.push_str(&format!("  {:24} {total:>9} bytes of weights\n", "all layers"));
    let room = limits.bram18 * 18 * 1024 / 8;
    let bits = (room as f64 * 0.85 / total as f64 * 8.0).floor();
    let mut advice = String::new();
    if FEWER_BITS.contains(&bits) {
        advice.push_str(&format!("weights of {bits:.0} bits or fewer would leave room for the activations; or "));
    }
    advice.push_str("use a larger part, a smaller image, or a network with fewer classes or channels");
    PlanError::DoesNotFit {
        network: net.name.clone(),
        board: board.name.clone(),
        summary: match misses.iter().filter_map(|m| m.lut).min() {
            Some(lut) => format!("needs about {lut} LUTs, {} may be filled", limits.lut),
            None => format!("needs at least {need} block RAMs of 18 Kbit, {} are there", limits.bram18),
        },
        table,
        advice,
    }
}

//! Choice of the array shape: every shape the part could hold, ranked by its ideal cycles, the best ones planned exactly.

use crate::board::{Board, Family};
use crate::cost::{block_ram, is_block, logic, requant_dsp, table_ram, weight_ram};
use crate::error::PlanError;
use crate::geometry::{Geometry, Multiplier, RESULT_BITS};
use crate::lower::{Lowered, Stream, Work};
use crate::plan::Plan;
use crate::planner::{draft, geometry, time, Array, Needs};
use crate::rings::{initial, place};
use crate::target::plan_within;
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
}

/// Percent of the part's LUTs that the estimate may fill.
const LUT_PERCENT: usize = 85;
/// Shapes tried.
const MAX_ROWS: usize = 128;
const COLS: [usize; 12] = [2, 4, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64];
/// Shapes beside the fastest that are planned exactly.
const FINALISTS: usize = 2;
/// A smaller array wins when it is at most one part in so many slower than the fastest, and busier.
const FRUGAL: u64 = 10;
/// Slack tiles of the rings, slots of shared memory: from roomy to tight.
const RING_CHOICES: [(usize, usize); 4] = [(2, 2), (1, 2), (0, 2), (0, 1)];

/// Shapes that are planned in full and found too large before giving up.
const ATTEMPTS: usize = 100;

pub(crate) struct Candidate {
    pub array: Array,
    /// Steps of an image, waits left out.
    pub cycles: u64,
}

/// The best plan for a network on a board within the wishes.
pub fn plan(net: &Net, board: &Board, wishes: &Wishes) -> Result<Plan, PlanError> {
    if let Some(cycles) = wishes.max_interval {
        return plan_within(net, board, wishes, cycles);
    }
    let limits = Limits::new(net, board, wishes);
    let candidates = candidates(net, board, wishes, &limits)?;
    let mut misses = Vec::new();
    let Some((fastest, at)) = first_fit(net, board, &candidates, &limits, &mut misses)? else {
        return Err(refusal(net, board, &limits, &misses));
    };
    let bound = fastest.timing.interval + fastest.timing.interval / FRUGAL;
    let mut frugal: Vec<&Candidate> = candidates[at + 1..]
        .iter()
        .take_while(|c| c.cycles <= bound)
        .filter(|c| c.macs() < candidates[at].macs())
        .collect();
    frugal.sort_by_key(|c| (c.cycles * c.macs() as u64, c.cycles));
    for c in frugal.into_iter().take(FINALISTS) {
        if let Ok(p) = fit(net, board, c, &limits)? {
            let work = |p: &Plan| p.timing.interval * p.geometry.macs_per_cycle() as u64;
            if p.timing.interval <= bound && work(&p) < work(&fastest) {
                return Ok(p);
            }
        }
    }
    Ok(fastest)
}

impl Candidate {
    pub fn macs(&self) -> usize {
        self.array.rows * self.array.cols
    }
}

/// The first candidate that fits, and its index.
fn first_fit(
    net: &Net,
    board: &Board,
    candidates: &[Candidate],
    limits: &Limits,
    misses: &mut Vec<Miss>,
) -> Result<Option<(Plan, usize)>, PlanError> {
    for (at, c) in candidates.iter().enumerate() {
        match fit(net, board, c, limits)? {
            Ok(p) => return Ok(Some((p, at))),
            Err(miss) => misses.push(miss),
        }
        if misses.iter().filter(|m| m.plan.is_some()).count() == ATTEMPTS {
            break;
        }
    }
    Ok(None)
}

pub(crate) struct Limits {
    needs: Needs,
    dsp: usize,
    bram18: usize,
    lut: usize,
    macs: usize,
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
        }
    }
}

/// How an array multiplies within the limits: a product per DSP slice where there are enough of them, else two, else some of
/// those pairs in LUTs.
fn multiplier(g: &Geometry, family: Family, limits: &Limits) -> Option<Multiplier> {
    let rescale = g.rows * requant_dsp(g, family);
    let room = limits.dsp.checked_sub(rescale)?;
    if g.macs_per_cycle() <= room {
        return Some(Multiplier::Single);
    }
    if family == Family::Ecp5 || !g.cols.is_multiple_of(2) {
        return None;
    }
    let fabric = (g.macs_per_cycle() / 2).saturating_sub(room);
    let multiplier = Multiplier::Pair { fabric };
    let lut = logic::array(&Geometry { multiplier, ..g.clone() }).lut + logic::weights(g).lut + logic::requant(g).lut;
    (lut <= limits.lut).then_some(multiplier)
}

/// Shapes within the multipliers, fewest ideal cycles first.
pub(crate) fn candidates(net: &Net, board: &Board, w: &Wishes, limits: &Limits) -> Result<Vec<Candidate>, PlanError> {
    let rows: Vec<usize> = match w.rows.or(board.rows) {
        Some(r) => vec![r],
        None => (2..=MAX_ROWS).collect(),
    };
    let cols: Vec<usize> = w.cols.or(board.cols).map_or(COLS.to_vec(), |c| vec![c]);
    let mut all = Vec::new();
    let mut reason = None;
    for &rows in &rows {
        let low = match Lowered::new(net, rows) {
            Ok(low) => low,
            Err(e) => {
                reason = Some(e);
                continue;
            }
        };
        for &cols in &cols {
            let g = geometry(limits.needs, board, &low, cols);
            if rows * cols > limits.macs {
                continue;
            }
            if let Some(multiplier) = multiplier(&g, board.part.family, limits) {
                all.push(Candidate { array: Array { rows, cols, multiplier }, cycles: ideal_cycles(&low, &g) });
            }
        }
    }
    all.sort_by_key(|c| (c.cycles, c.macs(), c.array.rows));
    match (all.is_empty(), reason) {
        (true, Some(e)) => Err(e),
        (true, None) => Err(PlanError::NoShape { dsp: limits.dsp, macs: limits.macs, board: board.name.clone() }),
        _ => Ok(all),
    }
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

/// The shape's first plan that fits, from roomy rings to tight ones.
pub(crate) fn fit(net: &Net, board: &Board, c: &Candidate, limits: &Limits) -> Result<Result<Plan, Miss>, PlanError> {
    let low = Lowered::new(net, c.array.rows)?;
    let g = geometry(limits.needs, board, &low, c.array.cols);
    let family = board.part.family;
    let weights18 = weight_ram(&g, family).halves();
    let tables18 = known_tables(net, &low, &g, family);
    let mut miss = Miss { plan: None, least18: weights18, lut: None };
    for (slack, arena) in RING_CHOICES {
        let (_, words) = place(&low, &initial(&low, slack, arena));
        let least = weights18 + c.array.rows * block_ram(words, 8, family).halves() + tables18;
        if least > limits.bram18 {
            miss.least18 = least;
            continue;
        }
        let mut p = draft(net, board, limits.needs, c.array, (slack, arena))?;
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
    if bits >= 2.0 {
        advice.push_str(&format!("weights of {bits:.0} bits or fewer would leave room for the activations; "));
    }
    advice.push_str("or use a larger part, or a network with fewer classes or channels");
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

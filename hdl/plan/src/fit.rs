//! A shape planned exactly within the part's limits, or what it lacks.

use crate::board::Board;
use crate::economy::ROOMY;
use crate::error::PlanError;
use crate::geometry::Geometry;
use crate::lower::Lowered;
use crate::plan::Plan;
use crate::planner::{draft, geometry, time, Array};
use crate::rings::{initial, place};
use crate::shapes::{least18, Candidate};
use crate::wishes::Limits;
use systole_net::Net;

/// Bits of weights that advice may name: fewer than they have.
const FEWER_BITS: std::ops::Range<f64> = 2.0..8.0;
/// Slack tiles of the rings, slots of shared memory, and rows that poolings take at a time (0: whole windows): from roomy to tight.
const RING_CHOICES: [(usize, usize, usize); 7] =
    [(ROOMY.0, ROOMY.1, 0), (1, 2, 0), (0, 2, 0), (0, 1, 0), (0, 1, 2), (1, 2, 1), (0, 1, 1)];

/// A shape that does not fit, with its nearest plan where one could be made.
pub(crate) struct Miss {
    pub plan: Option<Plan>,
    /// 18 Kbit blocks that weights and activations need at the least.
    pub least18: usize,
    /// Estimated LUTs, where they are too many.
    pub lut: Option<usize>,
}

/// The shape's first plan that fits, from roomy rings to tight ones, without its weights.
pub(crate) fn fit(net: &Net, board: &Board, c: &Candidate, limits: &Limits) -> Result<Result<Plan, Miss>, PlanError> {
    let family = board.part.family;
    let mut miss = Miss { plan: None, least18: c.least18, lut: None };
    for (slack, arena, pool_rows) in RING_CHOICES {
        let pool_rows = if pool_rows == 0 { c.array.pool_rows } else { pool_rows };
        if pool_rows > c.array.pool_rows {
            continue;
        }
        let array = Array { pool_rows, ..c.array };
        let low = Lowered::new(net, array.rows, pool_rows)?;
        let g = Geometry { weights: array.weights, ..geometry(limits.needs, board, &low, array.cols) };
        let (_, words) = place(&low, &initial(&low, slack, arena));
        if least18(&g, family, words) > limits.bram18 || array.rows * words > limits.activations {
            continue;
        }
        let rings = |low: &Lowered| initial(low, slack, arena);
        let mut p = draft(net, board, limits.needs, array, rings)?.within_blocks(limits.bram18);
        let total = p.cost.total();
        if total.lut > limits.lut {
            miss.lut = Some(total.lut);
            break;
        }
        if p.ram18() <= limits.bram18 && total.dsp <= limits.dsp && p.activation_bytes() <= limits.activations {
            p.ram_assumed = p.ram18() > board.part.bram18;
            p.timing = time(&p)?;
            return Ok(Ok(p));
        }
        miss.plan = Some(p);
    }
    Ok(Err(miss))
}

/// What is missing, layer by layer, and what would fit.
pub(crate) fn refusal(net: &Net, board: &Board, limits: &Limits, misses: &[Miss]) -> PlanError {
    let need = misses.iter().map(|m| m.plan.as_ref().map_or(m.least18, Plan::ram18)).min().unwrap_or(0);
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

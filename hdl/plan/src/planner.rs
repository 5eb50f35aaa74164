//! From network and board to plan: shape, rings, order, tables, exact timing.

use crate::board::Board;
use crate::build::{sum_sink, Builder, Tables};
use crate::clock::machine::{Machine, Observer};
use crate::error::PlanError;
use crate::geometry::{bits_for, Geometry, Multiplier, PRODUCT_BITS};
use crate::losses::{Ledger, Recorder, Stretch};
use crate::lower::Lowered;
use crate::plan::{Plan, Saving, Timing};
use crate::registers::ABI_VERSION;
use crate::report::Cost;
use crate::rings::{initial, place, whole};
use crate::schedule::{schedule, widened, Order, Rings};
use crate::weight_memory::WeightMemory;
use std::ops::RangeInclusive;
use systole_net::{LayerKind, Net};

/// Images that the timing run sends; the last interval counts.
const TIMED_IMAGES: usize = 3;

/// What [`Machine::quiet`] says where nothing that is under way will ever end. However slow a machine is, it is not that.
const FOR_EVER: u64 = u64::MAX;

/// Standstills of the order that are resolved one after another, by a tile more for every ring that is full.
const STANDSTILLS: usize = 64;

/// Rings and order for a shape, with more room where the order comes to a standstill: a tile at a time, then as much as the rest
/// of the order asks for, at the last whole maps, with which every order is possible.
///
/// # Errors
/// [`PlanError::NoSchedule`].
pub fn order(low: &Lowered, g: &Geometry, mut rings: Rings) -> Result<(Rings, Order), PlanError> {
    for _ in 0..STANDSTILLS {
        match schedule(low, g, &rings) {
            Ok(order) => return Ok((rings, order)),
            Err(d) => {
                for m in d.full {
                    rings.slots[m] += 1;
                }
            }
        }
    }
    for rings in [widened(low, g, rings), Some(whole(low))].into_iter().flatten() {
        if let Ok(order) = schedule(low, g, &rings) {
            return Ok((rings, order));
        }
    }
    let maps = low.maps.iter().map(|m| m.name.as_str()).collect::<Vec<_>>().join(", ");
    Err(PlanError::NoSchedule { maps, rows: low.rows })
}

/// What the network asks of any geometry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    pub acc_bits: usize,
    pub mult_bits: usize,
    /// Width of the multipliers of what is added; 0 without additions.
    pub residual_bits: usize,
    pub pool_kernel: usize,
    /// SHA-256 of the network's integers, and of its weights.
    pub net_hash: [u8; 32],
    pub weights_hash: [u8; 32],
}

impl Needs {
    /// Widths proven from all weights, and the largest pooling window.
    pub fn of(net: &Net) -> Needs {
        let (net_hash, weights_hash) = (net.hash().0, net.weights_hash().0);
        let mut needs =
            Needs { acc_bits: PRODUCT_BITS, mult_bits: 1, residual_bits: 0, pool_kernel: 1, net_hash, weights_hash };
        for l in &net.layers {
            match &l.kind {
                LayerKind::Conv(c) => {
                    needs.acc_bits = needs.acc_bits.max(c.acc_bits(&net.tensors[l.input]) as usize);
                    needs.mult_bits = needs.mult_bits.max(c.mult_bits() as usize);
                    let residual = c.residual.as_ref().map_or(0, |r| bits_for(r.mult as usize));
                    needs.residual_bits = needs.residual_bits.max(residual);
                }
                LayerKind::Pool(p) => needs.pool_kernel = needs.pool_kernel.max(p.kernel),
            }
        }
        needs
    }
}

/// Counts the cycles of the clocked model with a host that never stalls: the interval between the last two results.
///
/// # Errors
/// [`PlanError::Stuck`].
pub fn time(plan: &Plan) -> Result<Timing, PlanError> {
    let mut ledger = Ledger::new(plan.layers.len());
    let run = run(plan, &mut ledger, Ledger::count)?;
    let macs: u64 = plan.bindings.iter().map(|b| b.macs).sum();
    Ok(Timing {
        latency: run.latency,
        interval: run.interval,
        macs,
        utilisation: macs as f64 / (run.interval * plan.geometry.macs_per_cycle() as u64) as f64,
        layers: ledger.close(),
    })
}

/// What the array does in each cycle of that interval.
///
/// # Errors
/// [`PlanError::Stuck`].
pub fn timeline(plan: &Plan) -> Result<Vec<Stretch>, PlanError> {
    let mut recorder = Recorder::default();
    run(plan, &mut recorder, Recorder::count)?;
    Ok(recorder.close())
}

struct Run {
    latency: u64,
    interval: u64,
}

/// Runs the images; `count` is called at the beginning of the interval that is measured.
fn run<O: Observer>(plan: &Plan, observer: &mut O, count: fn(&mut O)) -> Result<Run, PlanError> {
    let mut m = Machine::new(plan);
    let (mut first_in, mut ends) = (None, Vec::new());
    while ends.len() < TIMED_IMAGES {
        match m.quiet(true, true) {
            0 => {}
            FOR_EVER => return Err(PlanError::Stuck { cycle: m.now, step: m.sequencer.pc, results: ends.len() }),
            cycles => m.skip(cycles, observer),
        }
        let tick = m.clock(true, true, observer);
        let cycle = m.now - 1;
        if tick.in_beat && first_in.is_none() {
            first_in = Some(cycle);
        }
        if tick.out_last {
            ends.push(cycle);
            if ends.len() == TIMED_IMAGES - 1 {
                count(observer);
            }
        }
    }
    let interval = ends[TIMED_IMAGES - 1] - ends[TIMED_IMAGES - 2];
    Ok(Run { latency: ends[0] - first_in.unwrap_or(0) + 1, interval })
}

/// The geometry for a number of columns, activations not yet laid out.
pub fn geometry(needs: Needs, board: &Board, low: &Lowered, cols: usize) -> Geometry {
    Geometry {
        rows: low.rows,
        cols,
        acc_bits: needs.acc_bits,
        mult_bits: needs.mult_bits,
        residual_bits: needs.residual_bits,
        act_depth: 0,
        wgt_depth: low.streams.iter().map(|s| s.steps(cols)).sum(),
        in_bytes: board.in_bytes,
        pool_kernel: needs.pool_kernel,
        pool_rows: low.pool_rows,
        multiplier: Multiplier::Single,
        per_link: board.part.family.columns_per_link(),
        weights: WeightMemory::Baked,
    }
}

/// Words that give bank addresses as many bits as ring sizes have: addresses are computed from those.
fn least_depth(rings: &Rings) -> usize {
    let slots = rings.slots.iter().max().map_or(1, |n| n + 1);
    (1 << (bits_for(slots) - 1)) + 1
}

/// Rows, and columns, that an array may have.
pub const SIDE: RangeInclusive<usize> = 2..=1024;

/// Rows and columns of an array, how it multiplies, and what keeps its weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Array {
    pub rows: usize,
    pub cols: usize,
    pub multiplier: Multiplier,
    pub weights: WeightMemory,
    /// Rows of a pooling's window that an operation takes at most.
    pub pool_rows: usize,
}

impl Array {
    /// # Errors
    /// [`PlanError::Shape`], [`PlanError::Pairs`].
    pub(crate) fn check(&self) -> Result<(), PlanError> {
        let Array { rows, cols, multiplier, .. } = *self;
        if !SIDE.contains(&rows) || !SIDE.contains(&cols) {
            return Err(PlanError::Shape { rows, cols });
        }
        match multiplier {
            Multiplier::Pair { pairs, fabric } if 2 * pairs > cols || fabric > rows * pairs => {
                Err(PlanError::Pairs { rows, cols, pairs, fabric })
            }
            _ => Ok(()),
        }
    }
}

/// A plan for one shape, a product per DSP slice: `slack` spare tiles per ring, `arena` tiles for maps that share memory.
pub fn plan_shape(
    net: &Net,
    board: &Board,
    rows: usize,
    cols: usize,
    slack: usize,
    arena: usize,
) -> Result<Plan, PlanError> {
    plan_array(
        net,
        board,
        Array {
            rows,
            cols,
            multiplier: Multiplier::Single,
            weights: WeightMemory::Baked,
            pool_rows: Needs::of(net).pool_kernel,
        },
        (slack, arena),
    )
}

/// A plan for one array; `rings` is (slack, arena).
pub fn plan_array(net: &Net, board: &Board, array: Array, rings: (usize, usize)) -> Result<Plan, PlanError> {
    let mut plan = draft(net, board, Needs::of(net), array, |low| initial(low, rings.0, rings.1))?;
    plan.timing = time(&plan)?;
    Ok(plan.with_weights(net))
}

/// A plan whose cycles have not been counted yet, without its weights, with at least the given rings.
pub(crate) fn draft(
    net: &Net,
    board: &Board,
    needs: Needs,
    array: Array,
    rings: impl FnOnce(&Lowered) -> Rings,
) -> Result<Plan, PlanError> {
    array.check()?;
    let Array { rows, cols, multiplier, weights, pool_rows } = array;
    let low = Lowered::new(net, rows, pool_rows)?;
    let mut g = Geometry { multiplier, weights, ..geometry(needs, board, &low, cols) };
    let (rings, order) = order(&low, &g, rings(&low))?;
    let (base, words) = place(&low, &rings);
    let b = Builder { net, low: &low, rings: &rings, base: &base, rows, cols };
    g.act_depth = act_depth(&b, words);
    let mut tables = b.descriptors();
    b.program(&order.ops, &mut tables);
    Ok(assemble(board, needs, &b, g, tables))
}

/// Words of a bank for rings that take `words`.
pub(crate) fn act_depth(b: &Builder, words: usize) -> usize {
    words.max(least_depth(b.rings)).max(b.kept_end())
}

/// What follows from network, array, rings and tables: all of a plan but its cycles and its weights.
pub(crate) fn assemble(board: &Board, needs: Needs, b: &Builder, g: Geometry, t: Tables) -> Plan {
    let net = b.net;
    let (sum_signed, out_scale, border_pixels) = sum_sink(net);
    let offsets = if net.border_sums().iter().any(|&sum| sum != 0) { net.border_sums() } else { Vec::new() };
    let mut plan = Plan {
        abi: ABI_VERSION.reset,
        network: net.name.clone(),
        net_hash: needs.net_hash,
        weights_hash: needs.weights_hash,
        board: board.clone(),
        rings: b.rings(),
        input: b.input(&g),
        program: t.program,
        layers: t.layers,
        bindings: t.bindings,
        taps: t.taps,
        pools: t.pools,
        pool_layers: t.pool_layers,
        residuals: t.residuals,
        params: t.params,
        weights: Vec::new(),
        classes: net.classes(),
        sum_pixels: net.sum_pixels(),
        border_pixels,
        offsets,
        sum_signed,
        out_scale,
        score_ends: net.score_ends,
        labels: net.labels.clone(),
        encoding: net.input.clone(),
        preprocessing: net.preprocessing.clone(),
        cost: Cost::default(),
        lut_tables: Vec::new(),
        saving: Saving::default(),
        ram_assumed: false,
        timing: Timing::default(),
        geometry: g,
    };
    plan.count();
    plan
}

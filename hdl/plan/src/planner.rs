//! From network and board to plan: shape, line buffers, order, tables, exact timing.

use crate::build::{sum_sink, Builder};
use crate::coding::{Coding, Uncodable};
use crate::error::PlanError;
use crate::line_buffers::{initial, place, whole, Spare};
use crate::lower::{Lowered, Work};
use crate::schedule::{schedule, widened, LineBuffers, Order};
use crate::timed::Timed;
use std::sync::{Arc, OnceLock};
use systole_machine::geometry::{bits_for, Geometry, Multiplier, PRODUCT_BITS, SIDE};
use systole_machine::registers::ABI_VERSION;
use systole_machine::weights::codes::{Codes, LayerStreams};
use systole_machine::Board;
use systole_machine::WeightMemory;
use systole_machine::{Contents, Draft, Plan, Saving};
use systole_net::{Digest, LayerKind, Net};

/// Standstills of the order that are resolved one after another, by a tile more for every line buffer that is full.
const STANDSTILLS: usize = 64;

/// Line buffers and order for a shape, with more room where the order comes to a standstill: a tile at a time, then as much as the rest
/// of the order asks for, at the last whole maps, with which every order is possible.
///
/// # Errors
/// [`PlanError::NoSchedule`].
pub fn order(low: &Lowered, g: &Geometry, buffers: LineBuffers) -> Result<(LineBuffers, Order), PlanError> {
    order_within(low, g, buffers, |_| true).map_err(|unordered| unordered.refusal(low))
}

/// Why there is no order within so much room.
pub(crate) enum Unordered {
    /// The line buffers take so many words of a bank by the time that they are known to be too small.
    TooLarge {
        words: usize,
    },
    Impossible(PlanError),
}

impl Unordered {
    /// What is said of it where there was no bound.
    fn refusal(self, low: &Lowered) -> PlanError {
        match self {
            Unordered::Impossible(error) => error,
            Unordered::TooLarge { .. } => no_schedule(low),
        }
    }
}

/// As [`order`], with line buffers whose words in a bank `fits` allows.
pub(crate) fn order_within(
    low: &Lowered,
    g: &Geometry,
    mut buffers: LineBuffers,
    fits: impl Fn(usize) -> bool,
) -> Result<(LineBuffers, Order), Unordered> {
    for _ in 0..STANDSTILLS {
        match schedule(low, g, &buffers) {
            Ok(order) => return Ok((buffers, order)),
            Err(d) => {
                for m in d.full {
                    buffers.slots[m] += 1;
                }
            }
        }
        let (_, words) = place(low, &buffers);
        if !fits(words) {
            return Err(Unordered::TooLarge { words });
        }
    }
    for buffers in [widened(low, g, buffers), Some(whole(low))].into_iter().flatten() {
        if let Ok(order) = schedule(low, g, &buffers) {
            return Ok((buffers, order));
        }
    }
    Err(Unordered::Impossible(no_schedule(low)))
}

fn no_schedule(low: &Lowered) -> PlanError {
    let maps = low.maps.iter().map(|m| m.name.as_str()).collect::<Vec<_>>().join(", ");
    PlanError::NoSchedule { maps, rows: low.rows }
}

/// What the network asks of any geometry.
#[derive(Clone, Debug)]
pub struct Needs {
    pub acc_bits: usize,
    pub mult_bits: usize,
    /// Width of the multipliers of what is added; 0 without additions.
    pub residual_bits: usize,
    pub pool_kernel: usize,
    /// SHA-256 of the network's integers, and of its weights.
    pub net_hash: Digest,
    pub weights_hash: Digest,
    /// Its weights as codes, worked out when someone asks.
    coding: Arc<OnceLock<Result<Coding, Uncodable>>>,
}

impl Needs {
    /// The weights as codes.
    pub fn coding(&self, net: &Net) -> &Result<Coding, Uncodable> {
        self.coding.get_or_init(|| Coding::of(net))
    }

    /// Widths proven from all weights, and the largest pooling window.
    pub fn of(net: &Net) -> Needs {
        let (net_hash, weights_hash) = (net.hash(), net.weights_hash());
        let mut needs = Needs {
            acc_bits: PRODUCT_BITS,
            mult_bits: 1,
            residual_bits: 0,
            pool_kernel: 1,
            net_hash,
            weights_hash,
            coding: Arc::default(),
        };
        for l in &net.layers {
            match &l.kind {
                LayerKind::Conv(c) => {
                    needs.acc_bits = needs.acc_bits.max(c.acc_bits(&net.tensors[l.input]) as usize);
                    needs.mult_bits = needs.mult_bits.max(c.mult_bits() as usize);
                    let residual = c.residual.as_ref().map_or(0, |r| bits_for(r.mult.to_bits() as usize));
                    needs.residual_bits = needs.residual_bits.max(residual);
                }
                LayerKind::Pool(p) => needs.pool_kernel = needs.pool_kernel.max(p.kernel),
            }
        }
        needs
    }
}

/// The geometry for a number of columns, activations not yet laid out.
pub fn geometry(needs: &Needs, board: &Board, low: &Lowered, cols: usize) -> Geometry {
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
        pool_passes: low.pool_passes(),
        pool_words: low.pool_words(),
        multiplier: Multiplier::Single,
        per_link: board.device.family.columns_per_link(),
        weights: WeightMemory::default(),
        ultra: 0,
        codes: Codes::default(),
    }
}

/// The geometry of an array, activations not yet laid out, and where a store of codes keeps each layer's weights.
///
/// # Errors
/// [`PlanError::Codes`].
pub(crate) fn array_geometry(
    net: &Net,
    needs: &Needs,
    board: &Board,
    low: &Lowered,
    array: &Array,
) -> Result<(Geometry, Vec<LayerStreams>), PlanError> {
    let Array { cols, multiplier, weights, .. } = *array;
    let g = Geometry { multiplier, weights, ..geometry(needs, board, low, cols) };
    let mut g = g.dividing(board.device.uram);
    if !weights.store().is_coded() {
        return Ok((g, Vec::new()));
    }
    let refused = |why: String| PlanError::Codes { network: net.name.clone(), why };
    let coding = needs.coding(net).as_ref().map_err(|why| refused(why.to_string()))?;
    let convs = low.streams.iter().filter(|stream| matches!(stream.work, Work::Conv(_)));
    let layout = coding.layout(cols, convs);
    let layout =
        layout.ok_or_else(|| refused(format!("the tiles of a layer are too short for them on {cols} columns")))?;
    g.codes = layout.codes.clone();
    Ok((g, layout.streams.clone()))
}

/// Words that give bank addresses as many bits as line buffer sizes have: addresses are computed from those.
fn least_depth(buffers: &LineBuffers) -> usize {
    let slots = buffers.slots.iter().max().map_or(1, |n| n + 1);
    (1 << (bits_for(slots) - 1)) + 1
}

/// Rows and columns of an array, how it multiplies, and what keeps its weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Array {
    pub rows: usize,
    pub cols: usize,
    pub multiplier: Multiplier,
    pub weights: WeightMemory,
    /// Words of the result FIFO at least; more where a tile has more, none where no pooling takes results directly.
    pub pool_words: usize,
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
            Multiplier::Pair { .. } | Multiplier::Single => Ok(()),
        }
    }
}

/// A plan for one shape, a product per DSP slice, with spare tiles in its line buffers.
pub fn plan_shape(net: &Net, board: &Board, rows: usize, cols: usize, spare: Spare) -> Result<Plan, PlanError> {
    plan_array(
        net,
        board,
        Array { rows, cols, multiplier: Multiplier::Single, weights: WeightMemory::default(), pool_words: 0 },
        spare,
    )
}

/// A plan for one array with spare tiles in its line buffers.
pub fn plan_array(net: &Net, board: &Board, array: Array, spare: Spare) -> Result<Plan, PlanError> {
    let draft = draft(net, board, &Needs::of(net), array, |low| initial(low, spare))?;
    Ok(Timed::new(draft)?.plan(net))
}

/// A draft with at least the given line buffers.
pub(crate) fn draft(
    net: &Net,
    board: &Board,
    needs: &Needs,
    array: Array,
    buffers: impl FnOnce(&Lowered) -> LineBuffers,
) -> Result<Draft, PlanError> {
    array.check()?;
    let low = Lowered::new(net, array.rows)?;
    let drafted = draft_within((net, &low), board, needs, array, buffers(&low), |_| true);
    drafted.map_err(|unordered| unordered.refusal(&low))
}

/// A draft whose program is empty: what any order with these line buffers takes at the least.
///
/// # Errors
/// As [`draft`].
pub(crate) fn unordered(
    (net, low): (&Net, &Lowered),
    board: &Board,
    needs: &Needs,
    array: Array,
    buffers: &LineBuffers,
) -> Result<Draft, PlanError> {
    let Array { rows, cols, .. } = array;
    let (mut g, streams) = fifo_geometry(net, needs, board, low, &array)?;
    let (base, words) = place(low, buffers);
    let b = Builder { net, low, buffers, base: &base, rows, cols };
    g.act_depth = act_depth(&b, words);
    let tables = b.descriptors();
    Ok(assemble(board, needs, &b, g, Contents { streams, ..tables.contents }))
}

/// As [`array_geometry`], with the result FIFO that the array names.
fn fifo_geometry(
    net: &Net,
    needs: &Needs,
    board: &Board,
    low: &Lowered,
    array: &Array,
) -> Result<(Geometry, Vec<LayerStreams>), PlanError> {
    let (mut g, streams) = array_geometry(net, needs, board, low, array)?;
    if g.pool_words > 0 {
        g.pool_words = g.pool_words.max(array.pool_words.next_power_of_two());
    }
    Ok((g, streams))
}

/// A draft of a network that is lowered already, with line buffers whose words in a bank `fits` allows.
pub(crate) fn draft_within(
    (net, low): (&Net, &Lowered),
    board: &Board,
    needs: &Needs,
    array: Array,
    buffers: LineBuffers,
    fits: impl Fn(usize) -> bool,
) -> Result<Draft, Unordered> {
    let Array { rows, cols, .. } = array;
    let (mut g, streams) = fifo_geometry(net, needs, board, low, &array).map_err(Unordered::Impossible)?;
    let (buffers, order) = order_within(low, &g, buffers, fits)?;
    let (base, words) = place(low, &buffers);
    let b = Builder { net, low, buffers: &buffers, base: &base, rows, cols };
    g.act_depth = act_depth(&b, words);
    let mut tables = b.descriptors();
    b.program(&order.ops, &mut tables);
    Ok(assemble(board, needs, &b, g, Contents { streams, ..tables.contents }))
}

/// Words of a bank for line buffers that take `words`.
pub(crate) fn act_depth(b: &Builder, words: usize) -> usize {
    words.max(least_depth(b.buffers)).max(b.residual_end()).max(b.groups_end())
}

/// What follows from network, array, line buffers and tables.
pub(crate) fn assemble(board: &Board, needs: &Needs, b: &Builder, g: Geometry, contents: Contents) -> Draft {
    let net = b.net;
    let (sum_signed, out_scale, border_pixels) = sum_sink(net);
    let offsets = if net.border_sums().iter().any(|&sum| sum != 0) { net.border_sums() } else { Vec::new() };
    Draft {
        abi: ABI_VERSION.reset,
        network: net.name.clone(),
        net_hash: needs.net_hash,
        weights_hash: needs.weights_hash,
        board: board.clone(),
        line_buffers: b.line_buffers(),
        input: b.input(&g),
        contents,
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
        lut_tables: Vec::new(),
        saving: Saving::default(),
        geometry: g,
    }
}

//! Shapes that the multipliers of a device allow, with cheap bounds of what they take.

use crate::coding::Layout;
use crate::constraints::{Constraints, Limits, StoreChoice};
use crate::cost::{block_ram, logic, requant_dsp, weight_ram};
use crate::error::PlanError;
use crate::line_buffers::{initial, place, Spare};
use crate::lower::{Lowered, Work};
use crate::planner::{geometry, Array};
use crate::weight_choice;
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use std::sync::Arc;
use systole_machine::board::{Board, Family};
use systole_machine::geometry::{Geometry, Multiplier, SIDE};
use systole_net::Net;

/// Shapes tried.
const MAX_ROWS: usize = 256;
const MAX_COLS: usize = 64;

/// A shape that is not planned yet.
pub(crate) struct Candidate {
    pub array: Array,
    /// Steps of weights.
    pub wgt_depth: usize,
    /// Steps of an image, waits left out.
    pub cycles: u64,
    /// 18 Kbit blocks that it cannot do without, and bytes of the banks of activations.
    pub least18: usize,
    pub least_activations: usize,
    /// LUTs, by the parts that grow with the array.
    pub least_lut: usize,
}

impl Candidate {
    /// Whether what it cannot do without is there.
    pub fn may_fit(&self, limits: &Limits) -> bool {
        self.least18 <= limits.bram18 && self.least_activations <= limits.activations && self.least_lut <= limits.lut
    }

    pub fn macs(&self) -> usize {
        self.array.rows * self.array.cols
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
    if !family.pairs_products() {
        return None;
    }
    let pairs = (g.cols - (room / g.rows).min(g.cols)).min(g.cols / 2);
    let fabric = (g.rows * (g.cols - pairs)).saturating_sub(room);
    if fabric > g.rows * pairs {
        return None;
    }
    Some(Multiplier::Pair { pairs, fabric })
}

/// Shapes within the multipliers, fewest ideal cycles first.
pub(crate) fn candidates(
    net: &Net,
    board: &Board,
    w: &Constraints,
    limits: &Limits,
) -> Result<Vec<Candidate>, PlanError> {
    let only_codes = w.store == Some(StoreChoice::Codes);
    let refused = |why: String| PlanError::Codes { network: net.name.clone(), why };
    if only_codes {
        limits.needs.coding(net).as_ref().map_err(|why| refused(why.to_string()))?;
    }
    let rows = sides("rows", w.rows.or(board.rows), MAX_ROWS)?;
    let cols = sides("columns", w.cols.or(board.cols), MAX_COLS)?;
    let by_rows = rows.par_iter().map(|&rows| candidates_of(net, board, limits, rows, &cols));
    let (mut all, mut runs, mut reason) = (Vec::new(), false, None);
    for found in by_rows.collect::<Vec<_>>() {
        match found {
            Ok(found) => {
                all.extend(found);
                runs = true;
            }
            Err(e) => reason = Some(e),
        }
    }
    all.sort_by_key(|c: &Candidate| (c.cycles, c.macs(), c.array.rows));
    match (all.is_empty(), reason) {
        (true, Some(e)) if !runs => Err(e),
        (true, None) if only_codes && multiplies(net, board, limits, &rows, &cols) => {
            Err(refused("the tiles of a layer are too short for them on every shape".into()))
        }
        // Rows with which the network runs are too many.
        (true, _) => Err(no_shape(board, limits, &rows, &cols)),
        _ => Ok(all),
    }
}

/// Whether the device has the multipliers of any of these shapes.
fn multiplies(net: &Net, board: &Board, limits: &Limits, rows: &[usize], cols: &[usize]) -> bool {
    rows.iter().any(|&rows| {
        let Ok(low) = Lowered::new(net, rows) else { return false };
        let mut shapes = cols.iter().filter(|&cols| rows * cols <= limits.macs);
        shapes
            .any(|&cols| multiplier(&geometry(&limits.needs, board, &low, cols), board.device.family, limits).is_some())
    })
}

/// The sides that are tried: the one that is given, or all of which there may be one.
fn sides(side: &'static str, given: Option<usize>, most: usize) -> Result<Vec<usize>, PlanError> {
    match given {
        Some(found) if !SIDE.contains(&found) => Err(PlanError::Side { side, found }),
        Some(found) => Ok(vec![found]),
        None => Ok((*SIDE.start()..=most).collect()),
    }
}

fn no_shape(board: &Board, limits: &Limits, rows: &[usize], cols: &[usize]) -> PlanError {
    let shape = match (rows, cols) {
        ([rows], [cols]) => format!("array of {rows} x {cols}"),
        ([rows], _) => format!("array of {rows} rows"),
        (_, [cols]) => format!("array of {cols} columns"),
        _ => "array shape".into(),
    };
    let macs = (limits.macs < usize::MAX).then(|| format!(" and {} multiply-accumulates per cycle", limits.macs));
    let limits = format!("{} DSP blocks, {} LUTs{}", limits.dsp, limits.lut, macs.unwrap_or_default());
    let advice = "allow more of them, or use a larger device".into();
    PlanError::NoShape { shape, limits, board: board.name.clone(), advice }
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
    let family = board.device.family;
    let mut tightest = None;
    let mut found = Vec::new();
    for cols in within {
        let g = geometry(&limits.needs, board, &low, cols);
        let Some(multiplier) = multiplier(&g, family, limits) else { continue };
        let words = match tightest {
            Some(words) => words,
            None => *tightest.insert(least_words(net, rows)?),
        };
        let room = limits.bram18.saturating_sub(g.rows * block_ram(words, 8, family).halves());
        let codes = || layout(net, limits, &low, cols).map(|layout| layout.codes.clone());
        let Some(mut g) = weight_choice::choose(&g, family, limits, room, codes) else { continue };
        g.multiplier = multiplier;
        g.act_depth = words;
        let least_lut = logic::least_lut(&g);
        if least_lut > limits.lut && multiplier != Multiplier::Single {
            continue;
        }
        found.push(Candidate {
            array: Array { rows, cols, multiplier, weights: g.weights, pool_words: g.pool_words },
            wgt_depth: g.wgt_depth,
            cycles: ideal_cycles(&low, &g),
            least18: least18(&g, family, words),
            least_activations: rows * words,
            least_lut,
        });
    }
    Ok(found)
}

/// The weights as codes on so many columns, where they can be kept so.
fn layout(net: &Net, limits: &Limits, low: &Lowered, cols: usize) -> Option<Arc<Layout>> {
    let convs = low.streams.iter().filter(|stream| matches!(stream.work, Work::Conv(_)));
    limits.needs.coding(net).as_ref().ok()?.layout(cols, convs)
}

/// Words of a bank without which no order is possible.
fn least_words(net: &Net, rows: usize) -> Result<usize, PlanError> {
    let low = Lowered::new(net, rows)?;
    Ok(place(&low, &initial(&low, Spare::NONE)).1)
}

/// 18 Kbit blocks of weights, and of activations of so many words a bank. Tables may lie in LUTs.
pub(crate) fn least18(g: &Geometry, family: Family, words: usize) -> usize {
    weight_ram(g, family).halves() + g.rows * block_ram(words, 8, family).halves()
}

/// Cycles that the array takes for an image, waits left out.
fn ideal_cycles(low: &Lowered, g: &Geometry) -> u64 {
    low.streams.iter().map(|s| (s.ops * s.array_cycles(g.cols)) as u64).sum()
}

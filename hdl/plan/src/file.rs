//! The plan as a file: JSON without the weights, which the network brings again.
//!
//! What a file says is checked against what follows from the network, the array, the line buffers and the order of the program;
//! only these are decisions. Cycles and cost are counted anew.

use crate::build::Builder;
use crate::error::PlanError;
use crate::line_buffers::overlays;
use crate::lower::{Lowered, Work};
use crate::planner::{act_depth, array_geometry, assemble, Array, Needs};
use crate::schedule::LineBuffers;
use crate::timed::Timed;
use std::collections::HashSet;
use systole_machine::registers::ABI_VERSION;
use systole_machine::tables::{Item, ItemKind, ITEM_TILES_MAX, WAIT_ARRAY_MAX, WAIT_POOL_MAX};
use systole_machine::{Contents, Draft, Geometry, LineBuffer, LutTable, Plan, TableMemory, CLASS_SUMS, POOLING};
use systole_net::Net;

/// Words of a bank at most: beyond every device.
const MAX_DEPTH: usize = 1 << 24;

fn odd(what: impl std::fmt::Display) -> PlanError {
    PlanError::Format(format!("{what} cannot be those of a plan for this network; generate again"))
}

/// Reads what [`Plan::to_json`] wrote, for the network that it was made from. Whatever the text says, the plan that comes back
/// is one that the machine can run.
///
/// # Errors
/// [`PlanError::Format`] for other text, [`PlanError::OtherAbi`], [`PlanError::OtherNetwork`], [`PlanError::Board`].
pub fn read_plan(text: &str, net: &Net) -> Result<Plan, PlanError> {
    let found: Draft = serde_json::from_str(text).map_err(|e| PlanError::Format(e.to_string()))?;
    if found.abi != ABI_VERSION.reset {
        return Err(PlanError::OtherAbi { found: found.abi, wanted: ABI_VERSION.reset });
    }
    let hash = net.hash();
    if hash != found.net_hash {
        return Err(PlanError::OtherNetwork { network: net.name.clone(), found: hash, wanted: found.net_hash });
    }
    found.board.check()?;
    let derived = derived(&found, net)?;
    same(&found, &derived)?;
    match Timed::new(derived) {
        Ok(timed) => Ok(timed.plan(net)),
        Err(_) => Err(odd("program, whose images do not come to an end,")),
    }
}

/// The draft that follows from the decisions of another.
fn derived(found: &Draft, net: &Net) -> Result<Draft, PlanError> {
    let needs = Needs::of(net);
    let Geometry { rows, cols, multiplier, weights, pool_words, .. } = found.geometry;
    let array = Array { rows, cols, multiplier, weights, pool_words };
    array.check()?;
    let low = Lowered::new(net, rows)?;
    let least = low.pool_words();
    let sound = pool_words == least
        || pool_words.is_power_of_two()
            && (1..=MAX_DEPTH).contains(&least)
            && (least..=MAX_DEPTH).contains(&pool_words);
    if !sound {
        return Err(odd("words of the result FIFO"));
    }
    let (buffers, words) = memory(&found.line_buffers, &low)?;
    let base: Vec<usize> = found.line_buffers.iter().map(|buffer| buffer.base).collect();
    let b = Builder { net, low: &low, buffers: &buffers, base: &base, rows, cols };
    let act_depth = act_depth(&b, words);
    let (g, streams) = array_geometry(net, &needs, &found.board, &low, &array)?;
    let g = Geometry { act_depth, pool_words, ..g };
    check_program(&found.program, &low, buffers.slots[Net::INPUT])?;
    let contents = Contents { program: found.program.clone(), streams, ..b.descriptors().contents };
    let draft = assemble(&found.board, &needs, &b, g, contents);
    if !may_lie_in_luts(&found.lut_tables, &draft) {
        return Err(odd("tables in LUTs"));
    }
    Ok(Draft { saving: found.saving, lut_tables: found.lut_tables.clone(), ..draft })
}

/// Whether each is a memory of the draft, named once, and kept as one of its kind may be.
fn may_lie_in_luts(moved: &[LutTable], draft: &Draft) -> bool {
    let tables = draft.tables();
    let possible = |LutTable { name, memory }: &LutTable| match tables.iter().find(|table| table.name == name) {
        Some(table) => {
            *memory == TableMemory::Luts || *memory == TableMemory::Numbers && table.outline().numbered().is_some()
        }
        None => [CLASS_SUMS, POOLING].contains(&name.as_str()) && *memory == TableMemory::Luts,
    };
    let names: HashSet<_> = moved.iter().map(|moved| &moved.name).collect();
    names.len() == moved.len() && moved.iter().all(possible)
}

/// The line buffers, and the words up to the end of the last; no two of maps that are alive together lie over each other.
fn memory(found: &[LineBuffer], low: &Lowered) -> Result<(LineBuffers, usize), PlanError> {
    if found.len() != low.maps.len() {
        return Err(odd("feature maps"));
    }
    let buffers = LineBuffers { slots: found.iter().map(|buffer| buffer.slots).collect(), overlay: overlays(low) };
    let end = |(buffer, map): (&LineBuffer, &crate::lower::Map)| {
        let size = buffer.slots.checked_mul(map.words()).filter(|_| (buffer.slots > 0) == map.stored)?;
        buffer.base.checked_add(size)
    };
    let ends: Option<Vec<usize>> = found.iter().zip(&low.maps).map(end).collect();
    let ends = ends.filter(|ends| ends.iter().all(|&end| end <= MAX_DEPTH)).ok_or_else(|| odd("line buffers"))?;
    for a in 0..ends.len() {
        for b in 0..a {
            let apart = ends[a] <= found[b].base || ends[b] <= found[a].base;
            let shared = buffers.overlay[a].is_some() && buffers.overlay[a] == buffers.overlay[b];
            if !apart && !shared {
                return Err(odd(format!("places of {} and {}", found[a].name, found[b].name)));
            }
        }
    }
    let words = ends.into_iter().max().unwrap_or(0);
    Ok((buffers, words))
}

/// Whether everything that follows from the decisions is what the file says.
fn same(found: &Draft, derived: &Draft) -> Result<(), PlanError> {
    let value = |draft: &Draft| serde_json::to_value(draft).map_err(|e| PlanError::Format(e.to_string()));
    let (found, wanted) = (value(found)?, value(derived)?);
    let mut fields = wanted.as_object().into_iter().flatten();
    match fields.find(|(name, value)| found.get(name.as_str()) != Some(value)) {
        Some((name, _)) => Err(odd(format!("its {name}"))),
        None => Ok(()),
    }
}

/// Whether the items make each layer's tiles and each pooling's operations once, and every field holds what the machine can take.
fn check_program(program: &[Item], low: &Lowered, input_slots: usize) -> Result<(), PlanError> {
    let mut left: [Vec<usize>; 2] = [Vec::new(), Vec::new()];
    for stream in &low.streams {
        left[usize::from(matches!(stream.work, Work::Pool(_)))].push(stream.ops);
    }
    for (at, item) in program.iter().enumerate() {
        let conv = item.kind == ItemKind::Conv;
        let (kind, count) = if conv { (0, item.tiles) } else { (1, 1) };
        let tiles = if conv { 1..=ITEM_TILES_MAX } else { 0..=0 };
        let fields = tiles.contains(&item.tiles)
            && item.wait_arr <= WAIT_ARRAY_MAX
            && item.wait_pool <= WAIT_POOL_MAX
            && item.wait_in <= input_slots
            && item.free_in <= item.wait_in
            && item.last == (at + 1 == program.len());
        match left[kind].get_mut(item.layer) {
            Some(left) if fields && count <= *left => *left -= count,
            _ => return Err(odd(format!("fields of item {at} of the program"))),
        }
    }
    let freed: usize = program.iter().map(|item| item.free_in).sum();
    if left.iter().flatten().any(|&left| left > 0) || freed != low.maps[Net::INPUT].tiles {
        return Err(odd("items of the program"));
    }
    Ok(())
}

//! The plan as a file: JSON without the weights, which the network brings again.
//!
//! What a file says is checked against what follows from the network, the array, the rings and the order of the program;
//! only these are decisions. Cycles and cost are counted anew.

use crate::build::{Builder, Tables, ITEM_TILES_MAX, WAIT_ARRAY_MAX, WAIT_POOL_MAX};
use crate::error::PlanError;
use crate::geometry::Geometry;
use crate::lower::{Lowered, Work};
use crate::plan::{Plan, Ring};
use crate::planner::{act_depth, assemble, geometry, time, Array, Needs};
use crate::registers::ABI_VERSION;
use crate::rings::arenas;
use crate::schedule::Rings;
use crate::step_order::weight_steps;
use crate::tables::{Item, ItemKind};
use crate::CLASS_SUMS;
use systole_net::{Digest, Net};

/// Words of a bank at most: beyond every device.
const MAX_DEPTH: usize = 1 << 24;

fn odd(what: impl std::fmt::Display) -> PlanError {
    PlanError::Format(format!("{what} cannot be those of a plan for this network; generate again"))
}

impl Plan {
    /// Indented JSON; equal plans give equal text.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data always encodes") + "\n"
    }

    /// Reads what [`Plan::to_json`] wrote, for the network that it was made from. Whatever the text says, the plan that comes back
    /// is one that the machine can run.
    ///
    /// # Errors
    /// [`PlanError::Format`] for other text, [`PlanError::OtherAbi`], [`PlanError::OtherNetwork`], [`PlanError::Board`].
    pub fn from_json(text: &str, net: &Net) -> Result<Plan, PlanError> {
        let found: Plan = serde_json::from_str(text).map_err(|e| PlanError::Format(e.to_string()))?;
        if found.abi != ABI_VERSION.reset {
            return Err(PlanError::OtherAbi { found: found.abi, wanted: ABI_VERSION.reset });
        }
        let (hash, wanted) = (net.hash(), Digest(found.net_hash));
        if hash != wanted {
            return Err(PlanError::OtherNetwork { network: net.name.clone(), found: hash, wanted });
        }
        found.board.check()?;
        let mut plan = found.derived(net)?;
        found.same_as(&plan)?;
        plan.timing = time(&plan).map_err(|_| odd("program, whose images do not come to an end,"))?;
        plan.weights = weight_steps(net, &plan.bindings, plan.geometry.cols);
        Ok(plan)
    }

    /// The plan that follows from this one's decisions, its cycles not counted, without its weights.
    fn derived(&self, net: &Net) -> Result<Plan, PlanError> {
        let needs = Needs::of(net);
        let Geometry { rows, cols, multiplier, weights, pool_rows, .. } = self.geometry;
        Array { rows, cols, multiplier, weights, pool_rows }.check()?;
        if !(1..=needs.pool_kernel).contains(&pool_rows) {
            return Err(odd("rows of a pooling"));
        }
        let low = Lowered::new(net, rows, pool_rows)?;
        let (rings, words) = self.memory(&low)?;
        let base: Vec<usize> = self.rings.iter().map(|ring| ring.base).collect();
        let b = Builder { net, low: &low, rings: &rings, base: &base, rows, cols };
        let g = Geometry {
            multiplier,
            weights,
            act_depth: act_depth(&b, words),
            ..geometry(needs, &self.board, &low, cols)
        };
        check_program(&self.program, &low, rings.slots[Net::INPUT])?;
        let tables = Tables { program: self.program.clone(), ..b.descriptors() };
        let mut plan = assemble(&self.board, needs, &b, g, tables);
        plan.saving = self.saving;
        plan.ram_assumed = self.ram_assumed;
        let known = |name: &String| name == CLASS_SUMS || plan.tables().iter().any(|table| table.name == name);
        if !self.lut_tables.iter().all(known) {
            return Err(odd("tables in LUTs"));
        }
        plan.set_lut_tables(self.lut_tables.clone());
        Ok(plan)
    }

    /// The rings, and the words up to the end of the last; no two of maps that are alive together lie over each other.
    fn memory(&self, low: &Lowered) -> Result<(Rings, usize), PlanError> {
        if self.rings.len() != low.maps.len() {
            return Err(odd("feature maps"));
        }
        let rings = Rings { slots: self.rings.iter().map(|ring| ring.slots).collect(), arena: arenas(low) };
        let size = |ring: &Ring, words: usize| ring.slots.checked_mul(words).filter(|_| ring.slots > 0);
        let end = |(ring, map): (&Ring, &crate::lower::Map)| ring.base.checked_add(size(ring, map.words())?);
        let ends: Option<Vec<usize>> = self.rings.iter().zip(&low.maps).map(end).collect();
        let ends = ends.filter(|ends| ends.iter().all(|&end| end <= MAX_DEPTH)).ok_or_else(|| odd("line buffers"))?;
        for a in 0..ends.len() {
            for b in 0..a {
                let apart = ends[a] <= self.rings[b].base || ends[b] <= self.rings[a].base;
                let shared = rings.arena[a].is_some() && rings.arena[a] == rings.arena[b];
                if !apart && !shared {
                    return Err(odd(format!("places of {} and {}", self.rings[a].name, self.rings[b].name)));
                }
            }
        }
        let words = ends.into_iter().max().unwrap_or(0);
        Ok((rings, words))
    }

    /// Whether everything that was not counted anew is what the file says.
    fn same_as(&self, derived: &Plan) -> Result<(), PlanError> {
        let value = |plan: &Plan| serde_json::to_value(plan).map_err(|e| PlanError::Format(e.to_string()));
        let (found, wanted) = (value(self)?, value(derived)?);
        let counted = ["timing", "cost"];
        let fields = wanted.as_object().into_iter().flatten().filter(|(name, _)| !counted.contains(&name.as_str()));
        match fields.into_iter().find(|(name, value)| found.get(name) != Some(value)) {
            Some((name, _)) => Err(odd(format!("its {name}"))),
            None => Ok(()),
        }
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

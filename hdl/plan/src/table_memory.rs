//! Which tables move to LUTs where block RAM is short.

use crate::cost::{cost, in_luts};
use systole_machine::report::{Cost, CostLine};
use systole_machine::{Draft, CLASS_SUMS, POOLING};

/// The draft with as many tables in LUTs as it takes to keep to `bram18` blocks, all of them where that is not enough: first
/// those that take the fewest LUTs for a block.
pub(crate) fn within_blocks(mut draft: Draft, bram18: usize) -> Draft {
    draft.lut_tables.clear();
    loop {
        let cost = cost(&draft);
        if cost.ram18() <= bram18 {
            break;
        }
        let Some(table) = cheapest_to_move(&draft, &cost) else { return draft };
        draft.lut_tables.push(table);
    }
    for table in draft.lut_tables.clone() {
        let others = draft.lut_tables.iter().filter(|name| **name != table).cloned().collect();
        let moved = std::mem::replace(&mut draft.lut_tables, others);
        if cost(&draft).ram18() > bram18 {
            draft.lut_tables = moved;
        }
    }
    draft
}

fn cheapest_to_move(draft: &Draft, cost: &Cost) -> Option<String> {
    let tables = draft.tables();
    let family = draft.board.device.family;
    let luts = |name: &str| match tables.iter().find(|table| table.name == name) {
        Some(table) => Some(in_luts::rom(table, family).lut),
        None if name == CLASS_SUMS => Some(in_luts::sums(draft.classes, family).lut),
        None => (name == POOLING).then(|| in_luts::words(&draft.geometry, family).lut),
    };
    let movable = cost.lines.iter().filter(|line| line.ram18() > 0);
    let costs = movable.filter_map(|line: &CostLine| Some((luts(&line.module)? / line.ram18(), line.module.clone())));
    costs.min().map(|(_, name)| name)
}

//! Which tables move to LUTs where block RAM is short.

use crate::cost::{cost_of, in_luts, Contents};
use systole_machine::report::{Cost, CostLine};
use systole_machine::{Draft, CLASS_SUMS, POOLING};

/// The draft with as many tables in LUTs as it takes to keep to `bram18` blocks, all of them where that is not enough: first
/// those that take the fewest LUTs for a block. Also what it costs.
pub(crate) fn within_blocks(mut draft: Draft, bram18: usize) -> (Draft, Cost) {
    let contents = Contents::of(&draft);
    draft.lut_tables.clear();
    let mut cost = cost_of(&draft, &contents);
    while cost.ram18() > bram18 {
        let Some(table) = cheapest_to_move(&draft, &contents, &cost) else { return (draft, cost) };
        draft.lut_tables.push(table);
        cost = cost_of(&draft, &contents);
    }
    for table in draft.lut_tables.clone() {
        let others = draft.lut_tables.iter().filter(|name| **name != table).cloned().collect();
        let moved = std::mem::replace(&mut draft.lut_tables, others);
        match cost_of(&draft, &contents) {
            without if without.ram18() > bram18 => draft.lut_tables = moved,
            without => cost = without,
        }
    }
    (draft, cost)
}

fn cheapest_to_move(draft: &Draft, contents: &Contents, cost: &Cost) -> Option<String> {
    let family = draft.board.device.family;
    let luts = |name: &str| match contents.tables.iter().find(|table| table.name == name) {
        Some(table) => Some(in_luts::rom(table, family).lut),
        None if name == CLASS_SUMS => Some(in_luts::sums(draft.classes, family).lut),
        None => (name == POOLING).then(|| in_luts::words(&draft.geometry, family).lut),
    };
    let movable = cost.lines.iter().filter(|line| line.ram18() > 0);
    let costs = movable.filter_map(|line: &CostLine| Some((luts(&line.module)? / line.ram18(), line.module.clone())));
    costs.min().map(|(_, name)| name)
}

//! Which tables move to LUTs where block RAM is short.

use crate::cost::{cost_of, in_luts, table, Contents};
use std::cmp::Reverse;
use systole_machine::report::Cost;
use systole_machine::{Draft, LutTable, TableMemory, CLASS_SUMS, POOLING};

/// What a table takes in a memory.
#[derive(Clone, Copy)]
struct Place {
    memory: TableMemory,
    /// 18 Kbit.
    blocks: usize,
    lut: usize,
}

/// A table in block RAM, and the places that it may have.
struct Movable {
    name: String,
    places: Vec<Place>,
}

/// The draft with such tables in LUTs that it keeps to `bram18` blocks for the fewest LUTs, with all of them where that is not enough.
/// Also what it costs.
pub(crate) fn within_blocks(mut draft: Draft, bram18: usize) -> (Draft, Cost) {
    let contents = Contents::of(&draft);
    draft.lut_tables.clear();
    let cost = cost_of(&draft, &contents);
    if cost.ram18() <= bram18 {
        return (draft, cost);
    }
    let movable = movable(&draft, &contents, &cost);
    let in_block: usize = movable.iter().map(|table| table.places[0].blocks).sum();
    let room = (bram18 + in_block).saturating_sub(cost.ram18());
    let moved = movable.iter().zip(fewest_luts(&movable, room));
    let moved = moved.filter(|(_, place)| place.memory != TableMemory::Block);
    draft.lut_tables =
        moved.map(|(table, place)| LutTable { name: table.name.clone(), memory: place.memory }).collect();
    let cost = cost_of(&draft, &contents);
    (draft, cost)
}

/// The tables of a draft whose tables all lie in block RAM, that alone first.
fn movable(draft: &Draft, contents: &Contents, cost: &Cost) -> Vec<Movable> {
    let family = draft.board.device.family;
    let places = |name: &str, blocks: usize| {
        let whole = Place { memory: TableMemory::Block, blocks, lut: 0 };
        let luts = |lut| Place { memory: TableMemory::Luts, blocks: 0, lut };
        match contents.tables.iter().find(|table| table.name == name) {
            Some(t) => {
                let (ram, words) = table(t, TableMemory::Numbers, family);
                let numbers = Place { memory: TableMemory::Numbers, blocks: ram.halves(), lut: words.lut };
                let fewer = t.numbered().is_some() && numbers.blocks < blocks;
                let all = luts(in_luts::rom(t, family).lut);
                Some([Some(whole), fewer.then_some(numbers), Some(all)].into_iter().flatten().collect())
            }
            None if name == CLASS_SUMS => Some(vec![whole, luts(in_luts::sums(draft.classes, family).lut)]),
            None => (name == POOLING).then(|| vec![whole, luts(in_luts::words(&draft.geometry, family).lut)]),
        }
    };
    let in_block = cost.lines.iter().filter(|line| line.ram18() > 0);
    let tables = in_block
        .filter_map(|line| Some(Movable { name: line.module.clone(), places: places(&line.module, line.ram18())? }));
    tables.collect()
}

/// A place for each table, within so many blocks for the fewest LUTs; if none are few enough, those of the fewest blocks. There are few
/// tables: all ways are looked at.
fn fewest_luts(tables: &[Movable], room: usize) -> Vec<Place> {
    let ways = tables.iter().map(|table| table.places.len()).product::<usize>();
    let places = |way: usize| {
        let mut rest = way;
        let place = |table: &Movable| {
            let place = table.places[rest % table.places.len()];
            rest /= table.places.len();
            place
        };
        tables.iter().map(place).collect::<Vec<_>>()
    };
    let worth = |places: &[Place]| {
        let sum = |of: fn(&Place) -> usize| places.iter().map(of).sum::<usize>();
        let (blocks, lut) = (sum(|place| place.blocks), sum(|place| place.lut));
        // Of ways that cost the same the one that leaves more in block RAM.
        (blocks.saturating_sub(room), lut, Reverse(blocks))
    };
    (0..ways).map(places).min_by_key(|places| worth(places)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, places: &[(TableMemory, usize, usize)]) -> Movable {
        let places = places.iter().map(|&(memory, blocks, lut)| Place { memory, blocks, lut }).collect();
        Movable { name: name.into(), places }
    }

    #[test]
    fn the_cheapest_way_is_found_though_a_table_is_cheaper_for_a_block() {
        use TableMemory::{Block, Luts, Numbers};
        let tables = [
            of("param", &[(Block, 9, 0), (Luts, 0, 9000)]),
            of("prog", &[(Block, 15, 0), (Numbers, 5, 2000), (Luts, 0, 9500)]),
            of("tap", &[(Block, 2, 0), (Luts, 0, 300)]),
        ];
        let found = |room| fewest_luts(&tables, room).iter().map(|place| place.memory).collect::<Vec<_>>();
        assert_eq!(found(26), [Block; 3]);
        assert_eq!(found(24), [Block, Block, Luts]);
        assert_eq!(found(16), [Block, Numbers, Block]);
        assert_eq!(found(11), [Block, Luts, Block]);
        assert_eq!(found(0), [Luts; 3]);
    }
}

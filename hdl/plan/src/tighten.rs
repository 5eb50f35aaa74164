//! Smaller rings: tiles taken away where the order of the program loses least by it.

use crate::lower::Lowered;
use crate::rings::{place, smallest};
use crate::schedule::{schedule, Rings};
use systole_machine::Geometry;
use systole_net::Net;

/// Rings of at most `words` in a bank with which an image takes at most `cycles`, as the scheduler foresees it; none, if tiles
/// taken away one by one, the largest first, do not lead there. The image keeps its ring: what it holds beyond its windows
/// hides the host's pauses.
pub fn tighten(low: &Lowered, g: &Geometry, rings: &Rings, words: usize, cycles: u64) -> Option<Rings> {
    let mut rings = rings.clone();
    let mut units = units(low, &rings);
    units.sort_by_key(|unit| std::cmp::Reverse(unit.iter().map(|&m| low.maps[m].words()).max()));
    while place(low, &rings).1 > words {
        let before = rings.clone();
        for unit in &units {
            shrink(low, g, &mut rings, unit, words, cycles);
        }
        if rings == before {
            return None;
        }
    }
    Some(rings)
}

/// The rings without the tiles that can be taken away within `cycles`, as the scheduler foresees them.
pub fn trim(low: &Lowered, g: &Geometry, rings: &Rings, cycles: u64) -> Rings {
    let mut rings = rings.clone();
    for unit in units(low, &rings) {
        shrink(low, g, &mut rings, &unit, 0, cycles);
    }
    rings
}

/// Maps whose rings shrink together: those of an arena, or one alone.
fn units(low: &Lowered, rings: &Rings) -> Vec<Vec<usize>> {
    let alone = (0..low.maps.len()).filter(|&m| rings.arena[m].is_none() && m != Net::INPUT).map(|m| vec![m]);
    let mut arenas: Vec<usize> = rings.arena.iter().flatten().copied().collect();
    arenas.sort_unstable();
    arenas.dedup();
    let shared = arenas.into_iter().map(|a| (0..low.maps.len()).filter(|&m| rings.arena[m] == Some(a)).collect());
    alone.chain(shared).filter(|unit: &Vec<usize>| unit.iter().any(|&m| rings.slots[m] > 0)).collect()
}

/// Takes tiles from these maps as long as the image still keeps to its cycles and the words are too many.
fn shrink(low: &Lowered, g: &Geometry, rings: &mut Rings, unit: &[usize], words: usize, cycles: u64) {
    let least = |m: usize| if rings.arena[m].is_some() { 1 } else { smallest(low, m).max(1) };
    let floor: Vec<usize> = unit.iter().map(|&m| least(m)).collect();
    while place(low, rings).1 > words {
        let mut fewer = rings.clone();
        for (&m, &floor) in unit.iter().zip(&floor) {
            fewer.slots[m] = (fewer.slots[m] - 1).max(floor);
        }
        let keeps = fewer != *rings && schedule(low, g, &fewer).is_ok_and(|order| order.cycles <= cycles);
        if !keeps {
            return;
        }
        *rings = fewer;
    }
}

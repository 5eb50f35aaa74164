//! Smaller line buffers: tiles taken away where the order of the program loses least by it.

use crate::line_buffers::{place, smallest};
use crate::lower::Lowered;
use crate::schedule::{schedule, LineBuffers};
use systole_machine::Geometry;
use systole_net::Net;

/// Line buffers of at most `words` in a bank with which an image takes at most `cycles`, as the scheduler foresees it; none, if tiles
/// taken away one by one, the largest first, do not lead there. The image keeps its line buffer: what it holds beyond its windows
/// hides the host's pauses.
pub fn shrink_to(low: &Lowered, g: &Geometry, buffers: &LineBuffers, words: usize, cycles: u64) -> Option<LineBuffers> {
    let mut buffers = buffers.clone();
    let mut units = units(low, &buffers);
    units.sort_by_key(|unit| std::cmp::Reverse(unit.iter().map(|&m| low.maps[m].words()).max()));
    while place(low, &buffers).1 > words {
        let before = buffers.clone();
        for unit in &units {
            shrink(low, g, &mut buffers, unit, words, cycles);
        }
        if buffers == before {
            return None;
        }
    }
    Some(buffers)
}

/// The line buffers without the tiles that can be taken away within `cycles`, as the scheduler foresees them.
pub fn trim(low: &Lowered, g: &Geometry, buffers: &LineBuffers, cycles: u64) -> LineBuffers {
    let mut buffers = buffers.clone();
    for unit in units(low, &buffers) {
        shrink(low, g, &mut buffers, &unit, 0, cycles);
    }
    buffers
}

/// Maps whose line buffers shrink together: those of an overlaid buffer, or one alone.
fn units(low: &Lowered, buffers: &LineBuffers) -> Vec<Vec<usize>> {
    let alone = (0..low.maps.len()).filter(|&m| buffers.overlay[m].is_none() && m != Net::INPUT).map(|m| vec![m]);
    let mut overlays: Vec<usize> = buffers.overlay.iter().flatten().copied().collect();
    overlays.sort_unstable();
    overlays.dedup();
    let shared = overlays.into_iter().map(|a| (0..low.maps.len()).filter(|&m| buffers.overlay[m] == Some(a)).collect());
    alone.chain(shared).filter(|unit: &Vec<usize>| unit.iter().any(|&m| buffers.slots[m] > 0)).collect()
}

/// Takes tiles from these maps as long as the image still keeps to its cycles and the words are too many.
fn shrink(low: &Lowered, g: &Geometry, buffers: &mut LineBuffers, unit: &[usize], words: usize, cycles: u64) {
    let least = |m: usize| if buffers.overlay[m].is_some() { 1 } else { smallest(low, m).max(1) };
    let floor: Vec<usize> = unit.iter().map(|&m| least(m)).collect();
    while place(low, buffers).1 > words {
        let mut fewer = buffers.clone();
        for (&m, &floor) in unit.iter().zip(&floor) {
            fewer.slots[m] = (fewer.slots[m] - 1).max(floor);
        }
        let keeps = fewer != *buffers && schedule(low, g, &fewer).is_ok_and(|order| order.cycles <= cycles);
        if !keeps {
            return;
        }
        *buffers = fewer;
    }
}

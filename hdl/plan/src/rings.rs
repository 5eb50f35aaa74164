//! Ring sizes: the smallest that can work, and which maps may share memory.

use crate::lower::{Dest, Lowered, Stream, Work};
use crate::schedule::Rings;
use systole_net::Net;

/// Tiles of input beyond the window: they hide the host's and port B's hiccups.
const INPUT_SLACK: usize = 4;

/// Rings with the given slack tiles for every map.
pub fn initial(low: &Lowered, slack: usize, arena_slots: usize) -> Rings {
    let arena = arenas(low);
    let slots = (0..low.maps.len())
        .map(|m| match arena[m] {
            Some(_) => arena_slots,
            None if m == Net::INPUT => smallest(low, m) + slack + INPUT_SLACK,
            None => smallest(low, m) + slack,
        })
        .map(|n| n.max(1))
        .collect();
    let mut rings = Rings { slots, arena };
    for m in 0..low.maps.len() {
        rings.slots[m] = rings.slots[m].min(low.maps[m].tiles.max(smallest(low, m)));
    }
    rings
}

/// Tiles that a map must be able to hold at the very least.
pub fn smallest(low: &Lowered, map: usize) -> usize {
    let m = &low.maps[map];
    let window = |&r: &usize| {
        let s = &low.streams[r];
        (0..s.ops).map(|o| low.window(s, o)).map(|(lo, hi)| hi - lo + 1).max().unwrap_or(1)
    };
    let span = |&w: &usize| {
        let s = &low.streams[w];
        (0..s.ops).map(|o| low.written(s, o)).map(|(a, b)| b - a).max().unwrap_or(0)
    };
    let read = m.readers.iter().map(window).max().unwrap_or(1);
    let write = m.writers.iter().map(span).max().unwrap_or(0);
    read + write
}

/// Maps that live only from one convolution to the next tile by tile can share memory with others of the same size of map.
fn arenas(low: &Lowered) -> Vec<Option<usize>> {
    let transient = |m: usize| {
        let map = &low.maps[m];
        let conv = |&s: &usize| matches!(low.streams[s].work, Work::Conv(_));
        let pointwise = |&s: &usize| match &low.streams[s].work {
            Work::Conv(c) => c.kernel == [1, 1] && low.streams[s].ops == map.tiles && c.pad == Default::default(),
            Work::Pool(_) => false,
        };
        m != Net::INPUT && map.writers.iter().all(conv) && map.readers.iter().all(pointwise) && !map.writers.is_empty()
    };
    // A map and the one computed from it are alive together.
    let adjacent = |a: usize, b: usize| {
        let joins =
            |s: &Stream, from: usize, to: usize| s.src == from && matches!(s.dest, Dest::Map { map, .. } if map == to);
        low.streams.iter().any(|s| joins(s, a, b) || joins(s, b, a))
    };
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for m in (0..low.maps.len()).filter(|&m| transient(m)) {
        let fits = |g: &&mut Vec<usize>| g.iter().all(|&o| low.maps[o].tiles == low.maps[m].tiles && !adjacent(o, m));
        match groups.iter_mut().find(fits) {
            Some(group) => group.push(m),
            None => groups.push(vec![m]),
        }
    }
    let mut arena = vec![None; low.maps.len()];
    for group in groups.iter().filter(|g| g.len() > 1) {
        group.iter().for_each(|&m| arena[m] = Some(group[0]));
    }
    arena
}

/// Bank addresses: base of each map, and words in all.
pub fn place(low: &Lowered, rings: &Rings) -> (Vec<usize>, usize) {
    let mut base = vec![0; low.maps.len()];
    let mut arena_at: Vec<Option<usize>> = vec![None; low.maps.len()];
    let mut next = 0;
    for (m, at) in base.iter_mut().enumerate() {
        let size = low.maps[m].words() * rings.slots[m];
        match rings.arena[m] {
            None => {
                *at = next;
                next += size;
            }
            Some(a) => {
                *at = *arena_at[a].get_or_insert_with(|| {
                    let at = next;
                    let peers = (0..low.maps.len()).filter(|&o| rings.arena[o] == Some(a));
                    next += peers.map(|o| low.maps[o].words() * rings.slots[o]).max().unwrap_or(0);
                    at
                });
            }
        }
    }
    (base, next)
}

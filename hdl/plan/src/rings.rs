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
        (0..s.ops).map(|o| low.window(s, map, o)).map(|(lo, hi)| hi - lo + 1).max().unwrap_or(1)
    };
    let span = |&w: &usize| {
        let s = &low.streams[w];
        (0..s.ops).map(|o| low.written(s, o)).map(|(a, b)| b - a).max().unwrap_or(0)
    };
    let read = m.readers.iter().map(window).max().unwrap_or(1).max(kept_span(low, map));
    let write = m.writers.iter().map(span).max().unwrap_or(0);
    read + write
}

/// Tiles of a map that are there when the results that it is added to are computed.
fn kept_span(low: &Lowered, map: usize) -> usize {
    let keeps = |s: &&Stream| s.kept.is_some_and(|k| k.map == map);
    let span = |s: &Stream| {
        let ahead = |op: usize| read_ahead(low, s.src, low.window(s, s.src, op).1, map);
        (0..s.ops).filter_map(|op| Some((ahead(op)? + 1).saturating_sub(op))).max().unwrap_or(1)
    };
    low.streams.iter().filter(keeps).map(span).max().unwrap_or(1)
}

/// Last tile of `wanted` that must be there for a tile of `map`, if that is computed from it.
fn read_ahead(low: &Lowered, map: usize, tile: usize, wanted: usize) -> Option<usize> {
    if map == wanted {
        return Some(tile);
    }
    let through = |&w: &usize| {
        let writer = &low.streams[w];
        let op = low.ops_for_tile(writer, tile).min(writer.ops) - 1;
        writer.sources().filter_map(|m| read_ahead(low, m, low.window(writer, m, op).1, wanted)).max()
    };
    low.maps[map].writers.iter().filter_map(through).max()
}

/// Maps that live only from one convolution to the next, tile by tile, can share memory: the order lets one of them live at a time.
pub fn arenas(low: &Lowered) -> Vec<Option<usize>> {
    let transient = |m: usize| {
        let map = &low.maps[m];
        let conv = |&s: &usize| matches!(low.streams[s].work, Work::Conv(_));
        let pointwise = |&s: &usize| match &low.streams[s].work {
            Work::Conv(c) => c.kernel == [1, 1] && low.streams[s].ops == map.tiles && c.pad == Default::default(),
            Work::Pool(_) => false,
        };
        // What a reader adds must be there as soon as the map is: it is what the map is computed from.
        let alone = |&s: &usize| {
            let source = |&w: &usize| {
                let writer = &low.streams[w];
                let one = matches!(&writer.work, Work::Conv(c) if c.kernel == [1, 1] && c.pad == Default::default());
                (writer.src, one)
            };
            low.streams[s].kept.is_none_or(|k| k.map != m && map.writers.iter().map(source).all(|w| w == (k.map, true)))
        };
        let readers = map.readers.iter().all(pointwise) && map.readers.iter().all(alone);
        m != Net::INPUT && map.writers.iter().all(conv) && readers && !map.writers.is_empty()
    };
    // A map and the one computed from it are alive together.
    let adjacent = |a: usize, b: usize| {
        let joins =
            |s: &Stream, from: usize, to: usize| s.src == from && matches!(s.dest, Dest::Map { map, .. } if map == to);
        low.streams.iter().any(|s| joins(s, a, b) || joins(s, b, a))
    };
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for m in (0..low.maps.len()).filter(|&m| transient(m)) {
        let fits = |g: &&mut Vec<usize>| g.iter().all(|&o| !adjacent(o, m));
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

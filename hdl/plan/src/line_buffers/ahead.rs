//! How long a residual map is held for what it is added to: tiles between what is computed from it and what is added.

use crate::lower::{Dest, Lowered, Map, Stream};

/// Tiles of a map that are there when the results that it is added to are computed; 1 where it is added to none.
pub fn residual_span(low: &Lowered, map: usize) -> usize {
    let keeps = |s: &usize| low.streams[*s].residual.is_some_and(|k| k.map == map);
    let adders: Vec<usize> = (0..low.streams.len()).filter(keeps).collect();
    let Some(&last) = adders.last() else { return 1 };
    let mut ahead = Ahead::new(low, map, last);
    let mut span = |s: &Stream| {
        let mut tiles = |op: usize| {
            let last = ahead.of(s.src, low.window(s, s.src, op).1)?;
            Some((last + 1).saturating_sub(op))
        };
        (0..s.ops).filter_map(&mut tiles).max().unwrap_or(1)
    };
    adders.iter().map(|&s| span(&low.streams[s])).max().unwrap_or(1)
}

/// How far a map must be there for tiles of maps that are computed from it: every tile of every map is looked at once.
struct Ahead<'a> {
    low: &'a Lowered,
    map: usize,
    /// Whether any of the streams in question computes a map from this one.
    follows: Vec<bool>,
    /// Per map and tile, once it has been looked at.
    known: Vec<Vec<Option<Option<usize>>>>,
}

impl Ahead<'_> {
    /// For maps computed by streams up to `last`; streams come in the order of the network.
    fn new(low: &Lowered, map: usize, last: usize) -> Ahead<'_> {
        let mut follows = vec![false; low.maps.len()];
        follows[map] = true;
        let first = low.maps[map].readers.iter().copied().min().unwrap_or(last);
        for stream in &low.streams[first..=last] {
            if let Dest::Map { map: to, .. } = stream.dest {
                follows[to] = follows[to] || stream.sources().any(|from| follows[from]);
            }
        }
        let tiles = |(map, m): (usize, &Map)| if follows[map] { vec![None; m.tiles] } else { Vec::new() };
        let known = low.maps.iter().enumerate().map(tiles).collect();
        Ahead { low, map, follows, known }
    }

    /// Last tile of the map that must be there for a tile of another, if that is computed from it.
    fn of(&mut self, other: usize, tile: usize) -> Option<usize> {
        if other == self.map {
            return Some(tile);
        }
        if !self.follows[other] {
            return None;
        }
        if let Some(known) = self.known[other][tile] {
            return known;
        }
        let low = self.low;
        let mut last = None;
        for &w in &low.maps[other].writers {
            let writer = &low.streams[w];
            let op = low.ops_for_tile(writer, tile).min(writer.ops) - 1;
            for source in writer.sources() {
                last = last.max(self.of(source, low.window(writer, source, op).1));
            }
        }
        self.known[other][tile] = Some(last);
        last
    }
}

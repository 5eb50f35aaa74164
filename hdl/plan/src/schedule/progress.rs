//! How far an order is: operations that are placed, tiles that are still needed, and what keeps a stream from going on.

use crate::lower::{Dest, Lowered, Stream, Work};
use systole_net::Net;

/// Line buffer sizes, and maps that share one region because they are never alive together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineBuffers {
    /// Tiles per map; 0 for maps that are never stored.
    pub slots: Vec<usize>,
    /// Maps of the same overlaid buffer share memory.
    pub overlay: Vec<Option<usize>>,
}

/// Why a stream cannot go on: it cannot as long as this holds.
#[derive(Clone, Copy, Debug)]
pub enum Obstacle {
    /// Another stream has not done so many operations.
    Missing { stream: usize, done: usize },
    /// The first tile of a map that some reader still needs lies before this one.
    Full { map: usize, oldest: usize },
    /// It is over, or comes with another.
    Never,
}

/// The order up to an operation, as the maps see it.
pub struct Progress<'a> {
    low: &'a Lowered,
    pub buffers: LineBuffers,
    /// Operations of each stream that are placed.
    pub done: Vec<usize>,
    /// Per map, the first tile that some reader still needs.
    pub oldest: Vec<usize>,
    /// Per map, whether it holds anything, where it shares memory; per overlaid buffer, how many of its maps do.
    holds: Vec<bool>,
    alive: Vec<usize>,
}

/// The map that a stream writes.
pub fn map_of(s: &Stream) -> Option<usize> {
    match s.dest {
        Dest::Map { map, .. } => Some(map),
        Dest::Sum => None,
    }
}

impl<'a> Progress<'a> {
    pub fn new(low: &'a Lowered, buffers: LineBuffers) -> Self {
        let mut progress = Progress {
            low,
            done: vec![0; low.streams.len()],
            oldest: vec![0; low.maps.len()],
            holds: vec![false; low.maps.len()],
            alive: vec![0; low.maps.len()],
            buffers,
        };
        (0..low.maps.len()).for_each(|map| progress.let_go(map));
        progress
    }

    /// An operation of a stream is placed.
    pub fn place(&mut self, s: usize) {
        self.done[s] += 1;
        let low = self.low;
        low.streams[s].sources().for_each(|map| self.let_go(map));
    }

    fn let_go(&mut self, map: usize) {
        self.oldest[map] = self.find_oldest(map);
    }

    /// Counts anew whether the maps of a stream hold anything.
    pub fn count_alive_of(&mut self, s: usize) {
        let low = self.low;
        low.streams[s].sources().chain(map_of(&low.streams[s])).for_each(|map| self.count_alive(map));
    }

    pub fn is_there(&self, obstacle: Obstacle) -> bool {
        match obstacle {
            Obstacle::Missing { stream, done } => self.done[stream] < done,
            Obstacle::Full { map, oldest } => self.oldest[map] < oldest,
            Obstacle::Never => true,
        }
    }

    /// What a stream takes of a source tile is there in program order; of the image, that its line buffer can hold it beside what is
    /// still needed.
    fn readable(&self, st: &Stream, src: usize, tile: usize) -> Result<(), Obstacle> {
        if src == Net::INPUT {
            return self.has_room(src, tile);
        }
        let streams = &self.low.streams;
        let mut writers = self.low.maps[src].writers.iter().filter(|&&w| st.takes_from(&streams[w], src));
        writers.try_for_each(|&w| self.has_done(w, self.low.ops_for_tile(&streams[w], tile)))
    }

    fn has_done(&self, stream: usize, done: usize) -> Result<(), Obstacle> {
        if self.done[stream] >= done {
            Ok(())
        } else {
            Err(Obstacle::Missing { stream, done })
        }
    }

    /// First tile that some reader still needs.
    fn find_oldest(&self, map: usize) -> usize {
        let m = &self.low.maps[map];
        let next = |&r: &usize| {
            let s = &self.low.streams[r];
            if self.done[r] >= s.ops {
                m.tiles
            } else {
                self.low.window(s, map, self.done[r]).0
            }
        };
        m.readers.iter().map(next).min().unwrap_or(m.tiles)
    }

    fn has_room(&self, map: usize, last: usize) -> Result<(), Obstacle> {
        let oldest = (last + 1).saturating_sub(self.buffers.slots[map]);
        if self.oldest[map] >= oldest {
            Ok(())
        } else {
            Err(Obstacle::Full { map, oldest })
        }
    }

    /// No other map of the overlaid buffer holds anything.
    pub fn overlay_free(&self, s: usize) -> bool {
        let Dest::Map { map, .. } = self.low.streams[s].dest else { return true };
        self.buffers.overlay[map].is_none_or(|a| self.alive[a] == usize::from(self.holds[map]))
    }

    /// Counts anew whether a map holds anything.
    fn count_alive(&mut self, map: usize) {
        let Some(a) = self.buffers.overlay[map] else { return };
        let begun = self.low.maps[map].writers.iter().map(|&w| self.done[w]).max().unwrap_or(0);
        let holds = begun > self.oldest[map];
        self.alive[a] += usize::from(holds);
        self.alive[a] -= usize::from(self.holds[map]);
        self.holds[map] = holds;
    }

    /// All branches of a tile of an overlaid buffer can be computed, and what reads it can go on.
    fn passes_on(&self, map: usize, tile: usize) -> Result<(), Obstacle> {
        if self.buffers.overlay[map].is_none() {
            return Ok(());
        }
        self.low.maps[map].readers.iter().try_for_each(|&r| match self.low.streams[r].dest {
            Dest::Map { map: next, .. } => self.has_room(next, tile.min(self.low.maps[next].tiles - 1)),
            Dest::Sum => Ok(()),
        })?;
        self.low.maps[map].writers.iter().try_for_each(|&w| match self.done[w] > tile {
            true => Ok(()),
            false => self.sources_readable(&self.low.streams[w], tile),
        })
    }

    /// Whether it may come next in program order, but for what else its overlaid buffer holds.
    pub fn may_go_on(&self, s: usize) -> Result<(), Obstacle> {
        let st = &self.low.streams[s];
        let op = self.done[s];
        if op >= st.ops {
            return Err(Obstacle::Never);
        }
        self.sources_readable(st, op)?;
        match (st.dest, st.partner, &st.work) {
            (Dest::Sum, _, _) => Ok(()),
            // It comes right behind the tile that it takes.
            (Dest::Map { .. }, Some(_), Work::Pool(_)) => Err(Obstacle::Never),
            (Dest::Map { .. }, Some(pooling), Work::Conv(_)) => {
                let pooling = &self.low.streams[pooling];
                map_of(pooling).map_or(Ok(()), |map| self.has_room(map, self.low.written(pooling, op)))
            }
            (Dest::Map { map, .. }, None, _) => {
                let last = self.low.written(st, op);
                self.has_room(map, last)?;
                self.passes_on(map, last)
            }
        }
    }

    fn sources_readable(&self, st: &Stream, op: usize) -> Result<(), Obstacle> {
        st.sources().try_for_each(|m| self.readable(st, m, self.low.window(st, m, op).1))
    }

    /// Maps whose lack of room holds up a stream that could otherwise go on.
    pub fn full_maps(&self) -> Vec<usize> {
        let mut full = Vec::new();
        for (s, st) in self.low.streams.iter().enumerate().filter(|(s, st)| self.done[*s] < st.ops) {
            let readable = self.sources_readable(st, self.done[s]).is_ok();
            match st.dest {
                _ if st.src == Net::INPUT && !readable => full.push(st.src),
                Dest::Map { .. } if readable => full.extend(map_of(st.partner.map_or(st, |p| &self.low.streams[p]))),
                Dest::Map { .. } | Dest::Sum => {}
            }
        }
        full.sort_unstable();
        full.dedup();
        full
    }
}

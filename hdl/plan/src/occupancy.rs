//! What the line buffers hold over an interval: tiles that are written and that somebody still reads.

use crate::error::PlanError;
use crate::lower::{Lowered, Stream, Work};
use crate::timing;
use systole_machine::control::machine::{Observer, Tick};
use systole_machine::control::sequencer::Wait;
use systole_machine::tables::ItemKind;
use systole_machine::{Draft, Held, LineBuffer};
use systole_net::Net;

/// Every line buffer of a plan over the interval that is timed, in so many equal parts.
///
/// # Errors
/// [`PlanError::Stuck`], and those of lowering a network that is not the plan's.
pub fn occupancy(plan: &Draft, net: &Net, parts: usize) -> Result<Vec<Held>, PlanError> {
    let low = Lowered::new(net, plan.geometry.rows)?;
    let stored = plan.line_buffers.iter().filter(|buffer| buffer.slots > 0).collect();
    let mut watch = Watch::new(&low, plan, stored);
    let interval = timing::run(plan, &mut watch, (Watch::count, Watch::beats))?.interval;
    Ok(watch.close(parts, interval))
}

/// Counts operations, and from them the tiles that are held.
struct Watch<'a> {
    low: &'a Lowered,
    plan: &'a Draft,
    buffers: Vec<&'a LineBuffer>,
    /// Streams of the layer descriptors, of the pool descriptors, of the program's pool operations one after another.
    convs: Vec<usize>,
    pooled: Vec<usize>,
    /// Operations done of each stream, pool operations, input beats.
    done: Vec<usize>,
    pools: usize,
    beats: usize,
    now: u64,
    from: u64,
    /// Per buffer the cycles at which it came to hold so many tiles.
    changes: Vec<Vec<(u64, usize)>>,
}

impl<'a> Watch<'a> {
    fn new(low: &'a Lowered, plan: &'a Draft, buffers: Vec<&'a LineBuffer>) -> Self {
        let of = |conv: bool| {
            let streams = low.streams.iter().enumerate();
            let kind = streams.filter(move |(_, s)| matches!(s.work, Work::Conv(_)) == conv);
            kind.map(|(at, _)| at).collect::<Vec<usize>>()
        };
        let (convs, pools) = (of(true), of(false));
        let operations = plan.program.iter().filter(|item| item.kind == ItemKind::Pool);
        let pooled = operations.map(|item| pools[item.layer]).collect();
        let (done, changes) = (vec![0; low.streams.len()], vec![vec![(0, 0)]; buffers.len()]);
        Watch { low, plan, buffers, convs, pooled, done, pools: 0, beats: 0, now: 0, from: 0, changes }
    }

    fn count(&mut self) {
        self.from = self.now;
        self.changes.iter_mut().for_each(|changes| *changes = vec![(0, changes[changes.len() - 1].1)]);
    }

    fn beats(&mut self, tick: &Tick) {
        if tick.in_beat {
            self.beats += 1;
            self.look();
        }
    }

    fn look(&mut self) {
        for (at, buffer) in self.buffers.iter().enumerate() {
            let held = self.held(buffer.tensor).min(buffer.slots);
            let changes = &mut self.changes[at];
            if changes.last().is_none_or(|last| last.1 != held) {
                changes.push((self.now - self.from, held));
            }
        }
    }

    /// Tiles of a map that are begun, less those that no reader needs any more; of all images together.
    fn held(&self, map: usize) -> usize {
        let (tiles, m) = (self.low.maps[map].tiles, &self.low.maps[map]);
        let written = match map {
            Net::INPUT => self.beats * self.plan.input.tiles / self.plan.input.beats.max(1),
            _ => m.writers.iter().map(|&s| self.written(s, tiles)).max().unwrap_or(0),
        };
        let freed = m.readers.iter().map(|&s| self.freed(s, map, tiles)).min().unwrap_or(written);
        written.saturating_sub(freed)
    }

    fn written(&self, stream: usize, tiles: usize) -> usize {
        let (s, done): (&Stream, _) = (&self.low.streams[stream], self.done[stream]);
        let (images, part) = (done / s.ops.max(1), done % s.ops.max(1));
        let begun = part.checked_sub(1).map_or(0, |op| self.low.written(s, op) + 1);
        images * tiles + begun.min(tiles)
    }

    fn freed(&self, stream: usize, map: usize, tiles: usize) -> usize {
        let (s, done) = (&self.low.streams[stream], self.done[stream]);
        let (images, part) = (done / s.ops.max(1), done % s.ops.max(1));
        let next = if part == 0 { 0 } else { self.low.window(s, map, part).0 };
        images * tiles + next
    }

    /// The most words in each part of the interval.
    fn close(self, parts: usize, interval: u64) -> Vec<Held> {
        let of = |(buffer, changes): (&&LineBuffer, &Vec<(u64, usize)>)| {
            let mut held = vec![0; parts];
            for (at, &(start, tiles)) in changes.iter().enumerate() {
                let end = changes.get(at + 1).map_or(interval, |next| next.0);
                let part = |cycle: u64| (cycle.min(interval - 1) as usize * parts) / interval.max(1) as usize;
                let until = part(end.saturating_sub(1).max(start));
                held[part(start)..=until].iter_mut().for_each(|most| *most = (*most).max(tiles * buffer.channels));
            }
            Held { name: buffer.name.clone(), words: buffer.slots * buffer.channels, held }
        };
        self.buffers.iter().zip(&self.changes).map(of).collect()
    }
}

impl Observer for Watch<'_> {
    fn retire(&mut self, _cycle: u64, layer: usize) {
        self.done[self.convs[layer]] += 1;
        self.look();
    }

    fn pool_done(&mut self, _cycle: u64) {
        let Some(&stream) = self.pooled.get(self.pools % self.pooled.len().max(1)) else { return };
        self.done[stream] += 1;
        self.pools += 1;
        self.look();
    }

    fn idle(&mut self, _cycle: u64, cycles: u64, _why: Option<Wait>) {
        self.now += cycles;
    }

    fn steps(&mut self, _layer: usize, cycles: u64) {
        self.now += cycles;
    }
}

//! What every part of the machine does at which time, as spans on tracks: the array's layers, its waits by cause, the pool engine,
//! the streams, the weights that are loaded.

use crate::cause::Cause;
use crate::control::machine::{Observer, Tick};
use crate::control::pool::PoolRead;
use crate::control::sequencer::Wait;
use crate::losses::cause;

/// A part of the machine. It does one thing at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Track {
    /// Steps of the array.
    Array,
    /// Cycles in which the array takes none.
    Waits,
    Pool,
    /// Beats from the host that are weights.
    Loads,
    /// Beats from the host that are of images, and beats of results.
    Input,
    Output,
}

impl Track {
    pub const ALL: [Track; 6] = [Track::Array, Track::Waits, Track::Pool, Track::Loads, Track::Input, Track::Output];

    fn place(self) -> usize {
        Track::ALL.iter().position(|track| *track == self).unwrap_or_default()
    }
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Steps of a layer descriptor.
    Layer(usize),
    Wait(Cause),
    /// Operations of a pool descriptor.
    Pool(usize),
    /// Beats, one each cycle.
    Beats,
}

/// Something that lasts from a cycle on for so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub track: Track,
    pub work: Work,
    pub start: u64,
    pub cycles: u64,
}

/// Writes spans down.
#[derive(Clone, Debug, Default)]
pub struct Tracks {
    spans: Vec<Span>,
    /// The latest span of each track.
    latest: [Option<usize>; Track::ALL.len()],
    /// Cycles so far, those when the machine began to count its own, and those when this began to count.
    now: u64,
    machine: u64,
    from: u64,
    /// The pool operation at work, and since when.
    pooling: Option<(usize, u64)>,
}

impl Tracks {
    /// What was written down is forgotten, and the coming cycle is cycle 0.
    pub fn count(&mut self) {
        (self.spans, self.latest, self.from) = (Vec::new(), Default::default(), self.now);
    }

    /// The machine begins anew: its cycles count from 0 again.
    pub fn restart(&mut self) {
        self.end_pooling(self.now);
        self.machine = self.now;
    }

    /// A cycle without the machine's control passes.
    pub fn pass(&mut self) {
        self.now += 1;
    }

    /// The handshakes of the cycle that has just been.
    pub fn beats(&mut self, tick: &Tick) {
        if tick.in_beat {
            self.add(Track::Input, Work::Beats, self.now.saturating_sub(1), 1);
        }
        if tick.out_beat {
            self.add(Track::Output, Work::Beats, self.now.saturating_sub(1), 1);
        }
    }

    /// A beat of weights in the cycle that has just been.
    pub fn load(&mut self) {
        self.add(Track::Loads, Work::Beats, self.now.saturating_sub(1), 1);
    }

    /// What was written down, in the order of its beginning, and the cycles in all.
    pub fn close(mut self) -> (Vec<Span>, u64) {
        self.end_pooling(self.now);
        self.spans.sort_by_key(|span| (span.start, span.track));
        (self.spans, self.now - self.from)
    }

    fn end_pooling(&mut self, end: u64) {
        if let Some((pool, start)) = self.pooling.take() {
            self.add(Track::Pool, Work::Pool(pool), start, end.saturating_sub(start));
        }
    }

    /// Adds a span, as far as it lies in what counts; what goes on is one span.
    fn add(&mut self, track: Track, work: Work, start: u64, cycles: u64) {
        let (from, end) = (start.max(self.from), start + cycles);
        if end <= from {
            return;
        }
        let (start, cycles) = (from - self.from, end - from);
        if let Some(at) = self.latest[track.place()] {
            let last = &mut self.spans[at];
            if last.work == work && last.start + last.cycles == start {
                last.cycles += cycles;
                return;
            }
        }
        self.latest[track.place()] = Some(self.spans.len());
        self.spans.push(Span { track, work, start, cycles });
    }

    fn lasts(&mut self, track: Track, work: Work, cycles: u64) {
        self.add(track, work, self.now, cycles);
        self.now += cycles;
    }
}

impl Observer for Tracks {
    fn pool_read(&mut self, cycle: u64, read: &PoolRead) {
        self.pooling.get_or_insert((read.pool, self.machine + cycle));
    }

    fn pool_done(&mut self, cycle: u64) {
        self.end_pooling(self.machine + cycle + 1);
    }

    fn idle(&mut self, _cycle: u64, cycles: u64, why: Option<Wait>) {
        self.lasts(Track::Waits, Work::Wait(cause(why)), cycles);
    }

    fn steps(&mut self, layer: usize, cycles: u64) {
        self.lasts(Track::Array, Work::Layer(layer), cycles);
    }
}

#[cfg(test)]
mod tests {
    use super::{Span, Track, Tracks, Work};
    use crate::cause::Cause;
    use crate::control::machine::{Observer, Tick};
    use crate::control::sequencer::Wait;

    #[test]
    fn what_goes_on_is_one_span_and_what_was_before_does_not_count() {
        let mut tracks = Tracks::default();
        tracks.steps(0, 7);
        tracks.count();
        tracks.steps(0, 3);
        tracks.steps(0, 2);
        tracks.idle(12, 4, Some(Wait::Pool));
        tracks.beats(&Tick { in_beat: true, ..Tick::default() });
        tracks.steps(1, 1);
        tracks.beats(&Tick { in_beat: true, ..Tick::default() });
        let span = |track, work, start, cycles| Span { track, work, start, cycles };
        let wanted = vec![
            span(Track::Array, Work::Layer(0), 0, 5),
            span(Track::Waits, Work::Wait(Cause::Pooling), 5, 4),
            span(Track::Input, Work::Beats, 8, 2),
            span(Track::Array, Work::Layer(1), 9, 1),
        ];
        assert_eq!(tracks.close(), (wanted, 10));
    }
}

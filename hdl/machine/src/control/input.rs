//! Stream input, clock by clock: skid buffer, word assembly, line buffer occupancy. Register-exact.

use crate::geometry::Geometry;
use crate::plan::InputMap;

/// Occupancy of a two-register skid buffer with a registered ready.
#[derive(Clone, Copy, Debug, Default)]
pub struct Skid {
    pub valid: bool,
    buffered: bool,
}

impl Skid {
    /// Ready towards the source.
    pub fn ready(&self) -> bool {
        !self.buffered
    }

    /// The coming edge takes a beat, or gives one.
    pub fn moves(&self, in_valid: bool, out_ready: bool) -> bool {
        (in_valid && !self.buffered) || (self.valid && out_ready)
    }

    /// One rising edge.
    pub fn clock(&mut self, in_valid: bool, out_ready: bool) {
        let taken = in_valid && !self.buffered;
        if out_ready || !self.valid {
            self.valid = self.buffered || taken;
            self.buffered = false;
        } else if taken {
            self.buffered = true;
        }
    }
}

/// Registers of the input machine behind its skid buffer.
#[derive(Clone, Debug)]
pub struct Collector {
    beats: usize,
    channels: usize,
    n: usize,
    beat: usize,
    channel: usize,
    held: usize,
    pending: bool,
    pending_last: bool,
    tile_written: bool,
}

impl Collector {
    pub fn new(g: &Geometry, map: &InputMap) -> Self {
        Collector {
            beats: g.beats_per_word(),
            channels: map.channels,
            n: map.slots,
            beat: 0,
            channel: 0,
            held: 0,
            pending: false,
            pending_last: false,
            tile_written: false,
        }
    }

    /// Ready towards the skid buffer.
    pub fn ready(&self, enable: bool) -> bool {
        let word_ok = self.beat + 1 < self.beats || !self.pending;
        let tile_ok = self.beat > 0 || self.channel > 0 || self.held < self.n;
        enable && word_ok && tile_ok
    }

    /// A word waits for port B.
    #[inline]
    pub fn request(&self) -> bool {
        self.pending
    }

    /// The coming edge gives the pulse of a written tile.
    pub fn pulses(&self) -> bool {
        self.tile_written
    }

    /// One rising edge; `taken`: a beat is accepted, `release`: tiles given back. Returns the tile pulse (a register, seen in
    /// the next cycle).
    pub fn clock(&mut self, taken: bool, granted: bool, release: usize) -> bool {
        let pulse = self.tile_written;
        self.tile_written = granted && self.pending_last;
        if granted {
            self.pending = false;
        }
        if taken {
            self.held += usize::from(self.beat == 0 && self.channel == 0);
            if self.beat + 1 == self.beats {
                self.beat = 0;
                self.pending = true;
                self.pending_last = self.channel + 1 == self.channels;
                self.channel = if self.pending_last { 0 } else { self.channel + 1 };
            } else {
                self.beat += 1;
            }
        }
        self.held -= release;
        pulse
    }
}

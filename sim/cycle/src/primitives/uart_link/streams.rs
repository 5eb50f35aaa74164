//! The buffers between the frames and both streams.

use super::registers::{Act, Registers, Request};
use super::UartLinkModel;

/// Words of the output buffer that stay free for beats that come while it is seen to be full.
const OUT_SPARE: usize = 2;

impl UartLinkModel {
    pub(super) fn clock_input(&mut self, old: &Registers, act: Option<Act>, ready: bool) {
        let fits = old.ahead.fits;
        self.q.in_word = self.in_memory[usize::from(old.in_read) % self.in_memory.len()];
        if self.unframe.valid && old.ahead.in_body && fits.is_some() {
            let at = usize::from(old.ahead.put_at) % self.in_memory.len();
            self.in_memory[at] = u16::from(old.ahead.ends) << 8 | u16::from(self.unframe.data);
        }
        let q = &mut self.q;
        if let Some(length) = fits.filter(|_| old.over == Some(true)) {
            q.in_position = q.in_position.wrapping_add(length);
        }
        q.in_next = old.in_word;
        q.reading = old.in_read != old.in_position && !old.reading && !old.fetched && !old.beat_valid;
        q.fetched = old.reading;
        if old.fetched {
            let top = 8 * (self.in_bytes - 1);
            q.in_read = q.in_read.wrapping_add(1);
            q.beat = old.beat >> 8 | u64::from(old.in_next & 0xff) << top;
            q.beat_last = old.in_next >> 8 == 1;
            q.beat_valid = old.fill + 1 == self.in_bytes;
            q.fill = (old.fill + 1) % self.in_bytes;
        } else if ready {
            q.beat_valid = false;
        }
        if act == Some(Act::Clear) {
            (q.in_position, q.in_read, q.fill) = (0, 0, 0);
            (q.reading, q.fetched, q.beat_valid) = (false, false, false);
        }
    }

    pub(super) fn clock_output(
        &mut self,
        old: &Registers,
        request: &Request,
        act: Option<Act>,
        beat: Option<(u32, bool)>,
    ) {
        let depth = self.out_memory.len();
        self.q.out_word = old.out_read_word;
        self.q.out_read_word = self.out_memory[usize::from(old.out_read) % depth];
        if let Some(beat) = beat.filter(|_| old.ready) {
            self.out_memory[usize::from(old.out_written) % depth] = beat;
            self.q.out_written = old.out_written.wrapping_add(1);
        }
        self.q.level = old.level();
        self.q.ready = usize::from(old.level) < depth - OUT_SPARE;
        let got = request.first as u16;
        match act {
            Some(Act::Clear) => (self.q.out_written, self.q.out_position) = (0, 0),
            Some(Act::Take) if old.ahead.acknowledges => self.q.out_position = got,
            _ => {}
        }
    }
}

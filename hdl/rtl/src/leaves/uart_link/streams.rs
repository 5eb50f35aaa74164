//! The buffers between the frames and both streams.

use super::registers::{Act, Registers, Request};
use super::UartLink;
use systole_plan::serial::{DATA_ENDS, REQUEST_BYTES};

/// Words of the output buffer that stay free for beats that come while it is seen to be full.
const OUT_SPARE: usize = 2;

impl UartLink {
    pub(super) fn clock_input(&mut self, old: &Registers, request: &Request, act: Option<Act>, ready: bool) {
        self.q.fits = old.fits(request);
        let fits = old.fits;
        let body = usize::from(old.count).checked_sub(REQUEST_BYTES);
        self.q.in_word = self.in_memory[usize::from(old.in_read) % self.in_memory.len()];
        if let (true, Some(length), Some(body)) = (self.unframe.valid, fits, body) {
            if body < usize::from(length) {
                let ends = request.first & DATA_ENDS != 0 && body + 1 == usize::from(length);
                let at = (usize::from(old.in_position) + body) % self.in_memory.len();
                self.in_memory[at] = u16::from(ends) << 8 | u16::from(self.unframe.data);
            }
        }
        let q = &mut self.q;
        if let Some(length) = fits.filter(|_| old.over == Some(true)) {
            q.in_position = q.in_position.wrapping_add(length);
        }
        q.fetched = old.in_read != old.in_position && !old.fetched && !old.beat_valid;
        if old.fetched {
            let top = 8 * (self.in_bytes - 1);
            q.in_read = q.in_read.wrapping_add(1);
            q.beat = old.beat >> 8 | u64::from(old.in_word & 0xff) << top;
            q.beat_last = old.in_word >> 8 == 1;
            q.beat_valid = old.fill + 1 == self.in_bytes;
            q.fill = (old.fill + 1) % self.in_bytes;
        } else if ready {
            q.beat_valid = false;
        }
        if act == Some(Act::Clear) {
            (q.in_position, q.in_read, q.fetched, q.fill, q.beat_valid) = (0, 0, false, 0, false);
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
            Some(Act::Take) if got.wrapping_sub(old.out_position) <= old.level() => self.q.out_position = got,
            _ => {}
        }
    }
}

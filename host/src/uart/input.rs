//! Input on its way over a serial line: kept until the device has it, sent again from the first byte that it lacks.

use super::request_bytes;
use std::collections::VecDeque;
use systole_machine::serial::{DATA_ENDS, IN_BUFFER_BITS};

/// Bytes of a frame at most; short frames lose little when they are damaged.
const CHUNK: usize = 256;
/// Frames on their way at most; answers to the first come while the last goes.
const WINDOW: usize = 4;
/// Bytes taken from the driver ahead of the device.
const BACKLOG: usize = 1 << IN_BUFFER_BITS;

/// The bytes of one frame and their place in the connection's stream.
pub struct Chunk {
    position: u16,
    pub bytes: Vec<u8>,
    ends: bool,
    /// Number of the request that carries it.
    number: Option<u8>,
}

impl Chunk {
    /// The request's first argument.
    pub fn first(&self) -> u32 {
        u32::from(self.position) | if self.ends { DATA_ENDS } else { 0 }
    }

    fn end(&self) -> u16 {
        self.position.wrapping_add(self.bytes.len() as u16)
    }
}

/// Chunks that the device does not have yet.
pub struct InputQueue {
    chunks: VecDeque<Chunk>,
    /// Chunks at the front that are on their way.
    flying: usize,
    /// Behind the last chunk; where the device stands, and its room there.
    end: u16,
    position: u16,
    room: u16,
}

impl Default for InputQueue {
    /// Of a connection that begins.
    fn default() -> Self {
        InputQueue { chunks: VecDeque::new(), flying: 0, end: 0, position: 0, room: 1 << IN_BUFFER_BITS }
    }
}

impl InputQueue {
    /// Bytes on the line of all that may be in flight at once.
    pub fn window_bytes(&self) -> usize {
        WINDOW * request_bytes(CHUNK)
    }

    pub fn has_room(&self) -> bool {
        self.end.wrapping_sub(self.position) < BACKLOG as u16
    }

    pub fn is_flying(&self) -> bool {
        self.flying > 0
    }

    /// Takes beats in, as many as there is room for: bytes taken.
    pub fn push(&mut self, bytes: &[u8], in_bytes: usize, ends: bool) -> usize {
        let mut taken = 0;
        while taken < bytes.len() && self.has_room() {
            let length = (CHUNK / in_bytes * in_bytes).min(bytes.len() - taken);
            let ends = ends && taken + length == bytes.len();
            let bytes = bytes[taken..taken + length].to_vec();
            self.chunks.push_back(Chunk { position: self.end, bytes, ends, number: None });
            self.end = self.end.wrapping_add(length as u16);
            taken += length;
        }
        taken
    }

    /// The chunk to send now, if the device has room for it.
    pub fn next(&self) -> Option<&Chunk> {
        let chunk = self.chunks.get(self.flying).filter(|_| self.flying < WINDOW)?;
        (chunk.end().wrapping_sub(self.position) <= self.room).then_some(chunk)
    }

    /// The chunk of [`InputQueue::next`] is on its way.
    pub fn sent(&mut self, number: u8) {
        self.chunks[self.flying].number = Some(number);
        self.flying += 1;
    }

    /// Where the device stands. What it has is dropped; positions that cannot be are not believed.
    pub fn note(&mut self, position: u16, room: u16) {
        let ahead = position.wrapping_sub(self.position);
        if ahead > self.end.wrapping_sub(self.position) {
            return;
        }
        (self.position, self.room) = (position, room);
        while self.chunks.front().is_some_and(|chunk| {
            let lacking = chunk.end().wrapping_sub(position);
            lacking == 0 || lacking > BACKLOG as u16 + CHUNK as u16
        }) {
            self.chunks.pop_front();
            self.flying = self.flying.saturating_sub(1);
        }
    }

    /// The request of that number was answered, and its chunk is not there: it, and those behind it, go again.
    pub fn answered(&mut self, number: u8) {
        if self.chunks.iter().take(self.flying).any(|chunk| chunk.number == Some(number)) {
            self.rewind();
        }
    }

    /// All that is on its way goes again.
    pub fn rewind(&mut self) {
        self.chunks.iter_mut().for_each(|chunk| chunk.number = None);
        self.flying = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::{InputQueue, BACKLOG, CHUNK, WINDOW};

    #[test]
    fn what_the_device_lacks_goes_again() {
        let mut queue = InputQueue::default();
        assert_eq!(queue.push(&[1; 2 * CHUNK], 4, true), 2 * CHUNK);
        for number in [7, 8] {
            assert!(queue.next().is_some());
            queue.sent(number);
        }
        assert!(queue.next().is_none());
        // The first was damaged, the second came out of its place.
        queue.note(0, BACKLOG as u16);
        queue.answered(8);
        assert_eq!(queue.next().unwrap().first(), 0);
        queue.sent(9);
        queue.note(CHUNK as u16, BACKLOG as u16 - CHUNK as u16);
        queue.answered(9);
        assert!(!queue.is_flying());
        assert_eq!(queue.next().unwrap().first() as u16, CHUNK as u16);
    }

    #[test]
    fn no_more_is_sent_than_there_is_room_for() {
        let mut queue = InputQueue::default();
        let mut taken = 0;
        while queue.has_room() {
            taken += queue.push(&[0; BACKLOG], 4, false);
        }
        assert!(taken <= BACKLOG + CHUNK);
        queue.note(0, CHUNK as u16 + 1);
        queue.sent(0);
        assert!(queue.next().is_none(), "the device has room for one");
        queue.note(CHUNK as u16, BACKLOG as u16);
        let mut number = 1;
        while queue.next().is_some() {
            queue.sent(number);
            number += 1;
        }
        assert_eq!(usize::from(number) - 1, WINDOW);
    }

    #[test]
    fn positions_wrap() {
        let mut queue = InputQueue::default();
        for _ in 0..1000 {
            assert_eq!(queue.push(&[0; CHUNK], 8, true), CHUNK);
            queue.sent(1);
            let end = queue.chunks[0].end();
            queue.note(end, BACKLOG as u16);
            assert!(queue.chunks.is_empty() && !queue.is_flying());
        }
    }
}

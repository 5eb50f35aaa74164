//! The registers of the link proper, and what can be read off them.

use super::ahead::Ahead;
use systole_machine::serial::{ANSWER_BYTES, CRC_BYTES, DATA, DATA_ENDS, IN_BUFFER_BITS, REQUEST_BYTES};

/// The answering machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Rest,
    Reading,
    Writing,
    Look,
    Head,
    Beats,
    Last,
}

/// A request's header; the count of all its bytes is beside it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Request {
    pub(super) kind: u8,
    pub(super) connection: u8,
    pub(super) number: u8,
    pub(super) first: u32,
    pub(super) second: u32,
}

/// What the request that is over at this edge leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Clear,
    /// A register access, made or only answered again, inside the window or not.
    Access {
        fresh: bool,
        outside: bool,
    },
    Take,
    Data,
    Refuse,
}

/// The registers of the link proper.
#[derive(Clone, Debug)]
pub(super) struct Registers {
    pub(super) head: [u8; REQUEST_BYTES],
    pub(super) count: u16,
    /// The request was over a cycle ago: and whole.
    pub(super) over: Option<bool>,
    pub(super) ahead: Ahead,
    pub(super) state: State,
    pub(super) connection: u8,
    pub(super) in_position: u16,
    pub(super) in_read: u16,
    pub(super) out_position: u16,
    pub(super) out_written: u16,
    pub(super) out_read: u16,
    /// The level of a cycle ago, and whether a beat is taken for it.
    pub(super) level: u16,
    pub(super) ready: bool,
    pub(super) done: Option<u8>,
    pub(super) aw_valid: bool,
    pub(super) w_valid: bool,
    pub(super) ar_valid: bool,
    pub(super) addr: u32,
    pub(super) word: u32,
    pub(super) response: u8,
    pub(super) in_word: u16,
    pub(super) in_next: u16,
    pub(super) reading: bool,
    pub(super) fetched: bool,
    pub(super) beat_valid: bool,
    pub(super) beat_last: bool,
    pub(super) fill: usize,
    pub(super) beat: u64,
    pub(super) out_read_word: (u32, bool),
    pub(super) out_word: (u32, bool),
    pub(super) kind: u8,
    pub(super) number: u8,
    pub(super) left: u16,
    pub(super) sent: usize,
    pub(super) answer: [u8; ANSWER_BYTES],
    pub(super) moved: bool,
    pub(super) settled: bool,
    pub(super) ended: bool,
    /// Byte on its way to the frame, and whether it is the last.
    pub(super) byte: Option<(u8, bool)>,
    pub(super) reset: u8,
    pub(super) machine_reset: bool,
}

impl Registers {
    pub(super) fn new() -> Self {
        Registers {
            head: [0; REQUEST_BYTES],
            count: 0,
            over: None,
            ahead: Ahead::default(),
            state: State::Rest,
            connection: 0,
            in_position: 0,
            in_read: 0,
            out_position: 0,
            out_written: 0,
            out_read: 0,
            level: 0,
            ready: false,
            done: None,
            aw_valid: false,
            w_valid: false,
            ar_valid: false,
            addr: 0,
            word: 0,
            response: 0,
            in_word: 0,
            in_next: 0,
            reading: false,
            fetched: false,
            beat_valid: false,
            beat_last: false,
            fill: 0,
            beat: 0,
            out_read_word: (0, false),
            out_word: (0, false),
            kind: 0,
            number: 0,
            left: 0,
            sent: 0,
            answer: [0; ANSWER_BYTES],
            moved: false,
            settled: false,
            ended: false,
            byte: None,
            reset: 0,
            machine_reset: false,
        }
    }

    pub(super) fn request(&self) -> Request {
        let [kind, connection, number, a0, a1, a2, a3, b0, b1, b2, b3] = self.head;
        let (first, second) = (u32::from_le_bytes([a0, a1, a2, a3]), u32::from_le_bytes([b0, b1, b2, b3]));
        Request { kind, connection, number, first, second }
    }

    /// What is compared in a cycle that begins with these registers.
    pub(super) fn look_ahead(&self) -> Ahead {
        let (old, request) = (&self.ahead, self.request());
        let body = self.count.wrapping_sub(REQUEST_BYTES as u16);
        let fits = old.is_data && request.connection == self.connection && old.follows && old.room_enough;
        let length = if old.is_data { request.second as u16 } else { 0 };
        Ahead {
            is_data: request.kind == DATA,
            length,
            room: self.room(),
            wanted: old.length.wrapping_add((REQUEST_BYTES + CRC_BYTES) as u16),
            counted: self.count == old.wanted,
            follows: request.first as u16 == self.in_position,
            room_enough: old.length <= old.room,
            fits: fits.then_some(length),
            behind: usize::from(self.count) >= REQUEST_BYTES,
            left: i32::from(old.length) - i32::from(body),
            in_body: old.behind && old.left > 0,
            ends: request.first & DATA_ENDS != 0 && old.left == 1,
            put_at: self.in_position.wrapping_add(body),
            got: (request.first as u16).wrapping_sub(self.out_position),
            acknowledges: old.got <= self.level,
        }
    }

    pub(super) fn level(&self) -> u16 {
        self.out_written.wrapping_sub(self.out_position)
    }

    pub(super) fn room(&self) -> u16 {
        (1u16 << IN_BUFFER_BITS).wrapping_sub(self.in_position.wrapping_sub(self.in_read))
    }
}

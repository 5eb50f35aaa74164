//! `frame_rx.v`, `frame_tx.v` and `frame_crc.v`, clocked.

use systole_machine::control::crc::Crc;
use systole_machine::serial::{CRC_BYTES, CRC_RESIDUE, END, ESCAPE, ESCAPED_END, ESCAPED_ESCAPE};

/// The way in; the public fields are its outputs.
#[derive(Clone, Debug)]
pub struct Unframe {
    crc: Crc,
    begun: bool,
    escaped: bool,
    broken: bool,
    /// An end came a cycle ago; of a frame, and whether its bytes were legal.
    over: bool,
    ended: Option<bool>,
    pub data: u8,
    pub valid: bool,
    pub end: bool,
    pub good: bool,
}

impl Unframe {
    pub fn new() -> Self {
        Unframe {
            crc: Crc::NONE,
            begun: false,
            escaped: false,
            broken: false,
            over: false,
            ended: None,
            data: 0,
            valid: false,
            end: false,
            good: false,
        }
    }

    pub fn clock(&mut self, reset: bool, byte: Option<u8>) {
        if reset {
            *self = Unframe { data: self.data, ..Unframe::new() };
            return;
        }
        self.end = self.ended.is_some();
        self.good = self.ended == Some(true) && self.crc.0 == CRC_RESIDUE;
        if self.over {
            self.crc = Crc::NONE;
        } else if self.valid {
            self.crc.push(self.data);
        }
        self.over = byte == Some(END);
        self.ended = (self.over && self.begun).then_some(!self.escaped && !self.broken);
        self.valid = false;
        match byte {
            None => {}
            Some(END) => (self.begun, self.escaped, self.broken) = (false, false, false),
            Some(ESCAPE) if !self.escaped => (self.begun, self.escaped) = (true, true),
            Some(byte) => self.plain(byte),
        }
    }

    fn plain(&mut self, byte: u8) {
        let legal = !self.escaped || byte == ESCAPED_END || byte == ESCAPED_ESCAPE;
        self.data = match (self.escaped, byte) {
            (false, byte) => byte,
            (true, ESCAPED_END) => END,
            (true, _) => ESCAPE,
        };
        self.broken |= !legal;
        (self.valid, self.begun, self.escaped) = (true, true, false);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Rest,
    Body,
    Check,
    Over,
}

/// The way out.
#[derive(Clone, Debug)]
pub struct Frame {
    state: State,
    crc: Crc,
    index: usize,
    escaped: bool,
    /// The byte that was offered a cycle ago, and is still.
    seen: Option<u8>,
    data: u8,
    valid: bool,
}

impl Frame {
    pub fn new() -> Self {
        Frame { state: State::Rest, crc: Crc::NONE, index: 0, escaped: false, seen: None, data: 0, valid: false }
    }

    /// For the line.
    pub fn byte(&self) -> Option<u8> {
        self.valid.then_some(self.data)
    }

    /// What is to go out next, before pairs are made.
    fn offered(&self, byte: Option<u8>) -> Option<u8> {
        match self.state {
            State::Body => byte,
            State::Check => Some((!self.crc.0).to_le_bytes()[self.index]),
            State::Rest | State::Over => None,
        }
    }

    fn taken(&self, line_ready: bool) -> bool {
        let room = !self.valid || line_ready;
        let whole = |value: u8| self.escaped || value != END && value != ESCAPE;
        room && self.seen.is_some_and(whole)
    }

    /// Whether the byte that is offered is taken in this cycle.
    pub fn ready(&self, line_ready: bool) -> bool {
        self.state == State::Body && self.taken(line_ready)
    }

    pub fn clock(&mut self, reset: bool, byte: Option<u8>, last: bool, line_ready: bool) {
        let (seen, taken) = (self.seen, self.taken(line_ready));
        let offered = self.offered(byte).filter(|_| !taken && !reset);
        let body = self.state == State::Body;
        let resting = self.state == State::Rest;
        if !self.valid || line_ready {
            self.valid = seen.is_some() || self.state == State::Over || resting && byte.is_some();
            self.data = match (seen, self.escaped) {
                (None, _) => END,
                (Some(END), true) => ESCAPED_END,
                (Some(_), true) => ESCAPED_ESCAPE,
                (Some(END | ESCAPE), false) => ESCAPE,
                (Some(value), false) => value,
            };
            self.escaped = seen.is_some() && !taken;
            self.state = match self.state {
                State::Rest if byte.is_some() => State::Body,
                State::Body if taken && last => State::Check,
                State::Check if taken && self.index + 1 == CRC_BYTES => State::Over,
                State::Over => State::Rest,
                other => other,
            };
        }
        if let (true, Some(byte)) = (taken && body, byte) {
            self.crc.push(byte);
        }
        if taken {
            self.index = if body { 0 } else { (self.index + 1) % CRC_BYTES };
        }
        self.seen = offered;
        if resting || reset {
            self.crc = Crc::NONE;
        }
        if reset {
            (self.state, self.valid, self.escaped) = (State::Rest, false, false);
        }
    }
}

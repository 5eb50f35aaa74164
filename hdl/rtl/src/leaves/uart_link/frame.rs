//! `frame_rx.v`, `frame_tx.v` and `frame_crc.v`, clocked.

use systole_plan::clock::crc::Crc;
use systole_plan::serial::{CRC_BYTES, CRC_RESIDUE, END, ESCAPE, ESCAPED_END, ESCAPED_ESCAPE};

/// The way in; the public fields are its outputs.
#[derive(Clone, Debug)]
pub struct Unframe {
    crc: Crc,
    begun: bool,
    escaped: bool,
    broken: bool,
    pub data: u8,
    pub valid: bool,
    pub end: bool,
    pub good: bool,
}

impl Unframe {
    pub fn new() -> Self {
        let (begun, escaped, broken) = (false, false, false);
        Unframe { crc: Crc::NONE, begun, escaped, broken, data: 0, valid: false, end: false, good: false }
    }

    pub fn clock(&mut self, reset: bool, byte: Option<u8>) {
        if reset {
            *self = Unframe { data: self.data, ..Unframe::new() };
            return;
        }
        let over = byte == Some(END);
        self.end = over && self.begun;
        self.good = self.end && !self.escaped && !self.broken && self.crc.0 == CRC_RESIDUE;
        self.valid = false;
        match byte {
            None => {}
            Some(END) => {
                (self.crc, self.begun, self.escaped, self.broken) = (Crc::NONE, false, false, false);
            }
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
        self.crc.push(self.data);
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
    data: u8,
    valid: bool,
}

impl Frame {
    pub fn new() -> Self {
        Frame { state: State::Rest, crc: Crc::NONE, index: 0, escaped: false, data: 0, valid: false }
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

    fn taken(&self, byte: Option<u8>, line_ready: bool) -> bool {
        let room = !self.valid || line_ready;
        let whole = |value: u8| self.escaped || value != END && value != ESCAPE;
        room && self.offered(byte).is_some_and(whole)
    }

    /// Whether the byte that is offered is taken in this cycle.
    pub fn ready(&self, byte: Option<u8>, line_ready: bool) -> bool {
        self.state == State::Body && self.taken(byte, line_ready)
    }

    pub fn clock(&mut self, reset: bool, byte: Option<u8>, last: bool, line_ready: bool) {
        let (offered, taken) = (self.offered(byte), self.taken(byte, line_ready));
        let body = self.state == State::Body;
        let resting = self.state == State::Rest;
        if !self.valid || line_ready {
            self.valid = offered.is_some() || self.state == State::Over || resting && byte.is_some();
            self.data = match (offered, self.escaped) {
                (None, _) => END,
                (Some(END), true) => ESCAPED_END,
                (Some(_), true) => ESCAPED_ESCAPE,
                (Some(END | ESCAPE), false) => ESCAPE,
                (Some(value), false) => value,
            };
            self.escaped = offered.is_some() && !taken;
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
        if resting || reset {
            self.crc = Crc::NONE;
        }
        if reset {
            (self.state, self.valid, self.escaped) = (State::Rest, false, false);
        }
    }
}

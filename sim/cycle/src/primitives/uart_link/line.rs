//! `uart_rx.v` and `uart_tx.v`, clocked.

/// Bits of a byte on the line: start, eight of data, stop.
const LINE_BITS: u8 = 10;
const STOP: u8 = LINE_BITS - 1;

/// The receiver. `data` is a byte while `valid`.
#[derive(Clone, Debug)]
pub struct Receiver {
    divider: u32,
    line: [bool; 2],
    busy: bool,
    bit: u8,
    count: u32,
    pub data: u8,
    pub valid: bool,
}

impl Receiver {
    pub fn new(divider: u32) -> Self {
        Receiver { divider, line: [true; 2], busy: false, bit: 0, count: 0, data: 0, valid: false }
    }

    pub fn clock(&mut self, reset: bool, rx: bool) {
        let line = self.line[1];
        let sample = self.busy && self.count == 0;
        self.line = [rx, self.line[0]];
        self.valid = sample && self.bit == STOP && line;
        if !self.busy {
            (self.busy, self.count, self.bit) = (!line, self.divider / 2 - 1, 0);
        } else if sample {
            match self.bit {
                0 => self.busy = !line,
                STOP => self.busy = false,
                _ => self.data = u8::from(line) << 7 | self.data >> 1,
            }
            (self.count, self.bit) = (self.divider - 1, self.bit + 1);
        } else {
            self.count -= 1;
        }
        if reset {
            (self.line, self.busy, self.valid) = ([true; 2], false, false);
        }
    }
}

/// The sender.
#[derive(Clone, Debug)]
pub struct Sender {
    divider: u32,
    shift: u16,
    left: u8,
    count: u32,
}

impl Sender {
    pub fn new(divider: u32) -> Self {
        Sender { divider, shift: u16::MAX, left: 0, count: 0 }
    }

    pub fn ready(&self) -> bool {
        self.left == 0
    }

    pub fn tx(&self) -> bool {
        self.shift & 1 == 1
    }

    pub fn clock(&mut self, reset: bool, byte: Option<u8>) {
        if self.left == 0 {
            self.count = self.divider - 1;
            if let Some(byte) = byte {
                (self.shift, self.left) = (!0 << STOP | u16::from(byte) << 1, LINE_BITS);
            }
        } else if self.count == 0 {
            (self.count, self.shift, self.left) = (self.divider - 1, 1 << 15 | self.shift >> 1, self.left - 1);
        } else {
            self.count -= 1;
        }
        if reset {
            (self.shift, self.left) = (u16::MAX, 0);
        }
    }
}

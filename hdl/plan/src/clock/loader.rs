//! The weights' loader, clocked: `weight_loader.v`.

use super::crc::Crc;
use crate::geometry::Geometry;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Rest,
    Take,
    Check,
    Done,
}

/// The loader; its methods are its outputs.
#[derive(Clone, Debug)]
pub struct Loader {
    in_bytes: usize,
    beats: usize,
    words: usize,
    period: usize,
    depth: usize,
    state: State,
    /// Beats of the word that comes in, and its bytes in the order of a shift register.
    beat: usize,
    data: Vec<u8>,
    /// The word is complete; its number.
    write: bool,
    word: usize,
    tick: usize,
    address: usize,
    over: bool,
    left: usize,
    row: Vec<i8>,
    checked: bool,
    crc: Crc,
}

impl Loader {
    pub fn new(g: &Geometry) -> Self {
        Loader {
            in_bytes: g.in_bytes,
            beats: g.load_beats(),
            words: g.load_words(),
            period: g.check_period(),
            depth: g.wgt_depth,
            state: State::Rest,
            beat: 0,
            data: vec![0; g.load_beats() * g.in_bytes],
            write: false,
            word: 0,
            tick: 0,
            address: 0,
            over: false,
            left: 0,
            row: vec![0; g.cols],
            checked: false,
            crc: Crc::NONE,
        }
    }

    fn written(&self) -> bool {
        self.write && self.word + 1 == self.words
    }

    pub fn ready(&self) -> bool {
        self.state == State::Take && !self.written()
    }

    /// The word that is written in this cycle: its number in the order of loading, and its bits.
    pub fn write(&self) -> Option<(usize, u128)> {
        let bits = self.data.iter().rev().fold(0, |bits: u128, &byte| bits << 8 | u128::from(byte));
        self.write.then_some((self.word, bits))
    }

    /// The address that is read back.
    pub fn read(&self) -> Option<usize> {
        (self.state == State::Check).then_some(self.address)
    }

    pub fn checked(&self) -> bool {
        self.checked
    }

    pub fn crc(&self) -> u32 {
        !self.crc.0
    }

    /// Rising edge with what is asked, a beat offered or not, and the row that the memories
    /// show, asked for only when it is kept.
    pub fn clock(&mut self, reset: bool, [load, check]: [bool; 2], beat: Option<u64>, row: impl FnOnce() -> Vec<i8>) {
        let now = self.state;
        let (written, ends) = (self.written(), now == State::Check && self.over && self.left == 1);
        let beat = beat.filter(|_| self.ready());
        self.clock_check(now, row);
        self.clock_words(now, beat);
        self.checked = ends;
        self.state = match now {
            State::Rest if load => State::Take,
            State::Rest if check => State::Check,
            State::Take if written => State::Check,
            State::Check if ends => State::Done,
            other => other,
        };
        if reset || !(load || check) {
            self.state = State::Rest;
        }
        if reset {
            self.clock_words(State::Rest, None);
            self.rest_check();
            (self.checked, self.crc) = (false, Crc::NONE);
        }
    }

    fn clock_words(&mut self, now: State, beat: Option<u64>) {
        self.word += usize::from(self.write);
        self.write = beat.is_some() && self.beat + 1 == self.beats;
        if let Some(beat) = beat {
            self.data.drain(..self.in_bytes);
            self.data.extend_from_slice(&beat.to_le_bytes()[..self.in_bytes]);
            self.beat = if self.write { 0 } else { self.beat + 1 };
        }
        if now == State::Rest {
            (self.write, self.beat, self.word) = (false, 0, 0);
        }
    }

    fn clock_check(&mut self, now: State, row: impl FnOnce() -> Vec<i8>) {
        match now {
            State::Rest | State::Take => self.crc = Crc::NONE,
            _ if self.left > 0 => self.crc.push(self.row[self.row.len() - self.left] as u8),
            _ => {}
        }
        if now != State::Check {
            return self.rest_check();
        }
        let end = !self.over && self.tick + 1 == self.period;
        self.left = self.left.saturating_sub(1);
        self.tick = if end { 0 } else { self.tick + 1 };
        if end {
            self.row = row();
            self.left = self.row.len();
            self.over = self.address + 1 == self.depth;
            self.address += usize::from(!self.over);
        }
    }

    fn rest_check(&mut self) {
        (self.tick, self.address, self.over, self.left) = (0, 0, false, 0);
    }
}

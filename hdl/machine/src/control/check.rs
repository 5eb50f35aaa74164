//! Reading the memories back, clocked: `memory_check.v`.

use super::crc::Crc;
use crate::memories::MemoryImage;
use crate::plan::Plan;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Rest,
    Settle,
    Walk,
    Done,
}

/// What is asked of the checker in a cycle.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    pub check: bool,
    /// The host loads weights; asks for nothing before all are there.
    pub load: bool,
    pub loaded: bool,
    /// An image is in flight.
    pub busy: bool,
}

/// A byte that is read: memory, word, byte of the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub memory: usize,
    pub word: usize,
    pub byte: usize,
}

/// The checker; its methods are its outputs.
#[derive(Clone, Debug)]
pub struct MemoryCheck {
    /// Last word and last byte of each memory.
    last: Vec<(usize, usize)>,
    settle: usize,
    state: State,
    at: Place,
    count: usize,
    walked: bool,
    over: bool,
    /// A byte on its way into the CRC.
    byte: Option<u8>,
    crc: Crc,
    found: bool,
    done: bool,
    found_memory: usize,
}

impl MemoryCheck {
    /// Of a plan's memories.
    pub fn of(plan: &Plan) -> Self {
        let last = |image: &MemoryImage| (image.depth() - 1, image.word_bytes - 1);
        MemoryCheck::new(plan.memory_images().iter().map(last).collect(), plan.check_settle())
    }

    /// Of memories with these last words and last bytes, `settle` cycles after one another.
    pub fn new(last: Vec<(usize, usize)>, settle: usize) -> Self {
        MemoryCheck {
            last,
            settle,
            state: State::Rest,
            at: Place { memory: 0, word: 0, byte: 0 },
            count: 0,
            walked: false,
            over: false,
            byte: None,
            crc: Crc::NONE,
            found: false,
            done: false,
            found_memory: 0,
        }
    }

    /// The fetch machine is to stand still.
    pub fn holds(&self) -> bool {
        self.state != State::Rest
    }

    /// The byte that is read in this cycle.
    pub fn read(&self) -> Option<Place> {
        (self.state == State::Walk).then_some(self.at)
    }

    /// The memory whose CRC is there in this cycle.
    pub fn found(&self) -> Option<usize> {
        self.found.then_some(self.found_memory)
    }

    /// The memory whose CRC was there last.
    pub fn found_memory(&self) -> usize {
        self.found_memory
    }

    /// A CRC is there in this cycle, and it is the last memory's.
    pub fn done(&self) -> bool {
        self.done
    }

    pub fn crc(&self) -> u32 {
        !self.crc.0
    }

    /// What is read, or comes next: the memory whose bytes arrive.
    pub fn place(&self) -> Place {
        self.at
    }

    /// Rising edge with a byte that arrives.
    pub fn clock(&mut self, reset: bool, asked: Asked, byte: Option<u8>) {
        let wanted = if asked.load { asked.loaded } else { asked.check };
        let begins = wanted && (asked.load || !asked.busy);
        self.clock_crc(reset, byte);
        let settling = self.state == State::Settle;
        let emits = settling && self.walked && self.count + 2 == self.settle;
        let settled = settling && self.count + 1 == self.settle;
        let last = self.at.memory + 1 == self.last.len();
        (self.found, self.done) = (emits, emits && last);
        self.count = if settling && !settled { self.count + 1 } else { 0 };
        match self.state {
            State::Rest if begins => self.state = State::Settle,
            State::Settle if settled => self.state = if self.over { State::Done } else { State::Walk },
            State::Walk => self.walk(),
            State::Rest | State::Settle | State::Done => {}
        }
        if emits {
            (self.found_memory, self.walked, self.over) = (self.at.memory, false, last);
            self.at.memory += usize::from(!last);
        }
        if reset || !wanted {
            (self.found, self.done) = (false, false);
            self.rest();
        }
    }

    fn clock_crc(&mut self, reset: bool, byte: Option<u8>) {
        if reset || self.state == State::Rest || self.state == State::Settle && !self.walked {
            self.crc = Crc::NONE;
        } else if let Some(byte) = self.byte {
            self.crc.push(byte);
        }
        self.byte = byte;
    }

    fn walk(&mut self) {
        let (word, byte) = self.last[self.at.memory];
        let (word_ends, byte_ends) = (self.at.word == word, self.at.byte == byte);
        self.at.byte = if byte_ends { 0 } else { self.at.byte + 1 };
        if byte_ends {
            self.at.word = if word_ends { 0 } else { self.at.word + 1 };
        }
        if byte_ends && word_ends {
            (self.state, self.walked) = (State::Settle, true);
        }
    }

    fn rest(&mut self) {
        self.state = State::Rest;
        self.at = Place { memory: 0, word: 0, byte: 0 };
        (self.count, self.walked, self.over) = (0, false, false);
    }
}

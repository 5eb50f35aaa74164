//! The weights' loader, clocked: `weight_loader.v`.

use crate::geometry::Geometry;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Rest,
    Take,
    Done,
}

/// The loader; its methods are its outputs.
#[derive(Clone, Debug)]
pub struct Loader {
    in_bytes: usize,
    beats: usize,
    words: usize,
    state: State,
    /// Beats of the word that comes in, and its bytes in the order of a shift register.
    beat: usize,
    data: Vec<u8>,
    /// The word is complete; its number.
    write: bool,
    word: usize,
}

impl Loader {
    pub fn new(g: &Geometry) -> Self {
        Loader {
            in_bytes: g.in_bytes,
            beats: g.load_beats(),
            words: g.load_words(),
            state: State::Rest,
            beat: 0,
            data: vec![0; g.load_beats() * g.in_bytes],
            write: false,
            word: 0,
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

    /// All words are taken.
    pub fn loaded(&self) -> bool {
        self.state == State::Done
    }

    /// Rising edge: whether words are to be taken, and a beat that is offered.
    pub fn clock(&mut self, reset: bool, load: bool, beat: Option<u64>) {
        let (now, written) = (self.state, self.written());
        let beat = beat.filter(|_| self.ready());
        self.clock_words(now, beat);
        self.state = match now {
            State::Rest => State::Take,
            State::Take if written => State::Done,
            State::Take | State::Done => now,
        };
        if reset || !load {
            self.state = State::Rest;
        }
        if reset {
            self.clock_words(State::Rest, None);
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
}

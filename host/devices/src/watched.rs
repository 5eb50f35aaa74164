//! Counts the cycles of a machine for whoever wants to see that it goes on.

use std::sync::Arc;
use systole_host::BoxError;
use systole_machine::pins::{TopIn, TopOut, TopPins};

/// Told the cycles so far, every few thousand.
pub type Watch = Arc<dyn Fn(u64) + Send + Sync>;

/// Cycles between two calls.
const EVERY: u64 = 1 << 12;

/// A machine behind its pins, watched.
pub struct Watched<P> {
    pins: P,
    cycles: u64,
    watch: Watch,
}

impl<P: TopPins> Watched<P> {
    pub fn new(pins: P, watch: Watch) -> Self {
        Watched { pins, cycles: 0, watch }
    }

    pub fn inner(&mut self) -> &mut P {
        &mut self.pins
    }
}

impl<P: TopPins> TopPins for Watched<P> {
    fn cycle(&mut self, inputs: &TopIn) -> Result<TopOut, BoxError> {
        self.cycles += 1;
        if self.cycles % EVERY == 0 {
            (self.watch)(self.cycles);
        }
        self.pins.cycle(inputs)
    }

    fn rest(&mut self, inputs: &TopIn, most: u64) -> Result<(u64, TopOut), BoxError> {
        let (passed, out) = self.pins.rest(inputs, most)?;
        let before = self.cycles / EVERY;
        self.cycles += passed;
        if self.cycles / EVERY != before {
            (self.watch)(self.cycles);
        }
        Ok((passed, out))
    }
}

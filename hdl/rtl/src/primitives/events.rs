//! What happens at the streams, as pulses for the registers to count.

use crate::ports::events;
use crate::primitive::{Module, Parameter, Primitive};

/// Images in flight are counted in as many bits; no plan holds that many.
pub const IMAGES_BITS: usize = 8;

/// The pulses behind `events.v`.
#[derive(Clone, Debug)]
pub struct Events {
    pub beat_bits: usize,
}

impl Events {
    /// `beat_bits`: bits of a beat's number in its image.
    pub fn new(beat_bits: usize) -> Self {
        Events { beat_bits }
    }
}

impl Primitive for Events {
    fn verilog(&self) -> &'static Module {
        &events::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::Integer("BEAT_W", self.beat_bits as u64), Parameter::Integer("IMAGES_W", IMAGES_BITS as u64)]
    }
}

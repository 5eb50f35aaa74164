//! The input collector: beats to words of the input line buffer, with the TLAST checks.

use crate::ports::collector;
use crate::primitive::{Module, Parameter, Primitive};
use systole_machine::geometry::{bits_for, Geometry};
use systole_machine::words::Widths;
use systole_machine::InputMap;

/// The collector of `collector.v`.
#[derive(Clone, Debug)]
pub struct Collector {
    pub geometry: Geometry,
    pub map: InputMap,
    /// First bank address of the input line buffer.
    pub base: usize,
    pub addr_bits: usize,
    pub level_bits: usize,
}

impl Collector {
    /// `base`: first bank address of the input line buffer.
    pub fn new(geometry: &Geometry, map: &InputMap, base: usize, widths: &Widths) -> Self {
        let (addr_bits, level_bits) = (widths.addr, widths.level);
        Collector { geometry: geometry.clone(), map: map.clone(), base, addr_bits, level_bits }
    }
}

impl Primitive for Collector {
    fn verilog(&self) -> &'static Module {
        &collector::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        [
            ("ROWS", self.geometry.rows),
            ("IN_BYTES", self.geometry.in_bytes),
            ("BEATS", self.geometry.beats_per_word()),
            ("CHANNELS", self.map.channels),
            ("SLOTS", self.map.slots),
            ("BASE", self.base),
            ("ADDR_W", self.addr_bits),
            ("IN_W", self.level_bits),
            ("IMAGE_BEATS", self.map.beats),
            ("BEAT_W", bits_for(self.map.beats - 1)),
        ]
        .map(|(name, value)| Parameter::Integer(name, value as u64))
        .to_vec()
    }
}

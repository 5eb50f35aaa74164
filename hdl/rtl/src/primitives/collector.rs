//! The input collector: control by the plan's clocked model, words, addresses and TLAST checks here.

use crate::primitive::{Parameter, Port, Primitive, Values};
use systole_machine::control::input::Collector as Control;
use systole_machine::geometry::{bits_for, Geometry};
use systole_machine::words::Widths;
use systole_machine::InputMap;

/// Order of the input ports.
#[derive(Clone, Copy)]
enum In {
    Enable,
    Valid,
    Data,
    Last,
    Release,
    Grant,
}

/// The collector of `collector.v`.
#[derive(Clone, Debug)]
pub struct Collector {
    geometry: Geometry,
    map: InputMap,
    base: usize,
    addr_bits: usize,
    level_bits: usize,
    control: Control,
    /// The tile pulse that the control has given.
    in_tile: bool,
    /// Bytes of the word being filled; words of its tile before it; its tile's slot; the coming beat of the image.
    fill: Vec<u64>,
    channel: usize,
    slot: usize,
    beat: usize,
    early: bool,
    late: bool,
    /// The finished word.
    addr: u64,
    data: Vec<u64>,
}

impl Collector {
    /// `base`: first bank address of the input line buffer.
    pub fn new(geometry: &Geometry, map: &InputMap, base: usize, widths: &Widths) -> Self {
        Collector {
            control: Control::new(geometry, map),
            in_tile: false,
            fill: Vec::new(),
            channel: 0,
            slot: 0,
            beat: 0,
            early: false,
            late: false,
            addr: 0,
            data: vec![0; geometry.rows],
            geometry: geometry.clone(),
            map: map.clone(),
            base,
            addr_bits: widths.addr,
            level_bits: widths.level,
        }
    }

    fn failed(&self) -> bool {
        self.early || self.late
    }

    fn ready(&self, inputs: &Values) -> bool {
        let enable = inputs[In::Enable as usize][0] == 1;
        enable && self.failed() || self.control.ready(enable)
    }

    fn reset(&mut self) {
        self.control = Control::new(&self.geometry, &self.map);
        (self.in_tile, self.early, self.late) = (false, false, false);
        self.fill.clear();
        (self.channel, self.slot, self.beat) = (0, 0, 0);
    }

    /// Takes a beat into the word; a full word goes to the buffer in front of port B.
    fn store(&mut self, bytes: impl Iterator<Item = u64>) {
        self.beat = if self.beat + 1 == self.map.beats { 0 } else { self.beat + 1 };
        self.fill.extend(bytes);
        if self.fill.len() < self.geometry.beats_per_word() * self.geometry.in_bytes {
            return;
        }
        self.data.copy_from_slice(&self.fill[..self.geometry.rows]);
        self.fill.clear();
        self.addr = (self.base + self.channel * self.map.slots + self.slot) as u64;
        self.channel += 1;
        if self.channel == self.map.channels {
            self.channel = 0;
            self.slot = if self.slot + 1 == self.map.slots { 0 } else { self.slot + 1 };
        }
    }
}

impl Primitive for Collector {
    fn module(&self) -> &'static str {
        "collector"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/collector.v")
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

    fn ports(&self) -> Vec<Port> {
        vec![
            Port::input("enable_i", 1, 1),
            Port::input("s_valid_i", 1, 1),
            Port::input("s_data_i", self.geometry.in_bytes, 8),
            Port::input("s_last_i", 1, 1),
            Port::input("release_i", 1, self.level_bits),
            Port::input("grant_i", 1, 1),
            Port::output("s_ready_o", 1, 1),
            Port::output("write_o", 1, 1),
            Port::output("addr_o", 1, self.addr_bits),
            Port::output("data_o", self.geometry.rows, 8),
            Port::output("in_tile_o", 1, 1),
            Port::output("beat_o", 1, bits_for(self.map.beats - 1)),
            Port::output("err_early_o", 1, 1),
            Port::output("err_late_o", 1, 1),
        ]
    }

    fn outputs(&self, inputs: &Values, outputs: &mut Values) {
        outputs[0][0] = self.ready(inputs).into();
        outputs[1][0] = self.control.request().into();
        outputs[2][0] = self.addr;
        outputs[3].copy_from_slice(&self.data);
        outputs[4][0] = self.in_tile.into();
        outputs[5][0] = self.beat as u64;
        outputs[6][0] = self.early.into();
        outputs[7][0] = self.late.into();
    }

    fn clock(&mut self, reset: bool, inputs: &Values) {
        let is = |port: In| inputs[port as usize][0] == 1;
        let taken = is(In::Valid) && self.ready(inputs) && !self.failed();
        let ends = self.beat + 1 == self.map.beats;
        // A beat in error, and all after it, are dropped.
        let stored = taken && is(In::Last) == ends;
        let release = inputs[In::Release as usize][0] as usize;
        if stored {
            self.store(inputs[In::Data as usize].iter().copied());
        }
        if reset {
            self.reset();
            return;
        }
        self.in_tile = self.control.clock(stored, is(In::Grant), release);
        self.early |= taken && is(In::Last) && !ends;
        self.late |= taken && !is(In::Last) && ends;
    }
}

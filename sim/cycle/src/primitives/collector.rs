//! Clocked model of `collector.v`: control by the plan's clocked model, words, addresses and TLAST checks here.

use crate::model::Clocked;
use systole_machine::control::input::Collector as Control;
use systole_machine::geometry::Geometry;
use systole_machine::InputMap;
use systole_rtl::ports::collector::{In, Out, Ports};
use systole_rtl::primitives::collector::Collector;

/// The collector of `collector.v`.
#[derive(Clone, Debug)]
pub struct CollectorModel {
    geometry: Geometry,
    map: InputMap,
    base: usize,
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

impl CollectorModel {
    pub fn new(primitive: Collector) -> Self {
        let Collector { geometry, map, base, .. } = primitive;
        CollectorModel {
            control: Control::new(&geometry, &map),
            in_tile: false,
            fill: Vec::new(),
            channel: 0,
            slot: 0,
            beat: 0,
            early: false,
            late: false,
            addr: 0,
            data: vec![0; geometry.rows],
            geometry,
            map,
            base,
        }
    }

    fn failed(&self) -> bool {
        self.early || self.late
    }

    fn ready(&self, enable: bool) -> bool {
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

impl Clocked for CollectorModel {
    type Ports = Ports;

    fn outputs(&self, inputs: In<'_>, out: Out<'_>) {
        *out.s_ready = self.ready(inputs.enable).into();
        *out.write = self.control.request().into();
        *out.addr = self.addr;
        out.data.copy_from_slice(&self.data);
        *out.in_tile = self.in_tile.into();
        *out.beat = self.beat as u64;
        *out.err_early = self.early.into();
        *out.err_late = self.late.into();
    }

    fn clock(&mut self, reset: bool, inputs: In<'_>) {
        let taken = inputs.s_valid && self.ready(inputs.enable) && !self.failed();
        let ends = self.beat + 1 == self.map.beats;
        // A beat in error, and all after it, are dropped.
        let stored = taken && inputs.s_last == ends;
        if stored {
            self.store(inputs.s_data.iter().copied());
        }
        if reset {
            self.reset();
            return;
        }
        self.in_tile = self.control.clock(stored, inputs.grant, inputs.release as usize);
        self.early |= taken && inputs.s_last && !ends;
        self.late |= taken && !inputs.s_last && ends;
    }
}

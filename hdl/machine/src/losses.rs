//! Where an interval's cycles go, layer by layer: multiply-accumulates, and every slot that had none by its cause.
//!
//! A slot is one cycle of one multiplier; an interval has `interval * rows * cols` of them. Slots are whole numbers, so the
//! causes add up to what was lost exactly.

use crate::cause::Cause;
use crate::control::machine::Observer;
use crate::control::sequencer::Wait;
use crate::plan::{LayerTiming, Plan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A layer descriptor's slots in one interval.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerSlots {
    pub macs: u64,
    pub lost: BTreeMap<Cause, u64>,
}

impl LayerSlots {
    /// All slots, used and lost.
    pub fn total(&self) -> u64 {
        self.macs + self.lost.values().sum::<u64>()
    }
}

/// Slots of every layer descriptor; together they are the whole interval's.
pub fn slots(plan: &Plan) -> Vec<LayerSlots> {
    let g = &plan.geometry;
    let per_cycle = g.macs_per_cycle() as u64;
    let layer = |((b, l), timing): ((&crate::Binding, &crate::tables::LayerEntry), &LayerTiming)| {
        let (products, reduction) = (b.products as u64, b.reduction as u64);
        let columns = (b.channel_tiles * g.cols) as u64;
        let channels = (l.ct_last * g.cols + l.cols_last + 1) as u64;
        let pixels = b.macs / (channels * products);
        let lanes = (b.tiles * g.rows) as u64;
        let edges = [
            (Cause::MapEdge, (lanes - pixels) * columns * reduction),
            (Cause::ChannelEdge, pixels * (columns - channels) * reduction),
            (Cause::OtherGroups, pixels * channels * (reduction - products)),
        ];
        let waits = timing.waits.iter().map(|(&cause, &cycles)| (cause, cycles * per_cycle));
        let lost = edges.into_iter().chain(waits).filter(|(_, slots)| *slots > 0).collect();
        LayerSlots { macs: b.macs, lost }
    };
    plan.bindings.iter().zip(&plan.layers).zip(&plan.timing().layers).map(layer).collect()
}

/// Counts steps and waits by layer; a wait for a tile's begin is charged to the layer that begins after it.
pub struct Ledger {
    layers: Vec<LayerTiming>,
    waiting: BTreeMap<Cause, u64>,
    last: usize,
    counting: bool,
}

impl Ledger {
    pub fn new(layers: usize) -> Self {
        Ledger { layers: vec![LayerTiming::default(); layers], waiting: BTreeMap::new(), last: 0, counting: false }
    }

    /// From the coming cycle on, cycles count.
    pub fn count(&mut self) {
        self.counting = true;
    }

    /// What was counted.
    pub fn close(mut self) -> Vec<LayerTiming> {
        self.charge(self.last);
        self.layers
    }

    fn charge(&mut self, layer: usize) {
        for (cause, cycles) in std::mem::take(&mut self.waiting) {
            *self.layers[layer].waits.entry(cause).or_default() += cycles;
        }
        self.last = layer;
    }
}

impl Observer for Ledger {
    fn idle(&mut self, _cycle: u64, cycles: u64, why: Option<Wait>) {
        let cause = cause(why);
        // These are the end of a tile, not the wait for another.
        let own = matches!(cause, Cause::ShortReduction | Cause::Addition);
        let waits = if own { &mut self.layers[self.last].waits } else { &mut self.waiting };
        if self.counting {
            *waits.entry(cause).or_default() += cycles;
        }
    }

    fn steps(&mut self, layer: usize, cycles: u64) {
        if !self.waiting.is_empty() {
            self.charge(layer);
        }
        self.last = layer;
        self.layers[layer].steps += if self.counting { cycles } else { 0 };
    }
}

/// What the array does for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Steps of this layer descriptor.
    Steps(usize),
    Lost(Cause),
}

/// A stretch of cycles of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub doing: Doing,
    pub cycles: u64,
}

/// Writes down what the array does, stretch by stretch.
#[derive(Default)]
pub struct Recorder {
    stretches: Vec<Stretch>,
    counting: bool,
}

impl Recorder {
    /// From the coming cycle on, cycles are written down.
    pub fn count(&mut self) {
        self.counting = true;
    }

    /// What was written down.
    pub fn close(self) -> Vec<Stretch> {
        self.stretches
    }

    fn add(&mut self, doing: Doing, cycles: u64) {
        match self.stretches.last_mut() {
            _ if !self.counting => {}
            Some(last) if last.doing == doing => last.cycles += cycles,
            _ => self.stretches.push(Stretch { doing, cycles }),
        }
    }
}

impl Observer for Recorder {
    fn idle(&mut self, _cycle: u64, cycles: u64, why: Option<Wait>) {
        self.add(Doing::Lost(cause(why)), cycles);
    }

    fn steps(&mut self, layer: usize, cycles: u64) {
        self.add(Doing::Steps(layer), cycles);
    }
}

/// What a slot is lost to in which nothing begins.
pub(crate) fn cause(why: Option<Wait>) -> Cause {
    match why {
        None => Cause::ShortReduction,
        Some(Wait::Residual) => Cause::Addition,
        Some(Wait::Fetch) => Cause::Fill,
        Some(Wait::Array) => Cause::Drain,
        Some(Wait::Pool) => Cause::Pooling,
        Some(Wait::Input) => Cause::InputStarved,
        Some(Wait::Output) => Cause::OutputBlocked,
        Some(Wait::Disabled) => Cause::Disabled,
    }
}

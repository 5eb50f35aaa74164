//! One image alone through the clocked control: when each layer is at work.

use crate::error::PlanError;
use systole_machine::control::machine::{Machine, Observer};
use systole_machine::control::pool::PoolRead;
use systole_machine::control::sequencer::LayerState;
use systole_machine::{Draft, Passage};

/// Every layer's time, in the order of the network's layers; from the image's first beat to its last result's.
///
/// # Errors
/// [`PlanError::Stuck`].
pub fn passage(plan: &Draft) -> Result<Vec<Passage>, PlanError> {
    let mut machine = Machine::new(plan);
    let mut watch = Watch { plan, passages: Vec::new(), pool: None };
    let (mut sent, mut first, mut over) = (0, None, false);
    while !over {
        let beats = sent < plan.input.beats;
        match machine.quiet(beats, true) {
            u64::MAX => return Err(PlanError::Stuck { cycle: machine.now, step: machine.sequencer.pc, results: 0 }),
            0 => {}
            cycles => machine.skip(cycles, &mut watch),
        }
        let tick = machine.clock(beats, true, &mut watch);
        sent += usize::from(tick.in_beat);
        first = first.or(tick.in_beat.then_some(machine.now - 1));
        over = tick.out_last;
    }
    let begun = first.unwrap_or_default();
    let mut passages = watch.passages;
    passages.sort_by_key(|passage| passage.layer);
    let moved = |p: Passage| Passage { start: p.start.saturating_sub(begun), end: p.end.saturating_sub(begun), ..p };
    Ok(passages.into_iter().map(moved).collect())
}

struct Watch<'a> {
    plan: &'a Draft,
    passages: Vec<Passage>,
    /// The layer that the pool engine is at.
    pool: Option<usize>,
}

impl Watch<'_> {
    fn works(&mut self, layer: usize, cycle: u64) {
        match self.passages.iter_mut().find(|passage| passage.layer == layer) {
            Some(passage) => passage.end = passage.end.max(cycle + 1),
            None => self.passages.push(Passage { layer, start: cycle, end: cycle + 1 }),
        }
    }
}

impl Observer for Watch<'_> {
    fn begin(&mut self, cycle: u64, layer: usize, _state: &LayerState) {
        self.works(self.plan.bindings[layer].layer, cycle);
    }

    fn retire(&mut self, cycle: u64, layer: usize) {
        self.works(self.plan.bindings[layer].layer, cycle);
    }

    fn pool_read(&mut self, cycle: u64, read: &PoolRead) {
        let layer = self.plan.pool_layers[read.pool];
        self.pool = Some(layer);
        self.works(layer, cycle);
    }

    fn pool_done(&mut self, cycle: u64) {
        if let Some(layer) = self.pool {
            self.works(layer, cycle);
        }
    }
}

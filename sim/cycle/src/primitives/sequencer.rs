//! Clocked model of `sequencer.v`: control by the plan's clocked model, addresses by [`StepPipe`].

use super::step_pipe::{Step, StepPipe, StepWidths};
use crate::model::Clocked;
use systole_machine::control::sequencer::{Issued, Sequencer as Control, SequencerIn, Wait};
use systole_machine::geometry::{Geometry, POOL_QUEUE};
use systole_machine::tables::{Item, LayerEntry, TapEntry};
use systole_machine::words::{mask, Widths, Word};
use systole_rtl::ports::sequencer::{In, Out, Ports};
use systole_rtl::primitives::sequencer::{item_layer_bits, Sequencer};

/// Its registers.
#[derive(Debug)]
pub struct SequencerModel {
    geometry: Geometry,
    widths: Widths,
    control: Control,
    step_widths: StepWidths,
    pipe: StepPipe,
    tap_addr: u64,
    stall: Option<Wait>,
    busy: bool,
}

impl SequencerModel {
    /// As after reset.
    pub fn new(Sequencer { geometry, widths }: Sequencer) -> Self {
        let step_widths =
            StepWidths { cols: geometry.cols, addr: widths.addr, weight: widths.weight, param: widths.param };
        SequencerModel {
            control: Self::control(&geometry, &widths),
            step_widths,
            pipe: StepPipe::new(step_widths),
            tap_addr: 0,
            stall: None,
            busy: false,
            geometry,
            widths,
        }
    }

    fn control(geometry: &Geometry, widths: &Widths) -> Control {
        Control::new(geometry, 1 << item_layer_bits(widths))
    }

    /// What is in the issue registers, with the layer and state that it belongs to.
    fn step(&self) -> Option<Step> {
        self.control.issued().map(|issued| self.in_tile(issued))
    }

    fn in_tile(&self, issued: Issued) -> Step {
        let cur = &self.control.cur;
        Step { issued, layer: cur.item.layer, entry: cur.entry, state: cur.state, ct: self.control.ct }
    }

    /// Address of the residual word that is read in place of a step.
    fn residual(&self) -> Option<u64> {
        let column = self.control.keeps()?;
        Some(self.in_tile(Issued::default()).residual_address(column, &self.step_widths))
    }

    /// The TAP address moves on with a tap's last channel and starts anew with a channel tile.
    fn next_tap_addr(&self, before: Option<Step>) -> u64 {
        match self.control.issued() {
            Some(after) if after.first => self.control.cur.entry.tap_base as u64,
            _ => match before {
                Some(b) if b.issued.channel == b.entry.ch_last => (self.tap_addr + 1) & mask(self.widths.tap),
                _ => self.tap_addr,
            },
        }
    }
}

/// What the control sees of the inputs.
fn seen(inputs: &In) -> SequencerIn {
    SequencerIn {
        enable: inputs.enable,
        hold: inputs.hold,
        retire: inputs.retire,
        in_tile: inputs.in_tile,
        pool_retire: inputs.pool_retire,
        pool_queue: queued(inputs.pool_full),
        sum_done: inputs.sum_done,
    }
}

/// A queue length that is full, or not.
fn queued(full: bool) -> usize {
    if full {
        POOL_QUEUE
    } else {
        0
    }
}

impl Clocked for SequencerModel {
    type Ports = Ports;

    fn outputs(&self, inputs: In<'_>, out: Out<'_>) {
        let push = self.control.pool_push();
        *out.prog_addr = self.control.ahead as u64;
        *out.layer_addr = push.pool as u64;
        *out.tap_addr = self.tap_addr;
        *out.pool_push = self.control.pushes(queued(inputs.pool_full)).into();
        *out.pool = push.pool as u64 & mask(self.widths.pool);
        *out.pool_dep = push.dep.into();
        *out.release = self.control.release_due() as u64;
        *out.pc = self.control.pc as u64;
        *out.layer = self.control.cur.item.layer as u64;
        *out.tile = self.control.issued().is_some_and(|issued| issued.step == 0).into();
        *out.busy = self.busy.into();
        let stalls = |wait| u64::from(self.stall == Some(wait));
        *out.stall_fetch = stalls(Wait::Fetch);
        *out.stall_array = stalls(Wait::Array);
        *out.stall_pool = stalls(Wait::Pool);
        *out.stall_input = stalls(Wait::Input);
        *out.stall_output = stalls(Wait::Output);
        self.pipe.drive(out);
    }

    fn clock(&mut self, reset: bool, inputs: In<'_>) {
        let tap = TapEntry::unpack(inputs.tap, &self.widths);
        let before = self.step();
        self.pipe.clock(reset, before, self.residual(), self.control.is_over(), &tap);
        if reset {
            self.control = Self::control(&self.geometry, &self.widths);
            (self.tap_addr, self.stall, self.busy) = (0, None, false);
            return;
        }
        self.busy = self.control.busy();
        let release = self.control.release_due();
        let item = Item::unpack(inputs.item, &self.widths);
        let entry = LayerEntry::unpack(inputs.layer, &self.widths);
        let events = self.control.clock_with(&seen(&inputs), |_| item, |_| entry);
        self.control.apply_release(release);
        self.stall = events.wait;
        self.tap_addr = self.next_tap_addr(before);
    }
}

//! The four registers between a step's place in the walk and its addresses and limits; part of the sequencer.

use super::bits::mask;
use systole_machine::control::sequencer::{Issued, LayerState};
use systole_machine::tables::{LayerEntry, TapEntry};

/// What bounds the numbers of the pipe.
#[derive(Clone, Copy, Debug)]
pub struct StepWidths {
    /// Columns of the array.
    pub cols: usize,
    /// Bits of bank, weight and parameter addresses.
    pub addr: usize,
    pub weight: usize,
    pub param: usize,
}

/// A step in the issue registers, with what its tile has.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub issued: Issued,
    pub layer: usize,
    pub entry: LayerEntry,
    pub state: LayerState,
    /// Channel tile.
    pub ct: usize,
}

impl Step {
    /// Address of a column's residual word.
    pub fn residual_address(&self, column: usize, widths: &StepWidths) -> u64 {
        let channel = self.ct * widths.cols + column;
        let address = self.entry.residual_addr + self.state.residual_slot + channel * self.entry.residual_n;
        address as u64 & mask(widths.addr)
    }
}

/// Stages 1 to 3, and what stage 4 shows.
#[derive(Debug)]
pub struct StepPipe {
    widths: StepWidths,
    /// Addresses of residual words at stages 1 to 3, and at stage 4 since the last step.
    residual: [Option<u64>; 3],
    shown_residual: Option<u64>,
    issued: Option<Step>,
    /// The token of a channel tile's end, at stages 1 to 3.
    ends: [bool; 3],
    tapped: [Option<(Step, TapEntry)>; 2],
    valid: bool,
    first: bool,
    last: bool,
    /// The step that came last; its values stay.
    shown: Option<(Step, TapEntry)>,
}

impl StepPipe {
    pub fn new(widths: StepWidths) -> Self {
        StepPipe {
            widths,
            residual: [None; 3],
            shown_residual: None,
            issued: None,
            ends: [false; 3],
            tapped: [None; 2],
            valid: false,
            first: false,
            last: false,
            shown: None,
        }
    }

    /// Rising edge with the step in the issue registers or the address of a residual word, whether its channel tile ends there,
    /// and the TAP word of the step before it.
    pub fn clock(&mut self, reset: bool, step: Option<Step>, residual: Option<u64>, end: bool, tap: &TapEntry) {
        let [second, third] = self.tapped;
        self.shown_residual = self.residual[2].or(self.shown_residual.filter(|_| third.is_none()));
        self.residual = [residual, self.residual[0], self.residual[1]];
        self.shown = third.or(self.shown);
        self.valid = third.is_some();
        self.first = third.is_some_and(|(s, _)| s.issued.first);
        self.last = self.ends[2];
        self.ends = [end, self.ends[0], self.ends[1]];
        self.tapped = [self.issued.map(|s| (s, *tap)), second];
        self.issued = step;
        if reset {
            (self.issued, self.ends, self.tapped) = (None, [false; 3], [None; 2]);
            (self.valid, self.first, self.last, self.residual) = (false, false, false, [None; 3]);
        }
    }

    /// Values from `step_valid_o` to `desc_ct_last_o`, in the order of the ports.
    pub fn outputs(&self) -> [u64; 29] {
        let Some((step, tap)) = &self.shown else { return [0; 29] };
        let Step { issued, layer, entry: e, state, ct } = step;
        let wrap = |slot: usize| if slot >= e.src_n { slot - e.src_n } else { slot };
        let slot_a = wrap(state.src_slot + tap.q);
        let slot_b = wrap(slot_a + 1);
        let address = |slot: usize| (tap.addr0 + issued.channel * e.src_n + slot) as u64 & mask(self.widths.addr);
        let dst_addr = e.dst_addr + state.dst_slot + ct * e.dst_ct_step;
        let ct_last = *ct == e.ct_last;
        [
            self.valid.into(),
            self.first.into(),
            self.last.into(),
            e.src_signed.into(),
            self.shown_residual.unwrap_or(address(slot_a)),
            self.shown_residual.unwrap_or(address(slot_b)),
            if self.shown_residual.is_some() { 0 } else { tap.rot as u64 },
            state.x as u64,
            state.y as u64,
            e.x_last as u64,
            e.ow_last as u64,
            e.oh_last as u64,
            tap.x_lo as u64,
            tap.x_hi as u64,
            tap.y_lo as u64,
            tap.y_hi as u64,
            (e.wgt_base + issued.step) as u64 & mask(self.widths.weight),
            dst_addr as u64 & mask(self.widths.addr),
            e.dst_n as u64,
            (e.param_base + ct * self.widths.cols) as u64 & mask(self.widths.param),
            if ct_last { e.cols_last as u64 } else { self.widths.cols as u64 - 1 },
            e.sum.into(),
            e.out_signed.into(),
            e.relu.into(),
            *layer as u64,
            (state.tile == 0).into(),
            (state.tile == e.tile_last).into(),
            (*ct == 0).into(),
            ct_last.into(),
        ]
    }
}

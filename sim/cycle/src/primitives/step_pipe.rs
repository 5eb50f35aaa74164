//! The four registers between a step's place in the walk and its addresses and limits; part of the sequencer.

use systole_machine::control::sequencer::{Issued, LayerState};
use systole_machine::tables::{LayerEntry, TapEntry};
use systole_machine::words::mask;
use systole_rtl::ports::sequencer::Out;

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
    /// Words from the input's first channel to the first that the channel tile walks over.
    fn group(&self) -> usize {
        self.ct / (self.entry.group_last + 1) * self.entry.group_step
    }

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

    /// Drives the outputs from `step_valid_o` to `desc_ct_last_o`; they stay as they are before the first step.
    pub fn drive(&self, out: Out<'_>) {
        let Some((step, tap)) = &self.shown else { return };
        let Step { issued, layer, entry: e, state, ct } = step;
        let wrap = |slot: usize| if slot >= e.src_n { slot - e.src_n } else { slot };
        let slot_a = wrap(state.src_slot + tap.q);
        let slot_b = wrap(slot_a + 1);
        let group = step.group();
        let address =
            |slot: usize| (tap.addr0 + group + issued.channel * e.src_n + slot) as u64 & mask(self.widths.addr);
        let residual = self.shown_residual;
        let ct_last = *ct == e.ct_last;
        *out.step_valid = self.valid.into();
        *out.step_first = self.first.into();
        *out.step_last = self.last.into();
        *out.step_signed = e.src_signed.into();
        *out.step_addr_a = residual.unwrap_or(address(slot_a));
        *out.step_addr_b = residual.unwrap_or(address(slot_b));
        *out.step_rot = if residual.is_some() { 0 } else { tap.rot as u64 };
        *out.step_x = state.x as u64;
        *out.step_y = state.y as u64;
        *out.step_x_last = e.x_last as u64;
        *out.step_ow_last = e.ow_last as u64;
        *out.step_oh_last = e.oh_last as u64;
        *out.step_x_lo = tap.x_lo as u64;
        *out.step_x_hi = tap.x_hi as u64;
        *out.step_y_lo = tap.y_lo as u64;
        *out.step_y_hi = tap.y_hi as u64;
        *out.wgt_addr = (e.wgt_base + issued.step) as u64 & mask(self.widths.weight);
        *out.desc_dst_addr = (e.dst_addr + state.dst_slot + ct * e.dst_ct_step) as u64 & mask(self.widths.addr);
        *out.desc_dst_n = e.dst_n as u64;
        *out.desc_param_addr = (e.param_base + ct * self.widths.cols) as u64 & mask(self.widths.param);
        *out.desc_cols_last = if ct_last { e.cols_last as u64 } else { self.widths.cols as u64 - 1 };
        *out.desc_sum = e.sum.into();
        *out.desc_direct = e.direct.into();
        *out.desc_out_signed = e.out_signed.into();
        *out.desc_relu = e.relu.into();
        *out.desc_layer = *layer as u64;
        *out.desc_tile_first = (state.tile == 0).into();
        *out.desc_tile_last = (state.tile == e.tile_last).into();
        *out.desc_ct_first = (*ct == 0).into();
        *out.desc_ct_last = ct_last.into();
    }
}

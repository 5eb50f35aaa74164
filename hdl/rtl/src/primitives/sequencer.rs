//! The sequencer: control by the plan's clocked model, addresses by [`StepPipe`].

use super::bits::mask;
use super::step_pipe::{Step, StepPipe, StepWidths};
use crate::primitive::{Parameter, Port, Primitive, Values};
use systole_machine::control::sequencer::{Issued, Sequencer as Control, SequencerIn, Wait};
use systole_machine::geometry::{Geometry, POOL_QUEUE};
use systole_machine::tables::{Item, LayerEntry, TapEntry};
use systole_machine::words::{Widths, Word};

/// Bits of a pool operation's dependency, a program count of tiles.
const DEP_BITS: usize = 16;
/// Status outputs that say why no step is issued, in the order of the ports.
const STALLS: [Wait; 5] = [Wait::Fetch, Wait::Array, Wait::Pool, Wait::Input, Wait::Output];

/// The sequencer of `sequencer.v`.
#[derive(Debug)]
pub struct Sequencer {
    geometry: Geometry,
    widths: Widths,
    control: Control,
    step_widths: StepWidths,
    pipe: StepPipe,
    tap_addr: u64,
    stall: Option<Wait>,
    busy: bool,
}

/// The inputs of one cycle.
struct Inputs {
    enable: bool,
    hold: bool,
    item: Item,
    entry: LayerEntry,
    tap: TapEntry,
    retire: bool,
    in_tile: bool,
    pool_retire: bool,
    sum_done: bool,
    pool_full: bool,
}

impl Sequencer {
    /// As after reset, for a plan's geometry and widths.
    pub fn new(geometry: &Geometry, widths: &Widths) -> Self {
        let step_widths =
            StepWidths { cols: geometry.cols, addr: widths.addr, weight: widths.weight, param: widths.param };
        Sequencer {
            control: Self::control(geometry, widths),
            step_widths,
            pipe: StepPipe::new(step_widths),
            tap_addr: 0,
            stall: None,
            busy: false,
            geometry: geometry.clone(),
            widths: widths.clone(),
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

/// Bits of an item's layer field, which names a layer or a pool.
fn item_layer_bits(widths: &Widths) -> usize {
    widths.layer.max(widths.pool)
}

impl Inputs {
    /// From the input ports, in the order of [`input_ports`].
    fn new(values: &Values, widths: &Widths) -> Self {
        let flag = |at: usize| values[at][0] != 0;
        Inputs {
            enable: flag(0),
            hold: flag(1),
            item: Item::unpack(&values[2], widths),
            entry: LayerEntry::unpack(&values[3], widths),
            tap: TapEntry::unpack(&values[4], widths),
            retire: flag(5),
            in_tile: flag(6),
            pool_retire: flag(7),
            sum_done: flag(8),
            pool_full: flag(POOL_FULL),
        }
    }

    fn control(&self) -> SequencerIn {
        SequencerIn {
            enable: self.enable,
            hold: self.hold,
            retire: self.retire,
            in_tile: self.in_tile,
            pool_retire: self.pool_retire,
            pool_queue: queued(self.pool_full),
            sum_done: self.sum_done,
        }
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

/// Place of `pool_full_i` among the inputs.
const POOL_FULL: usize = 9;

/// Names and widths of the input ports.
fn input_ports(w: &Widths) -> Vec<(&'static str, usize)> {
    vec![
        ("enable_i", 1),
        ("hold_i", 1),
        ("item_i", Item::bits(w)),
        ("layer_i", LayerEntry::bits(w)),
        ("tap_i", TapEntry::bits(w)),
        ("retire_i", 1),
        ("in_tile_i", 1),
        ("pool_retire_i", 1),
        ("sum_done_i", 1),
        ("pool_full_i", 1),
    ]
}

/// Names and widths of the output ports.
fn output_ports(w: &Widths) -> Vec<(&'static str, usize)> {
    let layer = item_layer_bits(w);
    vec![
        ("prog_addr_o", w.pc),
        ("layer_addr_o", layer),
        ("tap_addr_o", w.tap),
        ("pool_push_o", 1),
        ("pool_o", w.pool),
        ("pool_dep_o", DEP_BITS),
        ("release_o", w.level),
        ("step_valid_o", 1),
        ("step_first_o", 1),
        ("step_last_o", 1),
        ("step_signed_o", 1),
        ("step_addr_a_o", w.addr),
        ("step_addr_b_o", w.addr),
        ("step_rot_o", w.lane),
        ("step_x_o", w.coord),
        ("step_y_o", w.coord),
        ("step_x_last_o", w.coord),
        ("step_ow_last_o", w.coord),
        ("step_oh_last_o", w.coord),
        ("step_x_lo_o", w.coord),
        ("step_x_hi_o", w.coord),
        ("step_y_lo_o", w.coord),
        ("step_y_hi_o", w.coord),
        ("wgt_addr_o", w.weight),
        ("desc_dst_addr_o", w.addr),
        ("desc_dst_n_o", w.slot),
        ("desc_param_addr_o", w.param),
        ("desc_cols_last_o", w.column),
        ("desc_sum_o", 1),
        ("desc_out_signed_o", 1),
        ("desc_relu_o", 1),
        ("desc_layer_o", layer),
        ("desc_tile_first_o", 1),
        ("desc_tile_last_o", 1),
        ("desc_ct_first_o", 1),
        ("desc_ct_last_o", 1),
        ("pc_o", w.pc),
        ("layer_o", layer),
        ("busy_o", 1),
        ("stall_fetch_o", 1),
        ("stall_array_o", 1),
        ("stall_pool_o", 1),
        ("stall_input_o", 1),
        ("stall_output_o", 1),
    ]
}

impl Primitive for Sequencer {
    fn module(&self) -> &'static str {
        "sequencer"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/sequencer.v")
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("seq_fetch", include_str!("../../v/seq_fetch.v")),
            ("seq_issue", include_str!("../../v/seq_issue.v")),
            ("seq_state", include_str!("../../v/seq_state.v")),
            ("step_pipe", include_str!("../../v/step_pipe.v")),
            ("delay", include_str!("../../v/delay.v")),
        ]
    }

    fn parameters(&self) -> Vec<Parameter> {
        let (g, w) = (&self.geometry, &self.widths);
        [
            ("COLS", g.cols),
            ("MIN_INTERVAL", g.min_interval()),
            ("RELEASE_DELAY", g.release_delay()),
            ("PC_W", w.pc),
            ("LAYER_W", item_layer_bits(w)),
            ("POOL_W", w.pool),
            ("TILES_W", w.item_tiles),
            ("ARR_W", w.wait_arr),
            ("WAIT_POOL_W", w.wait_pool),
            ("IN_W", w.level),
            ("TAPA_W", w.tap),
            ("TAP_W", w.tap),
            ("CH_W", w.channel),
            ("CT_W", w.channel_tile),
            ("TILE_W", w.tile),
            ("SLOT_W", w.slot),
            ("RESIDUAL_N_W", w.residual_slot),
            ("RESIDUAL_ADDR_W", w.residual_addr),
            ("ADDR_W", w.addr),
            ("WGT_W", w.weight),
            ("PARAM_W", w.param),
            ("COL_W", w.column),
            ("ROT_W", w.lane),
            ("X_W", w.coord),
            ("Y_W", w.coord),
            ("PROG_BITS", Item::bits(w)),
            ("LAYER_BITS", LayerEntry::bits(w)),
            ("TAP_BITS", TapEntry::bits(w)),
        ]
        .map(|(name, value)| Parameter::Integer(name, value as u64))
        .to_vec()
    }

    fn ports(&self) -> Vec<Port> {
        let inputs = input_ports(&self.widths).into_iter().map(|(name, width)| Port::input(name, 1, width));
        let outputs = output_ports(&self.widths).into_iter().map(|(name, width)| Port::output(name, 1, width));
        inputs.chain(outputs).collect()
    }

    fn outputs(&self, inputs: &Values, outputs: &mut Values) {
        let full = inputs[POOL_FULL][0] != 0;
        let push = self.control.pool_push();
        let pc = self.control.pc as u64;
        let head = [
            pc,
            push.pool as u64,
            self.tap_addr,
            self.control.pushes(queued(full)).into(),
            push.pool as u64 & mask(self.widths.pool),
            push.dep.into(),
            self.control.release_due() as u64,
        ];
        let status = [pc, self.control.cur.item.layer as u64, self.busy.into()];
        let stalls = STALLS.map(|wait| u64::from(self.stall == Some(wait)));
        let values = head.into_iter().chain(self.pipe.outputs()).chain(status).chain(stalls);
        for (lanes, value) in outputs.iter_mut().zip(values) {
            lanes[0] = value;
        }
    }

    fn clock(&mut self, reset: bool, inputs: &Values) {
        let now = Inputs::new(inputs, &self.widths);
        let before = self.step();
        self.pipe.clock(reset, before, self.residual(), self.control.is_over(), &now.tap);
        if reset {
            self.control = Self::control(&self.geometry, &self.widths);
            (self.tap_addr, self.stall, self.busy) = (0, None, false);
            return;
        }
        self.busy = self.control.busy();
        let release = self.control.release_due();
        let events = self.control.clock_with(&now.control(), |_| now.item, |_| now.entry);
        self.control.apply_release(release);
        self.stall = events.wait;
        self.tap_addr = self.next_tap_addr(before);
    }
}

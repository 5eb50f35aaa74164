//! The sequencer: fetches items, begins tiles, issues a step a cycle.

use crate::ports::sequencer;
use crate::primitive::{Module, Parameter, Primitive};
use systole_machine::geometry::Geometry;
use systole_machine::tables::{Item, LayerEntry, TapEntry};
use systole_machine::words::{Widths, Word};

/// The sequencer of `sequencer.v`.
#[derive(Clone, Debug)]
pub struct Sequencer {
    pub geometry: Geometry,
    pub widths: Widths,
}

impl Sequencer {
    /// For a plan's geometry and widths.
    pub fn new(geometry: &Geometry, widths: &Widths) -> Self {
        Sequencer { geometry: geometry.clone(), widths: widths.clone() }
    }
}

/// Bits of an item's layer field, which names a layer or a pool.
pub fn item_layer_bits(widths: &Widths) -> usize {
    widths.layer.max(widths.pool)
}

impl Primitive for Sequencer {
    fn verilog(&self) -> &'static Module {
        &sequencer::MODULE
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
            ("GROUP_STEP_W", w.group_step),
            ("GROUP_TILE_W", w.group_tile),
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

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("seq_fetch", include_str!("../../v/seq_fetch.v")),
            ("seq_issue", include_str!("../../v/seq_issue.v")),
            ("seq_state", include_str!("../../v/seq_state.v")),
            ("step_pipe", include_str!("../../v/step_pipe.v")),
            ("delay", include_str!("../../v/delay.v")),
        ]
    }
}

//! The pool engine: maxima over windows of maps, of their results as they come or of what the banks hold.

use crate::ports::pool;
use crate::primitive::{Module, Parameter, Primitive};
use systole_machine::geometry::{bits_for, Geometry, MAX_POOL_STRIDE, POOL_FIFO, POOL_QUEUE};
use systole_machine::tables::PoolEntry;
use systole_machine::words::{Widths, Word};

/// The engine of `pool.v`.
#[derive(Clone, Debug)]
pub struct Pool {
    pub geometry: Geometry,
    pub widths: Widths,
    /// The result FIFO lies in block RAM.
    pub words_in_block: bool,
}

impl Pool {
    /// For a plan's geometry and widths, with its result FIFO in block RAM or in LUTs.
    pub fn new(geometry: &Geometry, widths: &Widths, words_in_block: bool) -> Self {
        Pool { geometry: geometry.clone(), widths: widths.clone(), words_in_block }
    }
}

impl Primitive for Pool {
    fn verilog(&self) -> &'static Module {
        &pool::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        let (g, w) = (&self.geometry, &self.widths);
        [
            ("ROWS", g.rows),
            ("LANE_W", w.lane),
            ("CNT_W", w.lanes),
            ("QUEUE", POOL_QUEUE),
            ("FIFO", POOL_FIFO),
            ("POOL_W", w.pool),
            ("KERNEL", g.pool_kernel),
            ("MERGE", g.pools_merge().into()),
            ("PASSES", g.pool_passes),
            ("WORDS", g.pool_words),
            ("WORDS_BLOCK", self.words_in_block.into()),
            ("K_W", w.lane),
            ("STRIDE_W", bits_for(MAX_POOL_STRIDE)),
            ("SLOT_W", w.slot),
            ("ADDR_W", w.addr),
            ("CH_W", w.channel),
            ("X_W", w.coord),
            ("Y_W", w.coord),
            ("POOL_BITS", PoolEntry::bits(w)),
        ]
        .map(|(name, value)| Parameter::Integer(name, value as u64))
        .to_vec()
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("pool_state", include_str!("../../v/pool_state.v")),
            ("pool_passes", include_str!("../../v/pool_passes.v")),
            ("pool_walk", include_str!("../../v/pool_walk.v")),
            ("pool_fifo", include_str!("../../v/pool_fifo.v")),
            ("pool_data", include_str!("../../v/pool_data.v")),
            ("slot_add", include_str!("../../v/slot_add.v")),
            ("lane_add", include_str!("../../v/lane_add.v")),
            ("delay", include_str!("../../v/delay.v")),
            ("rotator", include_str!("../../v/rotator.v")),
            ("rotate_stage", include_str!("../../v/rotate_stage.v")),
        ]
    }
}

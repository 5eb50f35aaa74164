//! The plan's numbers as the primitives want them.

use super::table_rom::rom;
use crate::design::File;
use crate::primitives::code_memory::CodeMemory;
use crate::primitives::collector::Collector;
use crate::primitives::drain::{Drain, DrainShape};
use crate::primitives::events::Events;
use crate::primitives::feed::{Feed, FeedShape};
use crate::primitives::memory_check::{MemoryCheck, MemoryShape};
use crate::primitives::pe_array::PeArray;
use crate::primitives::pool::Pool;
use crate::primitives::port_b::PortB;
use crate::primitives::requant::{Requant, RequantShape, Y_BITS};
use crate::primitives::results::{Results, ResultsShape};
use crate::primitives::rom::Rom;
use crate::primitives::sequencer::Sequencer;
use crate::primitives::weight_codes::WeightCodes;
use crate::primitives::weight_memory::WeightMemory;
use crate::primitives::weight_store::WeightStore;
use systole_machine::geometry::{bits_for, clog2};
use systole_machine::memories::WEIGHTS;
use systole_machine::weights::codes::pack;
use systole_machine::words::{Table, Widths};
use systole_machine::Plan;
use systole_net::{Net, MULTIPLIER_FRACTION};

/// What the names of the weights' memory images begin with.
const WEIGHTS_PREFIX: &str = "weights";

/// A plan with its widths and tables at hand.
pub struct Shapes<'p> {
    pub plan: &'p Plan,
    pub widths: Widths,
    tables: Vec<Table>,
}

impl<'p> Shapes<'p> {
    pub fn new(plan: &'p Plan) -> Self {
        Shapes { plan, widths: plan.widths(), tables: plan.tables() }
    }

    /// `rows x columns`.
    pub fn name(&self) -> String {
        format!("{} x {}", self.plan.geometry.rows, self.plan.geometry.cols)
    }

    /// A table of the plan.
    ///
    /// # Panics
    /// If the plan has none of this name; the names are fixed.
    pub fn table(&self, name: &str) -> &Table {
        self.tables.iter().find(|t| t.name == name).unwrap_or_else(|| panic!("a plan has a table {name}"))
    }

    /// The ROM of a table of the plan, and its file.
    ///
    /// # Panics
    /// As [`Self::table`].
    pub fn rom(&self, name: &str) -> (Rom, Vec<File>) {
        let table = self.table(name);
        rom(table, self.plan.table_memory(name, table.words.len(), table.width))
    }

    /// The tables' names, in the order of the memories behind the weights.
    pub fn table_names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.tables.iter().map(|table| table.name)
    }

    /// A memory's number for the check: its place among the plan's.
    ///
    /// # Panics
    /// As [`Self::table`].
    pub fn memory_number(&self, name: &str) -> usize {
        let table = || self.table_names().position(|table| table == name).map(|at| at + 1);
        let number = if name == WEIGHTS { Some(0) } else { table() };
        number.unwrap_or_else(|| panic!("a plan has a memory {name}"))
    }

    pub fn memory_check(&self) -> MemoryCheck {
        let g = &self.plan.geometry;
        let weights = g.store().readback(g);
        let weights = MemoryShape { depth: weights.words, word_bytes: weights.word_bytes };
        let table = |table: &Table| MemoryShape { depth: table.words.len(), word_bytes: table.width.div_ceil(8) };
        let memories = std::iter::once(weights).chain(self.tables.iter().map(table));
        MemoryCheck::new(memories.collect(), self.plan.check_settle())
    }

    pub fn rows(&self) -> usize {
        self.plan.geometry.rows
    }

    pub fn bank_depth(&self) -> usize {
        self.plan.geometry.act_depth
    }

    /// Bits of an input beat.
    pub fn beat_bits(&self) -> usize {
        self.plan.geometry.in_bytes * 8
    }

    pub fn events(&self) -> Events {
        Events::new(bits_for(self.plan.input.beats - 1))
    }

    /// Bits of what an item names: a layer or a pool.
    pub fn layer_bits(&self) -> usize {
        self.widths.layer.max(self.widths.pool)
    }

    /// Bits of the sum of a column's lanes, with sign.
    pub fn sum_bits(&self) -> usize {
        Y_BITS + clog2(self.rows())
    }

    /// Bits of an activation's number in its lane.
    pub fn first_bits(&self) -> usize {
        let cols = self.plan.geometry.cols;
        bits_for(self.plan.layers.iter().map(|layer| layer.lane_activations(cols)).max().unwrap_or(1) - 1)
    }

    /// # Panics
    /// If the plan keeps no line buffer for the input; every plan does.
    pub fn collector(&self) -> Collector {
        let buffer = self.plan.line_buffers.iter().find(|r| r.tensor == Net::INPUT);
        let base = buffer.unwrap_or_else(|| panic!("a plan has a line buffer for the input")).base;
        Collector::new(&self.plan.geometry, &self.plan.input, base, &self.widths)
    }

    pub fn sequencer(&self) -> Sequencer {
        Sequencer::new(&self.plan.geometry, &self.widths)
    }

    pub fn pool(&self) -> Pool {
        Pool::new(&self.plan.geometry, &self.widths, self.plan.words_in_block_ram())
    }

    pub fn port_b(&self) -> PortB {
        PortB::new(&self.plan.geometry, &self.widths)
    }

    pub fn feed(&self) -> Feed {
        let w = &self.widths;
        Feed::new(FeedShape {
            rows: self.rows(),
            addr_bits: w.addr,
            x_bits: w.coord,
            y_bits: w.coord,
            delay: self.plan.geometry.feed_delay(),
        })
    }

    pub fn weights(&self) -> WeightStore {
        let g = &self.plan.geometry;
        let words = self.plan.weights().chunks(g.cols).map(<[i8]>::to_vec).collect();
        WeightStore::new(g, WEIGHTS_PREFIX, words)
    }

    /// # Panics
    /// If the plan's streams do not hold its weights; they were made from them.
    pub fn weight_codes(&self) -> WeightCodes {
        let plan = self.plan;
        let words = pack(&plan.geometry, &plan.bindings, &plan.streams, plan.weights());
        let words = words.unwrap_or_else(|| panic!("a plan's streams hold its weights"));
        WeightCodes::new(&plan.geometry, WEIGHTS_PREFIX, &plan.streams, words)
    }

    pub fn code_memory(&self) -> CodeMemory {
        CodeMemory::new(&self.plan.geometry, WEIGHTS_PREFIX)
    }

    pub fn weight_memory(&self) -> WeightMemory {
        WeightMemory::new(&self.plan.geometry)
    }

    /// Whether the host loads the weights.
    pub fn loads(&self) -> bool {
        self.plan.geometry.store().is_loaded()
    }

    pub fn array(&self) -> PeArray {
        PeArray::new(&self.plan.geometry, self.plan.board.device.family)
    }

    pub fn drain(&self) -> Drain {
        let (g, w) = (&self.plan.geometry, &self.widths);
        Drain::new(DrainShape {
            rows: g.rows,
            cols: g.cols,
            addr_bits: w.addr,
            n_bits: w.slot,
            param_bits: w.param,
            layer_bits: self.layer_bits(),
            acc_bits: g.acc_bits,
            mult_bits: g.mult_bits,
            residual_bits: w.residual,
            queue: g.drain_queue(),
            delay: g.drain_delay(),
        })
    }

    pub fn requant(&self) -> Requant {
        let g = &self.plan.geometry;
        Requant::new(RequantShape {
            rows: g.rows,
            acc_bits: g.acc_bits,
            mult_bits: g.mult_bits,
            residual_bits: g.residual_bits,
            fraction: MULTIPLIER_FRACTION,
            residual_delay: g.residual_delay(),
            wide: self.plan.board.device.family.wide_operand(g.acc_bits, g.mult_bits),
        })
    }

    /// Whether any layer adds a residual.
    pub fn adds(&self) -> bool {
        self.plan.geometry.residual_bits > 0
    }

    /// Whether any class sum begins with an offset.
    pub fn offsets(&self) -> bool {
        !self.plan.offsets.is_empty()
    }

    pub fn results(&self) -> Results {
        let classes = self.plan.classes;
        Results::new(ResultsShape {
            layers: self.plan.layers.len(),
            layer_bits: self.layer_bits(),
            classes,
            sum_bits: self.sum_bits(),
            first_bits: self.first_bits(),
            offset_bits: self.plan.offset_bits(),
            block: self.plan.sums_in_block_ram(),
        })
    }
}

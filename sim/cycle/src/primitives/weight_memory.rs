//! Clocked model of `weight_memory.v`.

use super::bits::unsigned;
use super::check_tap::CheckTap;
use super::delay_line::DelayLine;
use crate::model::Clocked;
use systole_machine::control::loader::Loader;
use systole_machine::weights::{loaded_row, Layout};
use systole_machine::Geometry;
use systole_rtl::ports::weight_memory::{In, Out, Ports};
use systole_rtl::primitives::weight_memory::WeightMemory;

/// Registers from a read to column 0's weight without multiplexers: read, output.
const READ_LAT: usize = 2;

/// Its memories, which hold zeros before a load, and its registers.
#[derive(Clone, Debug)]
pub struct WeightMemoryModel {
    geometry: Geometry,
    layout: Layout,
    loader: Loader,
    /// The memories' words, in the order of loading.
    words: Vec<u128>,
    /// A word on its way to its memory.
    write: Option<(usize, u128)>,
    /// Addresses on their way to the memories.
    addresses: DelayLine<Option<usize>>,
    /// Rows that were read: all columns of the last `age.len()` cycles.
    rows: Vec<Vec<i8>>,
    newest: usize,
    /// What is read for the check, until its row is there: whether a column is, and which.
    choice: DelayLine<(bool, usize)>,
    tap: CheckTap,
}

impl WeightMemoryModel {
    pub fn new(WeightMemory { geometry }: WeightMemory) -> Self {
        let layout = Layout::new(geometry.wgt_depth);
        let latency = READ_LAT + layout.mux_stages() + geometry.column_lag(geometry.cols - 1);
        WeightMemoryModel {
            loader: Loader::new(&geometry),
            words: vec![0; geometry.load_words()],
            write: None,
            addresses: DelayLine::new(geometry.weight_delay() + 1),
            rows: vec![vec![0; geometry.cols]; latency],
            newest: 0,
            choice: DelayLine::new(geometry.weight_delay() + 1 + READ_LAT + layout.mux_stages()),
            tap: CheckTap::new(geometry.cols, 0),
            geometry,
            layout,
        }
    }

    /// The row that was read `age` clocks ago, 1 to all that are kept.
    fn row(&self, age: usize) -> &[i8] {
        &self.rows[(self.newest + age - 1) % self.rows.len()]
    }

    /// Age of a row whose columns stand side by side.
    fn settled(&self) -> usize {
        READ_LAT + self.layout.mux_stages()
    }

    fn read(&mut self) {
        let address = self.addresses.output(None).filter(|&address| address < self.geometry.wgt_depth);
        let cols = self.geometry.cols;
        self.newest = self.newest.checked_sub(1).unwrap_or(self.rows.len() - 1);
        self.rows[self.newest] =
            address.map_or_else(|| vec![0; cols], |at| loaded_row(&self.layout, cols, &self.words, at));
    }
}

impl Clocked for WeightMemoryModel {
    type Ports = Ports;

    fn outputs(&self, inputs: In<'_>, out: Out<'_>) {
        let ready = if inputs.load { self.loader.ready() } else { inputs.m_ready };
        *out.s_ready = ready.into();
        *out.m_valid = (inputs.s_valid && !inputs.load).into();
        for (c, weight) in out.w.iter_mut().enumerate() {
            *weight = unsigned(self.row(self.settled() + self.geometry.column_lag(c))[c].into(), 8);
        }
        *out.load_word = self.loader.write().is_some().into();
        *out.loaded = self.loader.loaded().into();
        [*out.check_valid, *out.check_data] = self.tap.values();
    }

    fn clock(&mut self, reset: bool, inputs: In<'_>) {
        let beat = inputs.s_data.iter().rev().fold(0, |beat, &byte| beat << 8 | byte);
        let address = if inputs.check { inputs.check_addr } else { inputs.wgt_addr } as usize;
        let (valid, column) = self.choice.output((false, 0));
        let byte = self.row(self.settled()).get(column).map_or(0, |&weight| weight as u8);
        self.tap.clock(valid, byte);
        self.choice.clock((inputs.check, inputs.check_byte as usize));
        let write = self.loader.write();
        self.read();
        if let Some((at, word)) = self.write {
            self.words[at] = word;
        }
        self.write = write;
        self.addresses.clock(Some(address));
        self.loader.clock(reset, inputs.load, inputs.s_valid.then_some(beat));
    }
}

//! The weight store that the host fills: memories, and the loader that writes them from the input stream.

use super::bits::{index_bits, unsigned};
use super::check_tap::{CheckTap, SUBMODULES};
use super::delay_line::DelayLine;
use crate::primitive::{Parameter, Port, Primitive, Values};
use systole_machine::control::loader::Loader;
use systole_machine::weights::{loaded_row, Layout};
use systole_machine::Geometry;
use systole_machine::WeightMemory as Kind;

/// Registers from a read to column 0's weight without multiplexers: read, output.
const READ_LAT: usize = 2;
const LOAD: usize = 0;
const S_VALID: usize = 1;
const S_DATA: usize = 2;
const M_READY: usize = 3;
const ADDRESS: usize = 4;
const CHECK: usize = 5;
const CHECK_ADDR: usize = 6;
const CHECK_BYTE: usize = 7;

/// The store behind `weight_memory.v`.
#[derive(Clone, Debug)]
pub struct WeightMemory {
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

impl WeightMemory {
    /// The store of a machine whose weights are loaded; it holds zeros.
    pub fn new(geometry: &Geometry) -> Self {
        let layout = Layout::new(geometry.wgt_depth);
        let latency = READ_LAT + layout.mux_stages() + geometry.column_lag(geometry.cols - 1);
        WeightMemory {
            loader: Loader::new(geometry),
            words: vec![0; geometry.load_words()],
            write: None,
            addresses: DelayLine::new(geometry.weight_delay() + 1),
            rows: vec![vec![0; geometry.cols]; latency],
            newest: 0,
            choice: DelayLine::new(geometry.weight_delay() + 1 + READ_LAT + layout.mux_stages()),
            tap: CheckTap::new(geometry.cols, 0),
            geometry: geometry.clone(),
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

impl Primitive for WeightMemory {
    fn module(&self) -> &'static str {
        "weight_memory"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/weight_memory.v")
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        let own = [
            ("weight_chunk", include_str!("../../v/weight_chunk.v")),
            ("weight_ram", include_str!("../../v/weight_ram.v")),
            ("weight_group", include_str!("../../v/weight_group.v")),
            ("weight_banks", include_str!("../../v/weight_banks.v")),
            ("weight_loader", include_str!("../../v/weight_loader.v")),
        ];
        SUBMODULES.into_iter().chain(own).collect()
    }

    fn parameters(&self) -> Vec<Parameter> {
        let (g, layout) = (&self.geometry, &self.layout);
        let tail = layout.tail.checked_ilog2().unwrap_or(0);
        vec![
            Parameter::Integer("COLS", g.cols as u64),
            Parameter::Integer("DEPTH", g.wgt_depth as u64),
            Parameter::Integer("SETS", layout.sets as u64),
            Parameter::Integer("FULL", layout.full as u64),
            Parameter::Integer("TAIL_W", tail.into()),
            Parameter::Integer("ADDR_W", index_bits(g.wgt_depth) as u64),
            Parameter::Integer("WGT_DELAY", g.weight_delay() as u64),
            Parameter::Integer("PAIRS", g.pairs() as u64),
            Parameter::Integer("PER_LINK", g.per_link.0 as u64),
            Parameter::Integer("ULTRA", (g.weights == Kind::Ultra).into()),
            Parameter::Integer("IN_BYTES", g.in_bytes as u64),
            Parameter::Integer("BEATS", g.load_beats() as u64),
            Parameter::Integer("BYTE_W", self.tap.index_bits() as u64),
        ]
    }

    fn ports(&self) -> Vec<Port> {
        let g = &self.geometry;
        let own = [
            Port::input("load_i", 1, 1),
            Port::input("s_valid_i", 1, 1),
            Port::input("s_data_i", 1, 8 * g.in_bytes),
            Port::output("s_ready_o", 1, 1),
            Port::output("m_valid_o", 1, 1),
            Port::input("m_ready_i", 1, 1),
            Port::input("wgt_addr_i", 1, index_bits(g.wgt_depth)),
            Port::output("w_o", g.cols, 8),
            Port::output("load_word_o", 1, 1),
            Port::output("loaded_o", 1, 1),
        ];
        own.into_iter().chain(self.tap.inputs(g.wgt_depth)).chain(CheckTap::outputs()).collect()
    }

    fn outputs(&self, inputs: &Values, outputs: &mut Values) {
        let load = inputs[LOAD][0] == 1;
        let ready = if load { self.loader.ready() } else { inputs[M_READY][0] == 1 };
        outputs[0][0] = ready.into();
        outputs[1][0] = (inputs[S_VALID][0] == 1 && !load).into();
        for (c, weight) in outputs[2].iter_mut().enumerate() {
            *weight = unsigned(self.row(self.settled() + self.geometry.column_lag(c))[c].into(), 8);
        }
        outputs[3][0] = self.loader.write().is_some().into();
        outputs[4][0] = self.loader.loaded().into();
        [outputs[5][0], outputs[6][0]] = self.tap.values();
    }

    fn clock(&mut self, reset: bool, inputs: &Values) {
        let checked = inputs[CHECK][0] == 1;
        let beat = (inputs[S_VALID][0] == 1).then_some(inputs[S_DATA][0]);
        let address = inputs[if checked { CHECK_ADDR } else { ADDRESS }][0] as usize;
        let (valid, column) = self.choice.output((false, 0));
        let byte = self.row(self.settled()).get(column).map_or(0, |&weight| weight as u8);
        self.tap.clock(valid, byte);
        self.choice.clock((checked, inputs[CHECK_BYTE][0] as usize));
        let write = self.loader.write();
        self.read();
        if let Some((at, word)) = self.write {
            self.words[at] = word;
        }
        self.write = write;
        self.addresses.clock(Some(address));
        self.loader.clock(reset, inputs[LOAD][0] == 1, beat);
    }
}

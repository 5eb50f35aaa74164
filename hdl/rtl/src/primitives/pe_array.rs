//! The output-stationary array with its drain chains.

use super::bits::{signed, unsigned};
use super::delay_line::DelayLine;
use crate::primitive::{Parameter, Port, Primitive, Values};
use std::ops::Range;
use systole_machine::board::Family;
use systole_machine::geometry::Geometry;

const A: usize = 0;
const FIRST: usize = 1;
const LAST: usize = 2;
const MASK: usize = 3;
const W: usize = 4;

/// Bits between the two weights of a pair in the wide operand of a DSP slice.
const PAIR_SHIFT: u32 = 16;

/// The array behind `pe_array.v`; sums are kept modulo 2^acc_bits.
#[derive(Clone, Debug)]
pub struct PeArray {
    geometry: Geometry,
    /// Decides which DSP slices are instantiated.
    family: Family,
    columns: Vec<Column>,
    /// The columns of each link of a row's drain chain.
    links: Vec<Range<usize>>,
    rows: Vec<Row>,
}

/// When a column works.
#[derive(Clone, Copy, Debug)]
struct Column {
    /// Cycles from column 0's activation to this column's.
    lag: usize,
    /// Registers from the operands to the product.
    registers: usize,
}

/// A row: what goes along it, its elements, its links of the drain chain.
#[derive(Clone, Debug)]
struct Row {
    a: DelayLine<i32>,
    first: DelayLine<bool>,
    last: DelayLine<bool>,
    valid: DelayLine<bool>,
    /// Cycles from a last step to the lane valid of its sums.
    late: usize,
    mask: bool,
    elements: Vec<Element>,
    chain: Vec<i64>,
}

/// One column: its weight, its products on their way, its sum.
#[derive(Clone, Copy, Debug, Default)]
struct Element {
    w: i32,
    products: [i32; 3],
    acc: i64,
}

/// The products of one activation and two weights as a DSP slice gives them: both weights in one operand, the low product's
/// borrow put back into the high one. Right for weights of 8 bits and activations above -256.
pub fn pair_products(a: i32, [w0, w1]: [i32; 2]) -> [i32; 2] {
    let both = i64::from(a) * ((i64::from(w1) << PAIR_SHIFT) + i64::from(w0));
    let low = both as i16;
    let high = (both >> PAIR_SHIFT) as i16;
    [low.into(), i32::from(high) + i32::from(low < 0)]
}

impl PeArray {
    /// On Xilinx DSP slices are instantiated; otherwise it is left to the tool what multiplies.
    pub fn new(g: &Geometry, family: Family) -> Self {
        let shared = 2 * g.pairs();
        let registers = |c: usize| if c < shared { 2 + c % 2 } else { 1 };
        let columns: Vec<_> = (0..g.cols).map(|c| Column { lag: g.column_lag(c), registers: registers(c) }).collect();
        let singles = (shared..g.cols).step_by(g.per_link.0).map(|c| c..g.cols.min(c + g.per_link.0));
        let late = g.exit_lag() + 2;
        let depth = late.max(columns[g.cols - 1].start() + 1);
        let row = Row {
            a: DelayLine::new(depth),
            first: DelayLine::new(depth),
            last: DelayLine::new(depth),
            valid: DelayLine::new(late),
            late,
            mask: false,
            elements: vec![Element::default(); g.cols],
            chain: vec![0; g.links()],
        };
        let links = (0..g.pairs()).map(|p| 2 * p..2 * p + 2).chain(singles).collect();
        PeArray { geometry: g.clone(), family, columns, links, rows: vec![row; g.rows] }
    }
}

impl Column {
    /// Cycles from the first step at the row's edge to its product at the accumulator.
    fn start(&self) -> usize {
        self.lag + 1 + self.registers
    }
}

impl Row {
    fn clock_chain(&mut self, links: &[Range<usize>], columns: &[Column]) {
        for (l, link) in links.iter().enumerate().rev() {
            let left = if l == 0 { 0 } else { self.chain[l - 1] };
            let marked = |i: usize| link.len() > i && self.last.tap(columns[link.start + i].start() + 1);
            // Column number + 1 in two bits, as chain_link has it.
            let from = usize::from(marked(0) || marked(2)) + 2 * usize::from(marked(1) || marked(2));
            let sums = &self.elements[link.clone()];
            self.chain[l] = if from == 0 { left } else { sums[from.min(sums.len()) - 1].acc };
        }
    }

    fn clock_sums(&mut self, columns: &[Column]) {
        for (element, column) in self.elements.iter_mut().zip(columns) {
            let kept = if self.first.tap(column.start()) { 0 } else { element.acc };
            element.acc = kept.wrapping_add(element.products[column.registers - 1].into());
        }
    }

    fn clock_products(&mut self, pairs: usize, columns: &[Column]) {
        let (shared, single) = self.elements.split_at_mut(2 * pairs);
        for (pair, column) in shared.chunks_exact_mut(2).zip(columns.iter().step_by(2)) {
            let products = pair_products(self.a.tap(1 + column.lag), [pair[0].w, pair[1].w]);
            pair[0].push(products[0]);
            pair[1].push(products[1]);
        }
        for (element, column) in single.iter_mut().zip(&columns[2 * pairs..]) {
            element.push(self.a.tap(1 + column.lag) * element.w);
        }
    }

    /// What goes along the row moves on; `weights` are those of the row above, or the array's.
    fn clock_edge(&mut self, (a, first, last, valid): (i32, bool, bool, bool), weights: &[i32]) {
        for (element, &w) in self.elements.iter_mut().zip(weights) {
            element.w = w;
        }
        if self.last.tap(self.late) {
            self.mask = self.valid.output(false);
        }
        self.a.clock(a);
        self.first.clock(first);
        self.last.clock(last);
        self.valid.clock(valid);
    }
}

impl Element {
    fn push(&mut self, product: i32) {
        self.products = [product, self.products[0], self.products[1]];
    }
}

impl Primitive for PeArray {
    fn module(&self) -> &'static str {
        "pe_array"
    }

    fn source(&self) -> &'static str {
        include_str!("../../v/pe_array.v")
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        let mut modules = vec![
            ("chain_link", include_str!("../../v/chain_link.v")),
            ("delay", include_str!("../../v/delay.v")),
            ("dsp_mac", include_str!("../../v/dsp_mac.v")),
            ("pe", include_str!("../../v/pe.v")),
        ];
        match self.family {
            Family::Xc7 => modules.push(("dsp48e1_mac", include_str!("../../v/dsp48e1_mac.v"))),
            Family::Xcup => modules.push(("dsp48e2_mac", include_str!("../../v/dsp48e2_mac.v"))),
            Family::Ecp5 => {}
        }
        if self.geometry.pairs() > 0 {
            modules.push(("pair_mul", include_str!("../../v/pair_mul.v")));
            modules.push(("pe_pair", include_str!("../../v/pe_pair.v")));
        }
        if self.geometry.fabric() > 0 {
            modules.push(("lut_mul", include_str!("../../v/lut_mul.v")));
        }
        modules
    }

    fn models(&self) -> Vec<(&'static str, &'static str)> {
        match self.family {
            Family::Xc7 => vec![("DSP48E1", include_str!("../../v/models/DSP48E1.v"))],
            Family::Xcup => vec![("DSP48E2", include_str!("../../v/models/DSP48E2.v"))],
            Family::Ecp5 => Vec::new(),
        }
    }

    fn parameters(&self) -> Vec<Parameter> {
        let g = &self.geometry;
        let slice = match self.family {
            Family::Ecp5 => 0,
            Family::Xc7 => 1,
            Family::Xcup => 2,
        };
        vec![
            Parameter::Integer("ROWS", g.rows as u64),
            Parameter::Integer("COLS", g.cols as u64),
            Parameter::Integer("ACC_W", g.acc_bits as u64),
            Parameter::Integer("PAIRS", g.pairs() as u64),
            Parameter::Integer("FABRIC", g.fabric() as u64),
            Parameter::Integer("PER_LINK", g.per_link.0 as u64),
            Parameter::Integer("SLICE", slice),
            Parameter::Integer("CASCADE", self.family.cascade() as u64),
        ]
    }

    fn ports(&self) -> Vec<Port> {
        let g = &self.geometry;
        vec![
            Port::input("a_i", g.rows, 9),
            Port::input("first_i", g.rows, 1),
            Port::input("last_i", g.rows, 1),
            Port::input("mask_i", g.rows, 1),
            Port::input("w_i", g.cols, 8),
            Port::output("chain_o", g.rows, g.acc_bits),
            Port::output("mask_o", g.rows, 1),
        ]
    }

    fn is_registered(&self) -> bool {
        true
    }

    fn outputs(&self, _inputs: &Values, outputs: &mut Values) {
        for (r, row) in self.rows.iter().enumerate() {
            outputs[0][r] = unsigned(row.chain[row.chain.len() - 1], self.geometry.acc_bits);
            outputs[1][r] = row.mask.into();
        }
    }

    fn clock(&mut self, _reset: bool, inputs: &Values) {
        let mut weights: Vec<i32> = inputs[W].iter().map(|&w| signed(w, 8) as i32).collect();
        for (r, row) in self.rows.iter_mut().enumerate() {
            let below: Vec<i32> = row.elements.iter().map(|e| e.w).collect();
            let mark = |port: usize| inputs[port][r] == 1;
            row.clock_chain(&self.links, &self.columns);
            row.clock_sums(&self.columns);
            row.clock_products(self.geometry.pairs(), &self.columns);
            row.clock_edge((signed(inputs[A][r], 9) as i32, mark(FIRST), mark(LAST), mark(MASK)), &weights);
            weights = below;
        }
    }
}

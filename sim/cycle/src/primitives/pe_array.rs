//! Clocked model of `pe_array.v`.

use super::bits::{signed, unsigned};
use super::delay_line::DelayLine;
use crate::model::Clocked;
use std::ops::Range;
use systole_machine::geometry::Geometry;
use systole_rtl::ports::pe_array::{In, Out, Ports};
use systole_rtl::primitives::pe_array::PeArray;

/// Bits between the two weights of a pair in the wide operand of a DSP slice.
const PAIR_SHIFT: u32 = 16;

/// Its elements and chains; sums are kept modulo 2^acc_bits.
#[derive(Clone, Debug)]
pub struct PeArrayModel {
    geometry: Geometry,
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

impl PeArrayModel {
    pub fn new(primitive: PeArray) -> Self {
        let g = primitive.geometry;
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
        PeArrayModel { columns, links, rows: vec![row; g.rows], geometry: g }
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

impl Clocked for PeArrayModel {
    type Ports = Ports;
    const REGISTERED: bool = true;

    fn outputs(&self, _inputs: In<'_>, out: Out<'_>) {
        for (r, row) in self.rows.iter().enumerate() {
            out.chain[r] = unsigned(row.chain[row.chain.len() - 1], self.geometry.acc_bits);
            out.mask[r] = row.mask.into();
        }
    }

    fn clock(&mut self, _reset: bool, inputs: In<'_>) {
        let mut weights: Vec<i32> = inputs.w.iter().map(|&w| signed(w, 8) as i32).collect();
        for (r, row) in self.rows.iter_mut().enumerate() {
            let below: Vec<i32> = row.elements.iter().map(|e| e.w).collect();
            let edge = (signed(inputs.a[r], 9) as i32, inputs.first[r] == 1, inputs.last[r] == 1, inputs.mask[r] == 1);
            row.clock_chain(&self.links, &self.columns);
            row.clock_sums(&self.columns);
            row.clock_products(self.geometry.pairs(), &self.columns);
            row.clock_edge(edge, &weights);
            weights = below;
        }
    }
}

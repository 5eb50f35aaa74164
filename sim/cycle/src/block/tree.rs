//! A top as a rust-hdl block: its `update` carries changed bits along the wires, its children are primitives and tops.

use super::bus::{Bus, Side};
use super::primitive::PrimitiveBlock;
use super::route::{gather, Route, CONSTANT};
use super::trace::Trace;
use crate::error::CycleError;
use rust_hdl::prelude::{AtomKind, Bit, BlackBox, Block, Clock, In, Logic, Probe, Signal, Verilog};
use std::io::Write;
use std::mem::take;
use systole_rtl::primitive::Shape;
use systole_rtl::top::{Origin, Piece};

/// Far more passes than any sensible chain of combinational primitives.
const MAX_PASSES: usize = 100;

/// A cycle in waveforms.
pub(super) const CYCLE_NS: u64 = 10;

/// A child of a top.
pub enum Cell {
    Primitive(Box<PrimitiveBlock>),
    Top(Box<TopBlock>),
}

macro_rules! both {
    ($cell:expr, $block:ident => $body:expr) => {
        match $cell {
            Cell::Primitive($block) => $body,
            Cell::Top($block) => $body,
        }
    };
}

impl Cell {
    pub(super) fn inputs(&mut self) -> &mut Side {
        both!(self, b => &mut b.inputs)
    }

    pub(super) fn outputs(&self) -> &Side {
        both!(self, b => &b.outputs)
    }

    pub(super) fn outputs_mut(&mut self) -> &mut Side {
        both!(self, b => &mut b.outputs)
    }

    fn drive(&mut self, clock: Clock, reset: Bit) {
        both!(self, b => {
            b.clock.next = clock;
            b.reset.next = reset;
        })
    }

    fn block(&self) -> &dyn Block {
        both!(self, b => b.as_ref())
    }

    fn block_mut(&mut self) -> &mut dyn Block {
        both!(self, b => b.as_mut())
    }
}

/// A wire of the top, for probes.
pub(super) struct WireView {
    pub name: String,
    pub shape: Shape,
    pub pieces: Vec<Piece>,
    pub id: usize,
}

/// The tree. Drive it with [`TopBlock::set`], [`TopBlock::settle`] and [`TopBlock::tick`], or as any rust-hdl block.
pub struct TopBlock {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inputs: Side,
    pub outputs: Side,
    pub(super) module: String,
    pub(super) code: String,
    pub(super) cells: Vec<(String, Cell)>,
    /// What resets a cell beside `rst_i`.
    pub(super) resets: Vec<Option<Piece>>,
    /// `[input of the top]`
    pub(super) from_ports: Vec<Vec<Route>>,
    /// `[cell][output]`
    pub(super) from_cells: Vec<Vec<Vec<Route>>>,
    pub(super) wires: Vec<WireView>,
}

impl TopBlock {
    pub fn module(&self) -> &str {
        &self.module
    }

    /// Number of an input, for [`TopBlock::set`].
    pub fn input_index(&self, name: &str) -> Option<usize> {
        self.inputs.names.iter().position(|n| n == name)
    }

    /// Number of an output, for [`TopBlock::get`].
    pub fn output_index(&self, name: &str) -> Option<usize> {
        self.outputs.names.iter().position(|n| n == name)
    }

    /// Drives an input with one value per lane.
    pub fn set(&mut self, input: usize, lanes: &[u64]) {
        if self.inputs.values[input] != lanes {
            self.inputs.values[input].copy_from_slice(lanes);
            self.inputs.mark(input);
        }
    }

    /// The lanes of an output.
    pub fn get(&self, output: usize) -> &[u64] {
        &self.outputs.values[output]
    }

    /// Passes until nothing changes any more. Call it between [`TopBlock::set`] and [`TopBlock::tick`].
    ///
    /// # Errors
    /// [`CycleError::CombinationalLoop`] with the blocks that do not come to rest.
    pub fn settle(&mut self) -> Result<(), CycleError> {
        for _ in 0..MAX_PASSES {
            self.update_all();
            if !self.has_changed() {
                return Ok(());
            }
        }
        let changing: Vec<&str> =
            self.cells.iter().filter(|c| c.1.block().has_changed()).map(|c| c.0.as_str()).collect();
        let (top, changing) = (self.module.clone(), changing.join(", "));
        Err(CycleError::CombinationalLoop { top, passes: MAX_PASSES, changing })
    }

    /// One clock cycle: a rising edge at the settled inputs, then rest. `reset` is `rst_i` at the edge.
    pub fn tick(&mut self, reset: bool) -> Result<(), CycleError> {
        self.reset.next = reset;
        self.rise()?;
        self.fall()
    }

    /// [`TopBlock::tick`], written into a waveform: ten nanoseconds a cycle, counted in `cycle`, the edge in the middle.
    ///
    /// # Errors
    /// Those of the writer; [`CycleError::CombinationalLoop`] in the form of one.
    pub fn tick_traced<W: Write>(&mut self, reset: bool, cycle: u64, trace: &mut Trace<W>) -> std::io::Result<()> {
        self.reset.next = reset;
        self.settle().map_err(std::io::Error::other)?;
        trace.sample(cycle * CYCLE_NS, self)?;
        self.rise().map_err(std::io::Error::other)?;
        trace.sample(cycle * CYCLE_NS + CYCLE_NS / 2, self)?;
        self.fall().map_err(std::io::Error::other)
    }

    /// First half of [`TopBlock::tick`] at the present `reset.next`.
    pub fn rise(&mut self) -> Result<(), CycleError> {
        self.clock.next = Clock { clk: true };
        self.settle()
    }

    /// Second half of [`TopBlock::tick`].
    pub fn fall(&mut self) -> Result<(), CycleError> {
        self.clock.next = Clock { clk: false };
        self.settle()
    }

    fn carry_from_ports(&mut self) {
        if !self.inputs.any_fresh {
            return;
        }
        for port in 0..self.from_ports.len() {
            if self.inputs.fresh[port] {
                let value = take(&mut self.inputs.values[port]);
                deliver(&self.from_ports[port], &value, &mut self.cells, &mut self.outputs);
                self.inputs.values[port] = value;
            }
        }
        self.inputs.clear();
    }

    fn carry_from_cells(&mut self) {
        for cell in 0..self.cells.len() {
            if !self.cells[cell].1.outputs().any_fresh {
                continue;
            }
            for port in 0..self.from_cells[cell].len() {
                if self.cells[cell].1.outputs().fresh[port] {
                    let value = take(&mut self.cells[cell].1.outputs_mut().values[port]);
                    deliver(&self.from_cells[cell][port], &value, &mut self.cells, &mut self.outputs);
                    self.cells[cell].1.outputs_mut().values[port] = value;
                }
            }
        }
    }

    fn distribute_clock(&mut self) {
        let (clock, reset) = (self.clock.val(), self.reset.val());
        for cell in 0..self.cells.len() {
            let reset = reset || self.resets[cell].is_some_and(|piece| self.bit(&piece));
            self.cells[cell].1.drive(clock, reset);
        }
    }

    fn bit(&self, piece: &Piece) -> bool {
        let shape = self.shape_of(&piece.origin);
        let (lane, bit, _) = shape.place(piece.low);
        let word = match piece.origin {
            Origin::Port(port) => self.inputs.values[port][lane],
            Origin::Instance { instance, port } => self.cells[instance].1.outputs().values[port][lane],
            Origin::Constant(value) => value,
        };
        word >> bit & 1 == 1
    }

    pub(super) fn shape_of(&self, origin: &Origin) -> Shape {
        match *origin {
            Origin::Port(port) => self.inputs.shapes[port],
            Origin::Instance { instance, port } => self.cells[instance].1.outputs().shapes[port],
            Origin::Constant(_) => CONSTANT,
        }
    }

    fn value(&self, pieces: &[Piece], shape: Shape) -> Vec<u64> {
        let output = |cell: usize, port: usize| self.cells[cell].1.outputs().values[port].as_slice();
        gather(pieces, shape, &self.inputs.values, |o| self.shape_of(o), output)
    }
}

fn deliver(routes: &[Route], value: &[u64], cells: &mut [(String, Cell)], outputs: &mut Side) {
    for route in routes {
        let sink = match route.cell {
            Some(cell) => cells[cell].1.inputs(),
            None => &mut *outputs,
        };
        if route.carry(value, &mut sink.values[route.port]) {
            sink.mark(route.port);
        }
    }
}

impl Logic for TopBlock {
    fn update(&mut self) {
        self.outputs.clear();
        self.carry_from_ports();
        self.carry_from_cells();
        self.distribute_clock();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Blackbox(BlackBox { code: self.code.clone(), name: self.module.clone() })
    }
}

impl Block for TopBlock {
    fn connect_all(&mut self) {
        self.clock.connect();
        self.reset.connect();
        self.cells.iter_mut().for_each(|c| c.1.block_mut().connect_all());
    }

    fn update_all(&mut self) {
        self.clock.update_all();
        self.reset.update_all();
        self.update();
        for (_, cell) in &mut self.cells {
            both!(cell, b => b.update_all());
        }
    }

    fn has_changed(&self) -> bool {
        self.outputs.any_fresh || self.cells.iter().any(|(_, cell)| both!(cell, b => b.has_changed()))
    }

    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        probe.visit_start_scope(name, self);
        self.clock.accept("clk_i", probe);
        self.reset.accept("rst_i", probe);
        self.inputs.accept(probe);
        self.outputs.accept(probe);
        for wire in &self.wires {
            let value = self.value(&wire.pieces, wire.shape);
            let (shape, id) = (wire.shape, wire.id);
            probe.visit_atom(&wire.name, &Bus { kind: AtomKind::LocalSignal, shape, value: &value, changed: true, id });
        }
        for (name, cell) in &self.cells {
            cell.block().accept(name, probe);
        }
        probe.visit_end_scope(name, self);
    }
}

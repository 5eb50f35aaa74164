//! A primitive as a rust-hdl block: `update` clocks the primitive's model, `hdl` instantiates its Verilog.

use super::bus::Side;
use crate::emit::black_box_name;
use crate::error::RtlError;
use crate::primitive::{Direction, Primitive, Shape, Values};
use rust_hdl::core::prelude::{AtomKind, Bit, BlackBox, Block, Clock, In, Logic, Probe, Signal, Verilog};

/// Implements `Block` and `Logic` by hand: ports have their width at run time, and nothing is allocated in a cycle.
pub struct PrimitiveBlock {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inputs: Side,
    pub outputs: Side,
    primitive: Box<dyn Primitive + Send>,
    code: String,
    /// Outputs being computed, to be compared with those of before.
    next: Values,
    stale: bool,
    registered: bool,
}

impl PrimitiveBlock {
    /// `code` is the Verilog that this instance contributes; all but a module's first instance contribute none.
    pub fn new(primitive: Box<dyn Primitive + Send>, code: String) -> Result<Self, RtlError> {
        let side = |direction| -> Result<Vec<(String, Shape)>, RtlError> {
            primitive
                .ports()
                .iter()
                .filter(|p| p.direction == direction)
                .map(|p| shape_of(primitive.module(), p))
                .collect()
        };
        let inputs = Side::new(AtomKind::InputParameter, side(Direction::Input)?);
        let outputs = Side::new(AtomKind::OutputParameter, side(Direction::Output)?);
        let (next, registered) = (outputs.values.clone(), primitive.is_registered());
        Ok(PrimitiveBlock {
            clock: Signal::default(),
            reset: Signal::default(),
            inputs,
            outputs,
            primitive,
            code,
            next,
            stale: true,
            registered,
        })
    }

    pub fn primitive(&self) -> &(dyn Primitive + Send) {
        self.primitive.as_ref()
    }

    fn evaluate(&mut self) {
        self.primitive.outputs(&self.inputs.values, &mut self.next);
        for port in 0..self.next.len() {
            if replace(&mut self.outputs.values[port], &mut self.next[port]) {
                self.outputs.mark(port);
            }
        }
    }
}

/// Puts `next` in the place of `value`; true if they differ. Most ports have one lane, which needs no call.
fn replace(value: &mut Vec<u64>, next: &mut Vec<u64>) -> bool {
    if let ([value], [next]) = (value.as_mut_slice(), next.as_slice()) {
        return std::mem::replace(value, *next) != *next;
    }
    let differ = value != next;
    if differ {
        std::mem::swap(value, next);
    }
    differ
}

fn shape_of(module: &str, port: &crate::primitive::Port) -> Result<(String, Shape), RtlError> {
    let (shape, name) = (port.shape(), port.name);
    match shape.is_possible() {
        true => Ok((name.to_string(), shape)),
        false => {
            let Shape { lanes, width } = shape;
            Err(RtlError::BadPort { module: module.into(), port: name.into(), lanes, width })
        }
    }
}

impl Logic for PrimitiveBlock {
    fn update(&mut self) {
        self.outputs.clear();
        let edge = self.clock.pos_edge();
        if edge {
            self.primitive.clock(self.reset.val(), &self.inputs.values);
        }
        if edge || self.stale || (self.inputs.any_fresh && !self.registered) {
            self.stale = false;
            self.evaluate();
        }
        self.inputs.clear();
    }

    fn hdl(&self) -> Verilog {
        let name = black_box_name(self.primitive.module(), &self.primitive.parameters());
        Verilog::Blackbox(BlackBox { code: self.code.clone(), name })
    }
}

impl Block for PrimitiveBlock {
    fn connect_all(&mut self) {
        self.clock.connect();
        self.reset.connect();
    }

    fn update_all(&mut self) {
        self.clock.update_all();
        self.reset.update_all();
        self.update();
    }

    fn has_changed(&self) -> bool {
        self.outputs.any_fresh
    }

    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        probe.visit_start_scope(name, self);
        self.clock.accept("clk_i", probe);
        self.reset.accept("rst_i", probe);
        self.inputs.accept(probe);
        self.outputs.accept(probe);
        probe.visit_end_scope(name, self);
    }
}

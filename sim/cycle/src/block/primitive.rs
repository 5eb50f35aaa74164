//! A primitive as a rust-hdl block: `update` clocks the primitive's model, `hdl` instantiates its Verilog.

use super::bus::Side;
use crate::model::{Model, Modelled};
use rust_hdl::prelude::{AtomKind, Bit, BlackBox, Block, Clock, In, Logic, Probe, Signal, Verilog};
use systole_rtl::primitive::{Direction, Port, Primitive, Shape, Values};

/// Implements `Block` and `Logic` by hand: ports have their width at run time, and nothing is allocated in a cycle.
pub struct PrimitiveBlock {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inputs: Side,
    pub outputs: Side,
    model: Box<dyn Model + Send>,
    name: String,
    code: String,
    /// Outputs being computed, to be compared with those of before.
    next: Values,
    stale: bool,
    registered: bool,
}

impl PrimitiveBlock {
    /// `code` is the Verilog that this instance contributes; all but a module's first instance contribute none.
    pub fn new<P: Primitive + Modelled>(primitive: P, code: String) -> Self {
        let ports = primitive.ports();
        let inputs = Side::new(AtomKind::InputParameter, shapes(&ports, Direction::Input));
        let outputs = Side::new(AtomKind::OutputParameter, shapes(&ports, Direction::Output));
        let name = black_box_name(&primitive);
        let model = primitive.model();
        let (next, registered) = (outputs.values.clone(), model.is_registered());
        PrimitiveBlock {
            clock: Signal::default(),
            reset: Signal::default(),
            inputs,
            outputs,
            model,
            name,
            code,
            next,
            stale: true,
            registered,
        }
    }

    fn evaluate(&mut self) {
        self.model.outputs(&self.inputs.values, &mut self.next);
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

fn shapes(ports: &[Port], direction: Direction) -> Vec<(String, Shape)> {
    let of = ports.iter().filter(|port| port.direction == direction);
    of.map(|port| (port.name.to_string(), port.shape())).collect()
}

/// `pe_array #(.ROWS(28), .COLS(8))`: how rust-hdl names a parameterised black box.
fn black_box_name(primitive: &impl Primitive) -> String {
    let list: Vec<String> = primitive.parameters().iter().map(ToString::to_string).collect();
    match list.is_empty() {
        true => primitive.module().to_string(),
        false => format!("{} #({})", primitive.module(), list.join(", ")),
    }
}

impl Logic for PrimitiveBlock {
    fn update(&mut self) {
        self.outputs.clear();
        let edge = self.clock.pos_edge();
        if edge {
            self.model.clock(self.reset.val(), &self.inputs.values);
        }
        if edge || self.stale || (self.inputs.any_fresh && !self.registered) {
            self.stale = false;
            self.evaluate();
        }
        self.inputs.clear();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Blackbox(BlackBox { code: self.code.clone(), name: self.name.clone() })
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

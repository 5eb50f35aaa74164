//! Verilog and clocked model side by side: every output compared in every cycle.
// Every test binary that takes this file in leaves some of it unused.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

use systole_cycle::model::{Model as Clocked, Modelled};
use systole_net::random::Rng;
use systole_rtl::primitive::{Direction, Port, Primitive, Values};
use systole_rtl::primitives::Any;
use systole_verilator::{BuildSpec, Effort, Model, Toolchain, Verilated};

pub const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

pub fn tools() -> Toolchain {
    Toolchain::locate(Path::new(WORKSPACE)).expect("Verilator and g++, as `make setup` installs them")
}

pub fn cache() -> PathBuf {
    Path::new(WORKSPACE).join("build/verilator")
}

/// The Verilog of a primitive with its parameters and memory images.
pub fn spec(primitive: &dyn Primitive, images: &[(String, String)]) -> BuildSpec {
    let mut spec = BuildSpec::new(primitive.module()).effort(Effort::Quick);
    if primitive.module() == "act_mem" {
        // Under ASSERT a word read while it is written is inverted; the model has the old word.
        spec = spec.unchecked();
    }
    for (name, text) in primitive.models().into_iter().chain(primitive.submodules()) {
        spec = spec.file(format!("{name}.v"), text);
    }
    spec = spec.file(format!("{}.v", primitive.module()), primitive.source());
    for parameter in primitive.parameters() {
        spec = spec.param(parameter.name(), parameter.value());
    }
    images.iter().fold(spec, |spec, (name, text)| spec.image(name.as_str(), text.as_bytes()))
}

/// Values for ports.
pub trait PortBits {
    /// `width` bits, often all 0, all 1, the most negative or the most positive number.
    fn port(&mut self, width: usize) -> u64;
}

impl PortBits for Rng {
    fn port(&mut self, width: usize) -> u64 {
        let all = u64::MAX >> (64 - width);
        match self.below(12) {
            0 => 0,
            1 => all,
            2 => 1 << (width - 1),
            3 => all >> 1,
            _ => self.bits() & all,
        }
    }
}

/// A primitive and its Verilog, clocked together.
pub struct Pair {
    primitive: Any,
    model: Box<dyn Clocked + Send>,
    verilog: Model,
    inputs: Vec<(Port, systole_verilator::Port)>,
    outputs: Vec<(Port, systole_verilator::Port)>,
    reset: systole_verilator::Port,
    /// Inputs of the coming cycle; they stay until changed.
    pub values: Values,
    seen: Values,
    /// Outputs, and the output without which they mean nothing.
    payloads: Vec<(usize, usize)>,
    cycle: usize,
}

impl Pair {
    pub fn new(primitive: impl Into<Any>, images: &[(String, String)]) -> Self {
        let primitive = primitive.into();
        let built = Verilated::build(&tools(), &spec(&primitive, images), &cache()).expect("it compiles");
        let ports = primitive.ports();
        let side = |direction| -> Vec<_> {
            let of = ports.iter().filter(|p| p.direction == direction);
            of.map(|p| (p.clone(), built.port(p.name).expect("the Verilog has the primitive's ports"))).collect()
        };
        let (inputs, outputs) = (side(Direction::Input), side(Direction::Output));
        let zeros = |ports: &[(Port, _)]| ports.iter().map(|(p, _)| p.shape().zero()).collect();
        let (values, seen) = (zeros(&inputs), zeros(&outputs));
        let (verilog, reset) = (built.model().expect("a model"), built.port("rst_i").expect("a reset"));
        let model = primitive.clone().model();
        Pair { primitive, model, verilog, inputs, outputs, reset, values, seen, payloads: Vec::new(), cycle: 0 }
    }

    fn at(ports: &[(Port, systole_verilator::Port)], name: &str) -> usize {
        ports.iter().position(|(p, _)| p.name == name).unwrap_or_else(|| panic!("no port {name}"))
    }

    /// Has `outputs` compared only while `valid` is 1.
    pub fn payload(&mut self, valid: &str, outputs: &[&str]) {
        let valid = Self::at(&self.outputs, valid);
        self.payloads.extend(outputs.iter().map(|name| (Self::at(&self.outputs, name), valid)));
    }

    /// The model's outputs for the inputs set so far, without an edge.
    pub fn look(&mut self, name: &str) -> &[u64] {
        self.model.outputs(&self.values, &mut self.seen);
        self.seen(name)
    }

    /// Sets all lanes of an input.
    pub fn set(&mut self, name: &str, lanes: &[u64]) {
        let at = Self::at(&self.inputs, name);
        self.values[at].copy_from_slice(lanes);
    }

    /// Random values on every input.
    pub fn scramble(&mut self, random: &mut Rng) {
        for ((port, _), lanes) in self.inputs.iter().zip(&mut self.values) {
            for (value, (_, width)) in lanes.iter_mut().zip(port.shape().parts()) {
                *value = random.port(width);
            }
        }
    }

    /// Lanes of an input, as set.
    pub fn input(&self, name: &str) -> &[u64] {
        &self.values[Self::at(&self.inputs, name)]
    }

    /// Lanes of an output, as compared in the last cycle.
    pub fn seen(&self, name: &str) -> &[u64] {
        &self.seen[Self::at(&self.outputs, name)]
    }

    /// One clock cycle: outputs compared, then the edge.
    pub fn cycle(&mut self, reset: bool) {
        for ((port, handle), lanes) in self.inputs.iter().zip(&self.values) {
            for ((low, width), &value) in port.shape().parts().into_iter().zip(lanes) {
                self.verilog.set_bits(*handle, low as u32, width as u32, value);
            }
        }
        self.verilog.set(self.reset, reset.into());
        self.verilog.eval();
        self.model.outputs(&self.values, &mut self.seen);
        for (at, ((port, handle), lanes)) in self.outputs.iter().zip(&self.seen).enumerate() {
            if self.payloads.iter().any(|&(payload, valid)| payload == at && self.seen[valid][0] == 0) {
                continue;
            }
            for ((low, width), &value) in port.shape().parts().into_iter().zip(lanes) {
                let found = self.verilog.get_bits(*handle, low as u32, width as u32);
                assert_eq!(
                    found,
                    value,
                    "{} {:?}: {} bits from {low} on in cycle {}, Verilog left, model right",
                    self.primitive.module(),
                    self.primitive.parameters(),
                    port.name,
                    self.cycle
                );
            }
        }
        self.model.clock(reset, &self.values);
        self.verilog.tick();
        self.cycle += 1;
    }
}

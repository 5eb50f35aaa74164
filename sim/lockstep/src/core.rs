//! The machine's core behind one interface, whatever runs it: the tree of models, or the printed Verilog.

use crate::error::LockstepError;
use crate::top::spec;
use std::path::Path;
use systole_cycle::TopBlock;
use systole_machine::Plan;
use systole_rtl::top::machine;
use systole_rtl::{Composed, Design};
use systole_verilator::{Effort, Model, Port, Toolchain, Verilated};

/// Inputs of the core during one cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CoreIn {
    pub reset: bool,
    pub enable: bool,
    pub s_valid: bool,
    pub s_data: u64,
    pub s_last: bool,
    pub m_ready: bool,
    pub check_layer: u64,
    /// Beats are weights; of machines that load them.
    pub load: bool,
}

const INPUTS: [&str; 6] =
    ["enable_i", "s_axis_tvalid_i", "s_axis_tdata_i", "s_axis_tlast_i", "m_axis_tready_i", "chk_layer_i"];

/// An input of the machines that load their weights alone.
const LOAD: &str = "load_i";

impl CoreIn {
    fn values(&self) -> [u64; 6] {
        let bit = u64::from;
        [bit(self.enable), bit(self.s_valid), self.s_data, bit(self.s_last), bit(self.m_ready), self.check_layer]
    }
}

/// A model of `systole_core`.
pub trait Core {
    fn name(&self) -> &str;
    /// Names of all output pins, in the order of [`Core::outputs`].
    fn pins(&self) -> &[String];
    /// Applies inputs and returns all outputs of this cycle.
    fn outputs(&mut self, inputs: &CoreIn) -> Result<&[u64], LockstepError>;
    /// The rising edge that ends the cycle.
    fn clock(&mut self, inputs: &CoreIn) -> Result<(), LockstepError>;
}

/// The core, composed, and its files.
pub fn compose(plan: &Plan) -> Result<(Composed, Design), LockstepError> {
    let (top, images) = machine::core(plan);
    let composed = top.build()?;
    let design = Design::new(&composed, images)?;
    Ok((composed, design))
}

/// The core as a tree of clocked models.
pub struct Tree {
    tree: TopBlock,
    inputs: Vec<usize>,
    load: Option<usize>,
    pins: Vec<String>,
    outputs: Vec<usize>,
    values: Vec<u64>,
}

impl Tree {
    pub fn new(composed: Composed) -> Result<Self, LockstepError> {
        let tree = TopBlock::new(composed);
        let missing = |port: &str| LockstepError::Port { module: tree.module().into(), port: port.into() };
        let inputs = INPUTS.iter().map(|n| tree.input_index(n).ok_or_else(|| missing(n))).collect::<Result<_, _>>()?;
        let pins = tree.outputs.names.clone();
        let outputs = pins.iter().map(|n| tree.output_index(n).ok_or_else(|| missing(n))).collect::<Result<_, _>>()?;
        let load = tree.input_index(LOAD);
        Ok(Tree { load, values: vec![0; pins.len()], inputs, pins, outputs, tree })
    }
}

impl Core for Tree {
    fn name(&self) -> &str {
        "simulator"
    }

    fn pins(&self) -> &[String] {
        &self.pins
    }

    fn outputs(&mut self, inputs: &CoreIn) -> Result<&[u64], LockstepError> {
        for (&at, value) in self.inputs.iter().zip(inputs.values()) {
            self.tree.set(at, &[value]);
        }
        if let Some(at) = self.load {
            self.tree.set(at, &[inputs.load.into()]);
        }
        self.tree.settle()?;
        for (value, &at) in self.values.iter_mut().zip(&self.outputs) {
            *value = self.tree.get(at)[0];
        }
        Ok(&self.values)
    }

    fn clock(&mut self, inputs: &CoreIn) -> Result<(), LockstepError> {
        Ok(self.tree.tick(inputs.reset)?)
    }
}

/// The core's Verilog, compiled by Verilator.
pub struct Verilog {
    model: Model,
    reset: Port,
    inputs: Vec<Port>,
    load: Option<Port>,
    pins: Vec<String>,
    outputs: Vec<Port>,
    values: Vec<u64>,
}

impl Verilog {
    /// Builds the design, or takes it from the cache, and starts a model. `pins` are the outputs to follow.
    pub fn new(
        tools: &Toolchain,
        design: &Design,
        pins: &[String],
        effort: Effort,
        cache: &Path,
    ) -> Result<Self, LockstepError> {
        let spec = spec(design, effort);
        let built = Verilated::build(tools, &spec, cache)?;
        let find = |names: &[&str]| names.iter().map(|n| built.port(n)).collect::<Result<Vec<_>, _>>();
        let names: Vec<&str> = pins.iter().map(String::as_str).collect();
        Ok(Verilog {
            reset: built.port("rst_i")?,
            inputs: find(&INPUTS)?,
            load: built.port(LOAD).ok(),
            outputs: find(&names)?,
            pins: pins.to_vec(),
            values: vec![0; pins.len()],
            model: built.model()?,
        })
    }
}

impl Core for Verilog {
    fn name(&self) -> &str {
        "Verilator"
    }

    fn pins(&self) -> &[String] {
        &self.pins
    }

    fn outputs(&mut self, inputs: &CoreIn) -> Result<&[u64], LockstepError> {
        self.model.set(self.reset, u64::from(inputs.reset));
        for (&port, value) in self.inputs.iter().zip(inputs.values()) {
            self.model.set(port, value);
        }
        if let Some(port) = self.load {
            self.model.set(port, inputs.load.into());
        }
        self.model.eval();
        for (value, &port) in self.values.iter_mut().zip(&self.outputs) {
            *value = self.model.get(port);
        }
        Ok(&self.values)
    }

    fn clock(&mut self, _inputs: &CoreIn) -> Result<(), LockstepError> {
        self.model.tick();
        Ok(())
    }
}

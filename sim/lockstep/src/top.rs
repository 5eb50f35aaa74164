//! The Verilog of `systole_top`, compiled, behind the top level's pins.

use crate::error::LockstepError;
use std::error::Error;
use std::path::Path;
use systole_machine::pins::{TopIn, TopOut, TopPins, INPUTS, OUTPUTS};
use systole_rtl::{Design, File};
use systole_verilator::{BuildSpec, Effort, Model, Port, Toolchain, Verilated};

/// A running top level.
pub struct VerilogTop {
    model: Model,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
}

impl VerilogTop {
    /// Compiles the specification, or takes it from the cache, and starts it.
    ///
    /// # Errors
    /// [`LockstepError::Verilator`].
    pub fn new(tools: &Toolchain, spec: &BuildSpec, cache: &Path) -> Result<Self, LockstepError> {
        let built = Verilated::build(tools, spec, cache)?;
        Self::start(&built, built.model()?)
    }

    /// A model of what was built.
    ///
    /// # Errors
    /// [`LockstepError::Verilator`] without the top level's pins.
    pub fn start(built: &Verilated, model: Model) -> Result<Self, LockstepError> {
        let inputs = INPUTS.iter().map(|(name, _)| built.port(name)).collect::<Result<_, _>>()?;
        let outputs = OUTPUTS.iter().map(|(name, _)| built.port(name)).collect::<Result<_, _>>()?;
        Ok(VerilogTop { model, inputs, outputs })
    }
}

/// What to compile for a design.
pub fn spec(design: &Design, effort: Effort) -> BuildSpec {
    let text = |f: &File| (f.name.clone(), String::from_utf8_lossy(f.bytes()).into_owned());
    let mut spec = BuildSpec::new(&design.top).effort(effort);
    spec.files = design.verilog.iter().map(text).collect();
    spec.images = design.images.iter().map(|f| (f.name.clone(), f.bytes().to_vec())).collect();
    spec
}

impl TopPins for VerilogTop {
    fn cycle(&mut self, pins: &TopIn) -> Result<TopOut, Box<dyn Error + Send + Sync>> {
        for (&port, (_, value)) in self.inputs.iter().zip(&INPUTS) {
            self.model.set(port, value(pins));
        }
        self.model.eval();
        let mut out = TopOut::default();
        for (&port, (_, put)) in self.outputs.iter().zip(&OUTPUTS) {
            put(&mut out, self.model.get(port));
        }
        self.model.tick();
        Ok(out)
    }
}

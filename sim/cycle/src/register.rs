//! The machine register by register, driven through its pins.

use crate::block::{save_file, Named, TopBlock};
use crate::error::CycleError;
use crate::pins::Pins;
use crate::window::Window;
use std::ops::Range;
use std::path::Path;
use systole_machine::pins::{TopIn, TopOut, TopPins};
use systole_machine::Plan;
use systole_rtl::top::compose;

/// The signal that numbers the layer of the array, and what stands beside it in waveforms.
const LAYER: &str = "layer_o";
const LAYER_NAME: &str = "layer_name";

/// All primitives' models, wired as the Verilog is; every register has the Verilog's value in every cycle.
pub struct RegisterMachine {
    tree: TopBlock,
    pins: Pins,
    cycles: u64,
    window: Option<Window>,
    named: Named,
}

impl RegisterMachine {
    /// The whole machine of a plan; reset it for a cycle before use.
    ///
    /// # Errors
    /// Those of the composition.
    pub fn new(plan: &Plan) -> Result<Self, CycleError> {
        let texts = plan.bindings.iter().map(|binding| binding.name.clone()).collect();
        let named = Named { signal: LAYER, variable: LAYER_NAME, texts };
        Ok(RegisterMachine { named, ..Self::of(TopBlock::new(compose(plan)?.composed))? })
    }

    /// Any tree with the top level's pins.
    ///
    /// # Errors
    /// [`CycleError::MissingPort`].
    pub fn of(tree: TopBlock) -> Result<Self, CycleError> {
        let pins = Pins::find(&tree)?;
        Ok(RegisterMachine { tree, pins, cycles: 0, window: None, named: Named::default() })
    }

    /// Clock cycles so far.
    pub fn cycles(&self) -> u64 {
        self.cycles
    }

    /// Writes the cycles of `window`, counted from the first one, as VCD into `path`: every port and wire under the
    /// name that it has in the Verilog, the array's layer by name too, ten nanoseconds a cycle, the rising edge in the middle. The file appears under
    /// its name when the window is over, or with [`RegisterMachine::end_trace`].
    ///
    /// # Errors
    /// [`CycleError::Trace`].
    pub fn trace(&mut self, path: &Path, window: Range<u64>) -> Result<(), CycleError> {
        self.window = Some(Window::open(path, window, &self.tree, &self.named)?);
        Ok(())
    }

    /// What GTKWave opens beside a waveform of that name and of so many of the cycles so far: the streams, and the array's layer by
    /// number and name.
    pub fn save_file(&self, vcd: &str, window: Range<u64>) -> String {
        save_file::text(vcd, &self.tree, &self.named, window.start..window.end.min(self.cycles))
    }

    /// Completes the waveform now.
    ///
    /// # Errors
    /// [`CycleError::Trace`].
    pub fn end_trace(&mut self) -> Result<(), CycleError> {
        self.window.take().map_or(Ok(()), Window::close)
    }

    fn tick(&mut self, reset: bool) -> Result<(), CycleError> {
        match &mut self.window {
            Some(window) if window.holds(self.cycles) => window.tick(&mut self.tree, reset, self.cycles)?,
            _ => self.tree.tick(reset)?,
        }
        self.cycles += 1;
        if self.window.as_ref().is_some_and(|w| w.is_over(self.cycles)) {
            self.end_trace()?;
        }
        Ok(())
    }

    fn step(&mut self, inputs: &TopIn) -> Result<TopOut, CycleError> {
        self.pins.apply(&mut self.tree, inputs);
        self.tree.settle()?;
        let out = self.pins.read(&self.tree);
        self.tick(inputs.rst)?;
        Ok(out)
    }
}

impl TopPins for RegisterMachine {
    fn cycle(&mut self, inputs: &TopIn) -> Result<TopOut, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.step(inputs)?)
    }
}

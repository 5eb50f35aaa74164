//! What a clocked model of a primitive is.

use systole_rtl::ports::Views;
use systole_rtl::primitive::Values;

/// A synchronous machine: `outputs` from state and inputs without side effect, `clock` is the rising edge. Reset is synchronous.
/// Ports are seen by name, as the Verilog of the primitive declares them.
pub trait Clocked {
    type Ports: Views;
    /// No output depends on an input of the same cycle; outputs are then computed once per cycle.
    const REGISTERED: bool = false;
    /// Drives the outputs from the present state and, where a path is combinational, the inputs. What is not driven stays.
    fn outputs(&self, inputs: <Self::Ports as Views>::In<'_>, out: <Self::Ports as Views>::Out<'_>);
    /// Rising clock edge with `rst_i` and the inputs' values just before it.
    fn clock(&mut self, reset: bool, inputs: <Self::Ports as Views>::In<'_>);
}

/// [`Clocked`] with ports in the order of the Verilog.
pub trait Model {
    fn outputs(&self, inputs: &Values, outputs: &mut Values);
    fn is_registered(&self) -> bool;
    fn clock(&mut self, reset: bool, inputs: &Values);
}

impl<M: Clocked> Model for M {
    fn outputs(&self, inputs: &Values, outputs: &mut Values) {
        Clocked::outputs(self, M::Ports::inputs(inputs), M::Ports::outputs(outputs));
    }

    fn is_registered(&self) -> bool {
        M::REGISTERED
    }

    fn clock(&mut self, reset: bool, inputs: &Values) {
        Clocked::clock(self, reset, M::Ports::inputs(inputs));
    }
}

/// A primitive, or any of several, that has a model.
pub trait Modelled {
    fn model(self) -> Box<dyn Model + Send>;
}

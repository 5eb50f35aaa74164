//! The machine for whole images: cycles from its control alone, values from the integer engine.
//!
//! The schedule is known, so values need no registers. What decides a cycle count is clocked register-exact
//! ([`systole_machine::control`]), many cycles at once where nothing but counters changes.

use crate::control::ControlMachine;
use crate::error::CycleError;
use std::sync::Arc;
use systole_fast::Fast;
use systole_machine::pins::{BoxError, TopIn, TopOut, TopPins};
use systole_machine::tracks::Tracks;
use systole_machine::Plan;
use systole_net::{Net, Tensor};

/// Every beat has the Verilog's value in the Verilog's cycle.
pub struct FastMachine {
    top: ControlMachine,
}

impl FastMachine {
    /// The whole machine of a plan and of the network it was made from; reset it for a cycle before use.
    ///
    /// # Errors
    /// [`CycleError::Network`] if the plan is of another network, [`CycleError::Faults`] if the network is unsound.
    pub fn new(plan: Arc<Plan>, net: &Net, design_hash: [u8; 32]) -> Result<Self, CycleError> {
        let found = net.hash();
        if found != plan.net_hash {
            return Err(CycleError::Network { name: net.name.clone(), found, wanted: plan.net_hash });
        }
        let fast = Fast::new(net).map_err(|faults| CycleError::Faults { faults })?;
        let answer = Box::new(move |image: &Tensor| Ok(fast.trace(image)?));
        Ok(FastMachine { top: ControlMachine::new(plan, design_hash, answer) })
    }
}

impl FastMachine {
    /// As [`ControlMachine::record`].
    pub fn record(&mut self) {
        self.top.record();
    }

    /// As [`ControlMachine::recorded`].
    pub fn recorded(&mut self) -> Tracks {
        self.top.recorded()
    }
}

impl TopPins for FastMachine {
    fn cycle(&mut self, inputs: &TopIn) -> Result<TopOut, BoxError> {
        self.top.cycle(inputs)
    }

    fn rest(&mut self, inputs: &TopIn, most: u64) -> Result<(u64, TopOut), BoxError> {
        self.top.rest(inputs, most)
    }
}

//! The plan as a file: JSON without the weights, which the network brings again.

use crate::build::Builder;
use crate::error::PlanError;
use crate::lower::Lowered;
use crate::plan::Plan;
use crate::registers::ABI_VERSION;
use crate::schedule::Rings;
use crate::step_order::weight_steps;
use systole_net::{Digest, Net};

impl Plan {
    /// Indented JSON; equal plans give equal text.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data always encodes") + "\n"
    }

    /// Reads what [`Plan::to_json`] wrote, for the network that it was made from.
    ///
    /// # Errors
    /// [`PlanError::Format`] for other text, [`PlanError::OtherAbi`], [`PlanError::OtherNetwork`].
    pub fn from_json(text: &str, net: &Net) -> Result<Plan, PlanError> {
        let mut plan: Plan = serde_json::from_str(text).map_err(|e| PlanError::Format(e.to_string()))?;
        if plan.abi != ABI_VERSION.reset {
            return Err(PlanError::OtherAbi { found: plan.abi, wanted: ABI_VERSION.reset });
        }
        let (found, wanted) = (net.hash(), Digest(plan.net_hash));
        if found != wanted {
            return Err(PlanError::OtherNetwork { network: net.name.clone(), found, wanted });
        }
        plan.restore_weights(net)?;
        Ok(plan)
    }

    /// Fills `weights`; the tables that come along must be the plan's own.
    fn restore_weights(&mut self, net: &Net) -> Result<(), PlanError> {
        let low = Lowered::new(net, self.geometry.rows, self.geometry.pool_rows)?;
        let odd = |what: &str| PlanError::Format(format!("its {what} are not those of the network"));
        if self.rings.len() != low.maps.len() || self.geometry.cols == 0 {
            return Err(odd("feature maps"));
        }
        let slots = self.rings.iter().map(|ring| ring.slots).collect();
        let base: Vec<usize> = self.rings.iter().map(|ring| ring.base).collect();
        let rings = Rings { slots, arena: vec![None; low.maps.len()] };
        let (rows, cols) = (self.geometry.rows, self.geometry.cols);
        let builder = Builder { net, low: &low, rings: &rings, base: &base, rows, cols };
        let tables = builder.descriptors();
        if tables.layers != self.layers || tables.taps != self.taps || tables.pools != self.pools {
            return Err(odd("layers"));
        }
        self.weights = weight_steps(net, &tables.bindings, cols);
        Ok(())
    }
}

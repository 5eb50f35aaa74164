//! A draft whose cycles and cost are counted: what the search compares.

use crate::cost::cost;
use crate::error::PlanError;
use crate::table_memory::within_blocks;
use crate::timing::time;
use std::ops::Deref;
use systole_machine::report::Cost;
use systole_machine::{Draft, Plan, Saving, Timing};
use systole_net::Net;

/// A draft with its cost.
#[derive(Clone, Debug)]
pub(crate) struct Costed {
    pub draft: Draft,
    pub cost: Cost,
}

/// A draft with its cost and cycles; a plan but for the weights.
#[derive(Clone, Debug)]
pub(crate) struct Timed {
    draft: Draft,
    pub cost: Cost,
    pub timing: Timing,
}

impl Deref for Timed {
    type Target = Draft;

    fn deref(&self) -> &Draft {
        &self.draft
    }
}

impl Timed {
    /// # Errors
    /// As [`time`].
    pub fn new(draft: Draft) -> Result<Timed, PlanError> {
        let cost = cost(&draft);
        Timed::of_cost(draft, cost)
    }

    /// As [`Timed::new`], where the cost is counted already.
    ///
    /// # Errors
    /// As [`time`].
    pub fn of_cost(draft: Draft, cost: Cost) -> Result<Timed, PlanError> {
        Ok(Timed { timing: time(&draft)?, cost, draft })
    }

    /// 18 Kbit blocks in all.
    pub fn ram18(&self) -> usize {
        self.cost.ram18()
    }

    /// Whether the device lacks block RAM for it.
    pub fn ram_assumed(&self) -> bool {
        self.ram18() > self.board.free_bram18()
    }

    /// As [`within_blocks`]; where a table lies takes no cycle.
    pub fn within_blocks(self, bram18: usize) -> Timed {
        let (draft, cost) = within_blocks(self.draft, bram18);
        Timed { cost, draft, ..self }
    }

    pub fn saving(self, saving: Saving) -> Timed {
        Timed { draft: Draft { saving, ..self.draft }, ..self }
    }

    /// The plan of the network that the draft was made of.
    pub fn plan(self, net: &Net) -> Plan {
        Plan::new(self.draft, self.cost, self.timing, net)
    }
}

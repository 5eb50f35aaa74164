//! A board, and the form of the weights that it takes best.

use crate::build::boards::Target;
use crate::error::CliError;
use crate::preparation::pace::most_cycles;
use crate::selection::forms::Made;
use std::cmp::Reverse;
use systole_machine::Plan;
use systole_net::Net;
use systole_plan::{plan, Constraints, PlanError};

/// A network's plan, by its place among the forms that were made.
pub struct Held {
    pub made: usize,
    pub plan: Plan,
}

pub struct Place {
    pub target: Target,
    pub constraints: Constraints,
    /// Cycles of an image at most for a form to be taken before the smaller ones are tried.
    most_cycles: Option<u64>,
    /// The form that is taken, and those that fit but are slower than that.
    taken: Option<Held>,
    slow: Vec<Held>,
    /// Why the last form that does not fit does not.
    pub misfit: Option<PlanError>,
}

impl Place {
    pub fn new(target: Target, constraints: Constraints) -> Self {
        Place { target, constraints, most_cycles: None, taken: None, slow: Vec::new(), misfit: None }
    }

    /// How much it holds: what boards are sorted by.
    pub fn size(&self) -> (usize, usize, String) {
        let device = &self.target.board.device;
        (device.ram_bytes(), device.lut, self.target.board.name.clone())
    }

    /// Decides, by the plain network, how slow a form may be.
    pub fn expect(&mut self, plain: &Net) {
        self.most_cycles = most_cycles(plain, &self.target.board, &self.constraints);
    }

    pub fn is_decided(&self) -> bool {
        self.taken.is_some()
    }

    /// Plans the network of that place among the forms.
    ///
    /// # Errors
    /// What keeps the network from every board.
    pub fn consider(&mut self, at: usize, made: &Made) -> Result<(), CliError> {
        match plan(&made.net, &self.target.board, &self.constraints) {
            Ok(plan) => {
                let slow = self.most_cycles.is_some_and(|most| plan.timing().interval > most);
                let held = Held { made: at, plan };
                match slow {
                    true => self.slow.push(held),
                    false => self.taken = Some(held),
                }
            }
            Err(misfit) if is_of_the_board(&misfit) => self.misfit = Some(misfit),
            Err(other) => return Err(other.into()),
        }
        Ok(())
    }

    /// The form that the board takes: the one that loses least of those that are fast enough, else the fastest.
    pub fn held(&self) -> Option<&Held> {
        let fastest = || self.slow.iter().max_by_key(|held| (Reverse(held.plan.timing().interval), Reverse(held.made)));
        self.taken.as_ref().or_else(fastest)
    }
}

/// Whether another board, or another form, may do better.
fn is_of_the_board(refusal: &PlanError) -> bool {
    matches!(
        refusal,
        PlanError::DoesNotFit(_) | PlanError::NoShape { .. } | PlanError::TooSlow { .. } | PlanError::Codes { .. }
    )
}

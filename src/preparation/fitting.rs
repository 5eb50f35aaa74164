//! Whether a board has room for a network's weights, by its plan.

use crate::args::plan::advised;
use crate::error::CliError;
use crate::preparation::pace::{most_cycles, SLOWER};
use std::cell::{OnceCell, RefCell};
use systole_machine::board::Device;
use systole_machine::memories::WEIGHTS;
use systole_machine::report::CostLine;
use systole_machine::{Board, Plan};
use systole_net::Net;
use systole_plan::{plan, Constraints, PlanError, StoreChoice};
use systole_report::quantised::{MostCycles, Planned};

/// A board that a network is to be planned for, and why the last one that found no room did not.
pub struct Fitting {
    board: Board,
    constraints: Constraints,
    /// Bytes of the weight store's RAM at most.
    budget: Option<usize>,
    /// Cycles of an image at most, decided by the first network that is asked about; none with a budget.
    most_cycles: OnceCell<Option<u64>>,
    refused: RefCell<Option<(Net, Refusal)>>,
}

enum Refusal {
    Plan(PlanError),
    /// The weights take so many bytes, more than the budget.
    Store(usize),
}

impl Fitting {
    pub fn new(board: Board, constraints: Constraints, budget: Option<usize>) -> Self {
        Fitting { board, constraints, budget, most_cycles: OnceCell::new(), refused: RefCell::default() }
    }

    /// Whether there is a plan, fast enough ([`most_cycles`]), and its weights keep to the budget.
    pub fn has_room(&self, net: &Net) -> bool {
        let asked = || self.budget.map_or_else(|| most_cycles(net, &self.board, &self.constraints), |_| None);
        self.most_cycles.get_or_init(asked);
        let refusal = self.plan(net).err();
        let has_room = refusal.is_none();
        *self.refused.borrow_mut() = refusal.map(|refusal| (net.clone(), refusal));
        has_room
    }

    /// The plan; weights are codes where nothing else is asked for and bytes exceed the budget.
    fn plan(&self, net: &Net) -> Result<Plan, Refusal> {
        let kept = |plan: Plan| match self.budget.filter(|budget| store(&plan) > *budget) {
            None => Ok(plan),
            Some(_) => Err(Refusal::Store(store(&plan))),
        };
        let codes = Constraints { store: Some(StoreChoice::Codes), ..self.constraints.clone() };
        let found = plan(net, &self.board, &self.constraints).map_err(Refusal::Plan).and_then(kept);
        let found = match (found, self.constraints.store) {
            (Err(Refusal::Store(_)), None) => plan(net, &self.board, &codes).map_err(Refusal::Plan).and_then(kept),
            (found, _) => found,
        };
        found.and_then(|plan| self.fast_enough(plan))
    }

    fn most_cycles(&self) -> Option<u64> {
        self.most_cycles.get().copied().flatten()
    }

    fn fast_enough(&self, plan: Plan) -> Result<Plan, Refusal> {
        let found = plan.timing().interval;
        let Some(wanted) = self.most_cycles().filter(|most| found > *most) else { return Ok(plan) };
        Err(Refusal::Plan(PlanError::TooSlow {
            network: plan.network.clone(),
            board: self.board.name.clone(),
            wanted,
            found,
            rows: plan.geometry.rows,
            cols: plan.geometry.cols,
            clock_mhz: self.board.clock_mhz,
        }))
    }

    /// What the last network without room lacked.
    pub fn refusal(&self) -> Option<CliError> {
        let (net, refusal) = self.refused.borrow_mut().take()?;
        Some(self.error(&net, refusal))
    }

    fn error(&self, net: &Net, refusal: Refusal) -> CliError {
        let board = self.board.name.clone();
        match refusal {
            Refusal::Plan(refusal) => {
                let source = Box::new(advised(refusal, net, &self.board, &self.constraints));
                CliError::NothingFits { board, source }
            }
            Refusal::Store(least) => CliError::StoreBudget { board, wanted: self.budget.unwrap_or(0), least },
        }
    }

    /// What the network's plan takes.
    ///
    /// # Errors
    /// [`CliError::NothingFits`], [`CliError::StoreBudget`].
    pub fn planned(&self, net: &Net) -> Result<Planned, CliError> {
        let plan = self.plan(net).map_err(|refusal| self.error(net, refusal))?;
        let (board, store, interval) = (plan.board.name.clone(), store(&plan), plan.timing().interval);
        let ram18 = [plan.cost().ram18(), plan.board.free_bram18()];
        let codes = plan.geometry.store().is_coded();
        let (rows, cols) = (plan.geometry.rows, plan.geometry.cols);
        let most = self.most_cycles().map(|cycles| MostCycles { cycles, slower: SLOWER });
        Ok(Planned { board, rows, cols, interval, most, codes, store, ram18 })
    }
}

/// Bytes of the RAM that the plan's weights take, whole blocks.
fn store(plan: &Plan) -> usize {
    let store = plan.cost().lines.iter().filter(|line| line.module == WEIGHTS);
    let bytes =
        |line: &CostLine| Device { bram18: line.ram18(), uram: line.uram, ..plan.board.device.clone() }.ram_bytes();
    store.map(bytes).sum()
}

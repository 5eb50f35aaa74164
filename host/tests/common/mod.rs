//! Small random machines behind the mock, and what they must answer.
#![allow(dead_code)]

pub mod served;

use std::sync::Arc;
use systole_cycle::{Answer, ControlMachine};
use systole_golden::Golden;
use systole_host::{Driver, Faulty, Options, PinDevice, Stalls};
use systole_machine::geometry::Multiplier;
use systole_machine::{Board, Plan, WeightMemory};
use systole_net::random::{random_image, random_net, Limits};
use systole_net::{Net, Tensor, Trace};
use systole_plan::planner::{plan_array, plan_shape, Array};
use systole_plan::PlanError;
use systole_plan::Spare;

pub const DESIGN: [u8; 32] = [0x5a; 32];

pub type Mock = PinDevice<ControlMachine>;

pub struct Case {
    pub net: Net,
    pub plan: Arc<Plan>,
}

impl Case {
    /// A random network on an array of 4 rows and 3 columns.
    pub fn new(number: u64) -> Self {
        Case::shaped(number, 4, 3)
    }

    /// The first network from a seed of that number on that the machine can run.
    pub fn shaped(number: u64, rows: usize, cols: usize) -> Self {
        let limits = Limits { layers: 4, channels: 10, size: (6, 14), ..Limits::default() };
        let board = Board::parse(include_str!("../../../constraints/tiny.toml")).unwrap();
        let planned = |seed| {
            let net = random_net(seed, &limits);
            match plan_shape(&net, &board, rows, cols, Spare { slack: 2, overlaid: 8 }) {
                Ok(plan) => Some(Case { net, plan: Arc::new(plan) }),
                Err(PlanError::Unsupported { .. }) => None,
                Err(error) => panic!("seed {seed}: {error}"),
            }
        };
        (100 * number..100 * number + 100).find_map(planned).expect("one network in a hundred can be run")
    }

    /// The first network whose machine has every kind of memory, in the order of its plan.
    pub fn with_every_memory() -> Self {
        let limits = Limits {
            layers: 6,
            channels: 8,
            size: (6, 12),
            residuals: true,
            padded_head: true,
            picks: false,
            windows: false,
            groups: false,
        };
        let board = Board::parse(include_str!("../../../constraints/tiny.toml")).unwrap();
        let planned = |seed| {
            let net = random_net(seed, &limits);
            let plan = plan_shape(&net, &board, 4, 3, Spare { slack: 2, overlaid: 8 }).ok()?;
            let all = !plan.pools.is_empty() && !plan.residuals.is_empty() && !plan.offsets.is_empty();
            all.then(|| Case { net, plan: Arc::new(plan) })
        };
        (0..10_000).find_map(planned).expect("a network that pools, adds and folds its padding")
    }

    /// The network with its weights loaded.
    pub fn loaded(number: u64) -> Self {
        let net = Case::new(number).net;
        let board = Board::parse(include_str!("../../../constraints/tiny.toml")).unwrap();
        let weights = WeightMemory::Loaded;
        let array = Array { rows: 4, cols: 3, multiplier: Multiplier::Single, weights, pool_words: 0 };
        let plan = plan_array(&net, &board, array, Spare { slack: 2, overlaid: 8 }).unwrap();
        Case { net, plan: Arc::new(plan) }
    }

    pub fn image(&self, seed: u64) -> Tensor {
        random_image(&self.net, seed)
    }

    pub fn trace(&self, image: &Tensor) -> Trace {
        Golden::new(&self.net).unwrap().trace(image).unwrap()
    }

    pub fn sums(&self, image: &Tensor) -> Vec<i64> {
        self.trace(image).sums
    }

    fn answer(&self) -> Answer {
        let net = self.net.clone();
        Box::new(move |image| {
            let golden = Golden::new(&net).map_err(|faults| format!("{faults:?}"))?;
            Ok(golden.trace(image)?)
        })
    }

    /// The machine's pins.
    pub fn top(&self) -> ControlMachine {
        ControlMachine::new(Arc::clone(&self.plan), DESIGN, self.answer())
    }

    pub fn mock(&self, stalls: Stalls) -> Mock {
        PinDevice::new("mock:small", self.top(), &self.plan, stalls).unwrap()
    }

    pub fn open(&self, stalls: Stalls) -> Driver<Mock> {
        Driver::open(self.mock(stalls), Arc::clone(&self.plan), DESIGN, Options::default()).unwrap()
    }

    pub fn open_faulty(&self) -> Driver<Faulty<Mock>> {
        let device = Faulty::new(self.mock(Stalls::NONE));
        Driver::open(device, Arc::clone(&self.plan), DESIGN, Options::default()).unwrap()
    }
}

//! Many clock cycles at once are the same cycles one by one: handshakes and all that an observer sees, under random pauses.

use proptest::prelude::*;
use systole_machine::control::machine::{Machine, Observer, Tick};
use systole_machine::control::pool::PoolRead;
use systole_machine::control::sequencer::{LayerState, Wait};
use systole_machine::geometry::Multiplier;
use systole_machine::{Board, Plan, WeightMemory};
use systole_net::random::{random_net, Limits};
use systole_plan::planner::{plan_array, Array};
use systole_plan::PlanError;
use systole_plan::Spare;

const BOARD: &str = include_str!("../../../constraints/tiny.toml");
const SHAPES: [(usize, usize); 7] = [(2, 2), (3, 5), (4, 4), (8, 8), (11, 6), (5, 20), (28, 16)];
const IMAGES: usize = 3;

/// All that happens, with its cycle.
#[derive(Default, PartialEq)]
struct Log {
    events: Vec<(u64, String)>,
    steps: Vec<usize>,
    idles: Vec<(u64, Option<Wait>)>,
}

impl Observer for Log {
    fn begin(&mut self, cycle: u64, layer: usize, state: &LayerState) {
        self.events.push((cycle, format!("begin {layer} {state:?}")));
    }

    fn retire(&mut self, cycle: u64, layer: usize) {
        self.events.push((cycle, format!("retire {layer}")));
    }

    fn pool_read(&mut self, cycle: u64, read: &PoolRead) {
        self.events.push((cycle, format!("{read:?}")));
    }

    fn pool_done(&mut self, cycle: u64) {
        self.events.push((cycle, "pool".into()));
    }

    fn idle(&mut self, cycle: u64, cycles: u64, why: Option<Wait>) {
        self.idles.extend((cycle..cycle + cycles).map(|cycle| (cycle, why)));
    }

    fn steps(&mut self, layer: usize, cycles: u64) {
        self.steps.extend((0..cycles).map(|_| layer));
    }
}

/// Both streams' other sides: they hold for some cycles what they offer, as random numbers have it.
struct Host<'a> {
    holds: std::iter::Cycle<std::slice::Iter<'a, (bool, bool, u64)>>,
    /// Cycles for which the pauses still hold.
    left: u64,
    source: bool,
    sink: bool,
    beats: usize,
}

impl Host<'_> {
    /// Valid and ready, and the cycles that they last.
    fn pins(&mut self) -> (bool, bool, u64) {
        if self.left == 0 {
            (self.source, self.sink, self.left) = *self.holds.next().unwrap();
        }
        (self.source && self.beats > 0, self.sink, self.left)
    }

    fn pass(&mut self, cycles: u64, tick: Tick) {
        self.left -= cycles;
        self.beats -= usize::from(tick.in_beat);
    }
}

/// Runs the images; `skips`: as many cycles at once as can be. Cycles that were passed over, those of the pool engine alone, and the
/// log.
fn run(plan: &Plan, holds: &[(bool, bool, u64)], skips: bool) -> (u64, u64, Log) {
    let (mut machine, mut log) = (Machine::new(plan), Log::default());
    let holds = holds.iter().cycle();
    let mut host = Host { holds, left: 0, source: false, sink: false, beats: IMAGES * plan.input.beats };
    let (mut results, mut skipped, mut pooled) = (0, 0, 0);
    while results < IMAGES {
        assert!(machine.now < 100 * (plan.timing().latency * IMAGES as u64 + 10_000), "nothing moves");
        let (valid, ready, left) = host.pins();
        let quiet = if skips { machine.quiet(valid, ready).min(left) } else { 0 };
        if quiet > 0 {
            machine.skip(quiet, &mut log);
            host.pass(quiet, Tick::default());
            skipped += quiet;
            continue;
        }
        let alone = if skips { machine.pool_alone(valid, ready, left, &mut log) } else { 0 };
        if alone > 0 {
            host.pass(alone, Tick::default());
            pooled += alone;
            continue;
        }
        let now = machine.now;
        let tick = machine.clock(valid, ready, &mut log);
        if tick.in_beat || tick.out_beat {
            log.events.push((now, format!("{tick:?}")));
        }
        results += usize::from(tick.out_last);
        host.pass(1, tick);
    }
    (skipped, pooled, log)
}

fn planned(seed: u64, shape: usize, slack: usize) -> Option<Plan> {
    let (rows, cols) = SHAPES[shape];
    let array =
        Array { rows, cols, multiplier: Multiplier::Single, weights: WeightMemory::Initialised, pool_words: 8 * slack };
    let net = random_net(seed, &Limits::default());
    match plan_array(&net, &Board::parse(BOARD).unwrap(), array, Spare { slack, overlaid: 1 + slack % 2 }) {
        Ok(plan) => Some(plan),
        Err(PlanError::Unsupported { .. }) => None,
        Err(e) => panic!("seed {seed}, {rows}x{cols}: {e}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn skipped_cycles_are_cycles(
        seed: u32,
        shape in 0..SHAPES.len(),
        slack in 0usize..3,
        pauses in proptest::collection::vec((any::<bool>(), any::<bool>(), 1u64..400), 1..40),
        longest in 1u64..400,
    ) {
        let Some(plan) = planned(seed.into(), shape, slack) else { return Ok(()) };
        let mut holds: Vec<_> = pauses.iter().map(|&(source, sink, n)| (source, sink, n.min(longest))).collect();
        holds.push((true, true, 1));
        let (slow, alone, wanted) = run(&plan, &holds, false);
        let (skipped, pooled, found) = run(&plan, &holds, true);
        prop_assert_eq!((slow, alone), (0, 0));
        prop_assert!(skipped > 0 && (plan.pools.is_empty() || pooled > 0));
        prop_assert_eq!(wanted.events, found.events);
        prop_assert_eq!(wanted.steps, found.steps);
        prop_assert_eq!(wanted.idles, found.idles);
    }
}

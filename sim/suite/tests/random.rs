//! Random small networks on random array shapes, with random pauses: golden = simulator = Verilog, cycle by cycle.
//!
//! The cases are the same in every run. The seeds of failing ones are kept in `random.proptest-regressions` beside this file and run first.

use proptest::test_runner::{Config, FileFailurePersistence, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use systole_golden::Golden;
use systole_lockstep::core::compose;
use systole_lockstep::source::Stalls;
use systole_lockstep::{verify, Case, Core, Tree, Verdict, Verilog};
use systole_machine::board::Family;
use systole_machine::geometry::Multiplier;
use systole_machine::{Board, Plan, WeightMemory};
use systole_net::random::{
    net_with_shared_pools, net_with_unread_rows, random_image, random_net, with_codebooks, Limits,
};
use systole_net::{Engine, Net};
use systole_plan::planner::{plan_array, plan_shape, Array};
use systole_plan::PlanError;
use systole_plan::Spare;
use systole_verilator::{Effort, Toolchain};

/// Cases in all, shared by two threads. Compiling the Verilog is what takes the time: that of every second seed is, in a run of all tests.
const CASES: u32 = 208;
const COMPILED: usize = 2;
const COMPILED_CODES: usize = 4;
const THREADS: u32 = 2;
const IMAGES: u64 = 3;
/// More lanes than most maps have pixels, and more than a row of them.
const WIDE: [(usize, usize); 3] = [(40, 3), (23, 5), (64, 4)];
const SHAPES: [(usize, usize); 8] = [(2, 2), (3, 5), (4, 4), (5, 3), (8, 8), (7, 4), (6, 2), (3, 9)];

fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Images whose last rows nobody reads behind an addition and a stride.
const UNREAD: [(usize, usize); 5] = [(4, 9), (4, 11), (4, 13), (6, 9), (6, 11)];

/// How the array of a seed multiplies: often two products at a time in some columns, some of them in LUTs.
fn multiplier(seed: u64, (rows, cols): (usize, usize)) -> Multiplier {
    match seed % 3 {
        1 => Multiplier::Pair { pairs: cols / 2, fabric: 0 },
        2 => {
            let pairs = 1 + seed as usize / 3 % (cols / 2);
            Multiplier::Pair { pairs, fabric: seed as usize / 7 % (rows * pairs + 1) }
        }
        _ => Multiplier::Single,
    }
}

/// What networks' weights are kept as.
#[derive(Clone, Copy, PartialEq)]
enum Kept {
    Bytes,
    Codes,
}

/// What keeps a seed's weights.
fn weights(seed: u64, kept: Kept) -> WeightMemory {
    if kept == Kept::Codes {
        return if seed % 5 == 1 { WeightMemory::CodedLoaded } else { WeightMemory::Coded };
    }
    match seed / 5 % 4 {
        1 => WeightMemory::Loaded,
        3 => WeightMemory::Ultra,
        _ => WeightMemory::Initialised,
    }
}

/// Words of a seed's result FIFO at least: mostly no more than its largest tile has.
fn pool_words(seed: u64) -> usize {
    seed as usize / 11 % 4 * 24
}

/// A random network that the machine has a step for, by trying seeds; and its plan. Parts of every family.
fn planned(limits: &Limits, seed: u64, kept: Kept, (rows, cols): (usize, usize), slack: usize) -> (Net, Plan) {
    let mut board = Board::parse(include_str!("../../../constraints/tiny.toml")).unwrap();
    let multiplier = multiplier(seed, (rows, cols));
    board.device.family = match seed % 4 {
        0 => Family::Xcup,
        1 => Family::Ecp5,
        2 if multiplier == Multiplier::Single => Family::Gw5a,
        _ => board.device.family,
    };
    let array = Array { rows, cols, multiplier, weights: weights(seed, kept), pool_words: pool_words(seed) };
    for attempt in 0.. {
        let net = random_net(seed.wrapping_add(attempt << 32), limits);
        let net = if kept == Kept::Codes { with_codebooks(&net, seed) } else { net };
        match plan_array(&net, &board, array, Spare { slack, overlaid: 1 + slack % 2 }) {
            Ok(plan) => return (net, plan),
            // Tiles of few steps leave no time to read their words.
            Err(PlanError::Unsupported { .. } | PlanError::Codes { .. }) => {}
            Err(e) => panic!("seed {seed}, {rows}x{cols}: {e}"),
        }
    }
    unreachable!("some network begins with a convolution")
}

/// A case on golden and the registers' model, and on the Verilog where that is asked for.
fn run(
    limits: &Limits,
    (seed, kept): (u64, Kept),
    (shape, slack): ((usize, usize), usize),
    pauses: (u8, u8),
    verilog: bool,
) -> Result<Verdict, String> {
    let (net, plan) = planned(limits, seed, kept, shape, slack);
    let stalls = Stalls { seed, source_percent: pauses.0, sink_percent: pauses.1 };
    compared(&net, &plan, seed, stalls, verilog)
}

/// Golden and the registers' model, and the Verilog where that is asked for.
fn compared(net: &Net, plan: &Plan, seed: u64, stalls: Stalls, verilog: bool) -> Result<Verdict, String> {
    let images: Vec<_> = (0..IMAGES).map(|i| random_image(net, seed ^ i)).collect();
    let mut golden = Golden::new(net).unwrap();
    let traces: Vec<_> = images.iter().map(|i| golden.run(i).unwrap()).collect();
    let (tree, design) = compose(plan).map_err(|e| e.to_string())?;
    let mut tree = Tree::new(tree).unwrap();
    let case = Case { plan, images: &images, golden: &traces, stalls };
    let verdict = if verilog {
        let tools = Toolchain::locate(&workspace()).unwrap();
        let pins = tree.pins().to_vec();
        let cache = workspace().join("target/verilator");
        let mut verilog = Verilog::new(&tools, &design, &pins, Effort::Quick, &cache).map_err(|e| e.to_string())?;
        verify(&case, &mut [&mut tree, &mut verilog], &mut |_, _| true)
    } else {
        verify(&case, &mut [&mut tree], &mut |_, _| true)
    };
    let verdict = verdict.map_err(|e| e.to_string())?;
    match verdict.ends.len() as u64 {
        IMAGES => Ok(verdict),
        ends => Err(format!("{ends} results of {IMAGES} images")),
    }
}

/// A thread's cases; of seeds that `every` divides the Verilog is compiled, too.
fn share(thread: u32, kept: Kept, every: usize, done: &AtomicUsize, cycles: &AtomicUsize) {
    let config = Config {
        cases: CASES / THREADS,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("proptest-regressions"))),
        source_file: Some(file!()),
        max_shrink_iters: 16,
        ..Config::default()
    };
    let strategy = (proptest::num::u32::ANY, 0..SHAPES.len(), 0..3usize, 0..70u8, 0..70u8);
    // One thread's networks are chains, the other's add earlier maps and pool by any window.
    let limits = match thread {
        0 => Limits::default(),
        _ => {
            Limits { residuals: true, padded_head: true, picks: true, windows: true, groups: true, ..Limits::default() }
        }
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[thread as u8; 32]);
    let tested = TestRunner::new_with_rng(config, rng).run(&strategy, |(seed, shape, slack, source, sink)| {
        let verilog = seed as usize % every == 0;
        let verdict = run(&limits, (u64::from(seed), kept), (SHAPES[shape], slack), (source, sink), verilog);
        let verdict = verdict.map_err(TestCaseError::fail)?;
        done.fetch_add(1, Ordering::Relaxed);
        cycles.fetch_add(verdict.cycles as usize, Ordering::Relaxed);
        Ok(())
    });
    if let Err(e) = tested {
        panic!("{e}");
    }
}

fn random_networks(kept: Kept, every: usize) {
    let (done, cycles) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|s| {
        for thread in 0..THREADS {
            let (done, cycles) = (&done, &cycles);
            s.spawn(move || share(thread, kept, every, done, cycles));
        }
    });
    let (done, cycles) = (done.into_inner(), cycles.into_inner());
    println!("{done} networks, {cycles} cycles compared");
    assert!(done as u32 >= CASES);
}

#[test]
fn random_networks_agree_on_every_engine() {
    random_networks(Kept::Bytes, COMPILED);
}

#[test]
fn random_networks_in_codes_agree_on_every_engine() {
    random_networks(Kept::Codes, COMPILED_CODES);
}

#[test]
#[ignore = "takes many minutes; `make lockstep` runs it"]
fn all_random_networks_agree_with_the_verilog() {
    random_networks(Kept::Bytes, 1);
    random_networks(Kept::Codes, 1);
}

#[test]
fn maps_of_a_single_tile_agree_on_every_engine() {
    let limits = Limits { residuals: true, padded_head: true, ..Limits::default() };
    for (seed, shape) in WIDE.into_iter().cycle().take(2 * WIDE.len()).enumerate() {
        let verdict = run(&limits, (seed as u64, Kept::Bytes), (shape, seed % 3), (20, 20), true).unwrap();
        println!("{shape:?}: {} cycles compared", verdict.cycles);
    }
}

/// Sums, checksums and every cycle are right when the image is over, though the last tiles computed go nowhere.
#[test]
fn rows_that_nobody_reads_are_there_before_the_sums() {
    let board = Board::parse(include_str!("../../../constraints/tiny.toml")).unwrap();
    let mut cases = 0;
    for (seed, size) in UNREAD.into_iter().enumerate() {
        for rows in 4..=7 {
            for (cols, slack) in [(32, 2), (8, 0)] {
                let net = net_with_unread_rows(seed as u64, size);
                let plan = plan_shape(&net, &board, rows, cols, Spare { slack, overlaid: 1 + slack % 2 }).unwrap();
                let verilog = cases % 20 == 0;
                let verdict = compared(&net, &plan, seed as u64, Stalls::default(), verilog);
                verdict.unwrap_or_else(|e| panic!("{size:?} on {rows}x{cols}: {e}"));
                cases += 1;
            }
        }
    }
    println!("{cases} networks with unread rows");
}

/// Poolings of maps that are stored, because others read them too or because a pooling made them.
#[test]
fn maps_that_are_pooled_from_the_banks_agree_on_every_engine() {
    let board = Board::parse(include_str!("../../../constraints/tiny.toml")).unwrap();
    for (seed, rows) in [3, 4, 5, 8, 16].into_iter().enumerate() {
        let net = net_with_shared_pools(seed as u64, (6 + seed, 17 - 2 * seed));
        let plan = plan_shape(&net, &board, rows, 4, Spare { slack: seed % 3, overlaid: 1 + seed % 2 }).unwrap();
        let direct: Vec<bool> = plan.pools.iter().map(|pool| pool.direct).collect();
        assert_eq!(direct, [false, true, false], "{}", net.name);
        let stalls = Stalls { seed: seed as u64, source_percent: 20, sink_percent: 20 };
        compared(&net, &plan, seed as u64, stalls, true).unwrap_or_else(|e| panic!("{} on {rows} rows: {e}", net.name));
    }
}

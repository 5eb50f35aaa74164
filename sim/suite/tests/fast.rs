//! The fast simulator against the register-level one and the Verilog: every beat of both streams, its value and its cycle,
//! under random pauses.

use std::path::PathBuf;
use std::sync::Arc;
use systole_cycle::{FastMachine, RegisterMachine};
use systole_golden::Golden;
use systole_lockstep::beats::{run, Beats};
use systole_lockstep::source::Stalls;
use systole_lockstep::top::{spec, VerilogTop};
use systole_machine::geometry::Multiplier;
use systole_machine::{Board, Plan, WeightMemory};
use systole_model::{load, quantize, LoadOptions, Preprocess};
use systole_net::random::{random_image, random_net, Limits};
use systole_net::{Image, Net};
use systole_plan::planner::{plan_array, Array};
use systole_plan::Spare;
use systole_plan::{plan, Constraints, PlanError};
use systole_rtl::top::compose;
use systole_verilator::{Effort, Toolchain};

const SHAPES: [(usize, usize); 8] = [(2, 2), (3, 5), (4, 4), (5, 3), (8, 8), (7, 4), (6, 2), (3, 9)];
/// Random networks, and of how many of them two are also compiled.
const SEEDS: u64 = 36;
const COMPILED: u64 = 12;
const IMAGES: u64 = 3;
/// Percent of cycles in which source and sink pause.
const PAUSES: [(u8, u8); 4] = [(0, 0), (30, 50), (85, 5), (5, 90)];

fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn tiny() -> Board {
    Board::parse(include_str!("../../../constraints/tiny.toml")).unwrap()
}

/// The first network from `seed` on that the machine has steps for.
fn planned(seed: u64) -> (Net, Plan) {
    let (rows, cols) = SHAPES[seed as usize % SHAPES.len()];
    let slack = seed as usize % 3;
    let array =
        Array { rows, cols, multiplier: Multiplier::Single, weights: WeightMemory::Initialised, pool_words: 8 * slack };
    let attempt = |seed| {
        let net = random_net(seed, &Limits::default());
        match plan_array(&net, &tiny(), array, Spare { slack, overlaid: 1 + slack % 2 }) {
            Ok(plan) => Some((net, plan)),
            Err(PlanError::Unsupported { .. }) => None,
            Err(e) => panic!("seed {seed}: {e}"),
        }
    };
    (seed..).step_by(1000).find_map(attempt).unwrap()
}

/// The fast simulator, the registers and, where wanted, the Verilog on one network with all pauses.
fn compare(what: &str, net: &Net, plan: Plan, images: &[systole_net::Tensor], registers: bool, verilog: bool) {
    let machine = compose(&plan).unwrap();
    let spec = spec(&machine.design, Effort::Quick);
    let plan = Arc::new(plan);
    let golden = Golden::new(net).unwrap();
    let sums: Vec<u32> = images.iter().flat_map(|i| golden.trace(i).unwrap().sums).map(|s| s as u32).collect();
    for (seed, (source_percent, sink_percent)) in (0..).zip(PAUSES) {
        let stalls = Stalls { seed, source_percent, sink_percent };
        let beats = |pins: &mut dyn systole_machine::pins::TopPins| run(pins, &plan, images, stalls).unwrap();
        let fast = beats(&mut FastMachine::new(Arc::clone(&plan), net, machine.design_hash).unwrap());
        assert_eq!(fast.outputs.iter().map(|o| o.1).collect::<Vec<_>>(), sums, "{what}, {stalls:?}");
        let same = |engine: &str, other: Beats| {
            let difference = fast.difference(&other);
            assert!(difference.is_none(), "{what}, {stalls:?}, {engine}: {}", difference.unwrap());
        };
        if registers {
            same("registers", beats(&mut RegisterMachine::new(&plan).unwrap()));
        }
        if verilog {
            let tools = Toolchain::locate(&workspace()).unwrap();
            let cache = workspace().join("target/verilator");
            same("Verilator", beats(&mut VerilogTop::new(&tools, &spec, &cache).unwrap()));
        }
    }
}

/// Every second network, for one thread of the tests.
fn random_networks(first: u64) {
    for seed in (first..SEEDS).step_by(2) {
        let (net, plan) = planned(seed);
        let images: Vec<_> = (0..IMAGES).map(|i| random_image(&net, seed ^ i)).collect();
        compare(&format!("seed {seed}"), &net, plan, &images, true, seed % COMPILED < 2);
    }
}

#[test]
fn even_random_networks_beat_by_beat() {
    random_networks(0);
}

#[test]
fn odd_random_networks_beat_by_beat() {
    random_networks(1);
}

fn pictures(folder: &str) -> Vec<Image> {
    let entries = std::fs::read_dir(workspace().join("host/demo").join(folder)).unwrap();
    let mut files: Vec<_> =
        entries.map(|e| e.unwrap().path()).filter(|f| f.extension().is_some_and(|e| e == "png")).collect();
    files.sort();
    let read = |file: &PathBuf| {
        let rgb = image::open(file).unwrap().to_rgb8();
        Image { height: rgb.height() as usize, width: rgb.width() as usize, rgb: rgb.into_raw() }
    };
    files.iter().map(read).collect()
}

#[test]
fn digits_beat_by_beat() {
    let graph = load(&workspace().join("host/demo/digits.onnx"), &LoadOptions::default()).unwrap();
    let (net, _) =
        quantize(&graph, &Preprocess::grey(), &pictures("calibration"), &Default::default(), &mut |_| ()).unwrap();
    let plan = plan(&net, &tiny(), &Constraints::default()).unwrap();
    let images: Vec<_> = pictures("images")[..4].iter().map(|i| net.encode(i).unwrap()).collect();
    compare("digits", &net, plan, &images, false, true);
}

#[test]
fn another_network_is_refused() {
    let (_, plan) = planned(0);
    let (other, _) = planned(1);
    let error = FastMachine::new(Arc::new(plan), &other, [0; 32]).err().unwrap();
    assert!(error.to_string().contains("plan again"), "{error}");
}

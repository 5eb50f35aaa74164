//! SqueezeNet v1.1 at its full size, photographs in a steady stream, with and without pauses: golden = simulator = Verilog.

use std::path::Path;
use systole_golden::Golden;
use systole_lockstep::core::compose;
use systole_lockstep::source::Stalls;
use systole_lockstep::{verify, Case, Core, Tree, Verdict, Verilog};
use systole_machine::{Board, Plan};
use systole_model::{load, quantize::quantize, LoadOptions, Preprocess};
use systole_net::{Image, Net, Tensor, Trace};
use systole_plan::{plan, Constraints};
use systole_rtl::Design;
use systole_suite::photographs::{data, photographs, workspace};
use systole_verilator::{Effort, Toolchain};

/// Photographs that calibrate; others are run.
const CALIBRATION: usize = 24;

/// Below the models of the test data.
const V1_1: &str = "v1.1/squeezenet_v1.1.onnx";
const V1_0: &str = "v1.0/squeezenet_v1.0.onnx";
const BYPASS: &str = "bypass_structural/squeezenet_bypass_structural.onnx";

const NEXYS_VIDEO: &str = include_str!("../../../constraints/nexys-video.toml");

fn network(data: &Path, model: &str, calibration: &[Image]) -> Net {
    let graph = load(&data.join("models").join(model), &LoadOptions::default()).unwrap();
    quantize(&graph, &Preprocess::caffe(), calibration, &Default::default(), &mut |_| ()).unwrap().0
}

/// A network with its plan for the Nexys Video, images and golden's word on them.
struct Setup {
    plan: Plan,
    images: Vec<Tensor>,
    golden: Vec<Trace>,
}

fn setup(data: &Path, images: usize) -> Setup {
    setup_for(data, V1_1, images, NEXYS_VIDEO, &Constraints::default())
}

fn setup_for(data: &Path, model: &str, images: usize, board: &str, constraints: &Constraints) -> Setup {
    let photographs = photographs(data, CALIBRATION + images);
    let net = network(data, model, &photographs[..CALIBRATION]);
    let plan = plan(&net, &Board::parse(board).unwrap(), constraints).unwrap();
    let images: Vec<_> = photographs[CALIBRATION..].iter().map(|i| net.encode(i).unwrap()).collect();
    let golden = Golden::new(&net).unwrap();
    let golden = images.iter().map(|i| golden.trace(i).unwrap()).collect();
    Setup { plan, images, golden }
}

fn verilog(design: &Design, pins: &[String]) -> Verilog {
    let tools = Toolchain::locate(&workspace()).unwrap();
    Verilog::new(&tools, design, pins, Effort::Full, &workspace().join("target/verilator")).unwrap()
}

fn all_engines(s: &Setup, images: usize, stalls: Stalls) -> Verdict {
    let (tree, design) = compose(&s.plan).unwrap();
    let mut tree = Tree::new(tree).unwrap();
    let mut verilog = verilog(&design, tree.pins());
    let case = Case { plan: &s.plan, images: &s.images[..images], golden: &s.golden, stalls };
    let verdict = verify(&case, &mut [&mut tree, &mut verilog], &mut |_, _| true).unwrap();
    assert_eq!(verdict.ends.len(), images);
    assert_eq!(verdict.checksums, images * s.plan.layers.len());
    verdict
}

/// The array's share of useful cycles, first input beat to last output beat of images back to back.
fn report(what: &str, s: &Setup, interval: u64) -> f64 {
    let used = s.plan.timing().macs as f64 / (interval as f64 * s.plan.geometry.macs_per_cycle() as f64);
    let (rows, cols) = (s.plan.geometry.rows, s.plan.geometry.cols);
    let name = &s.plan.network;
    println!("{name} at {rows}x{cols}, {what}: {interval} cycles an image, {:.2} % of the array", 100.0 * used);
    used
}

#[test]
fn v1_1_back_to_back_on_every_engine() {
    let Some(data) = data() else { return };
    let s = setup(&data, 4);
    assert!((256..=512).contains(&s.plan.geometry.macs_per_cycle()));

    let pauses = Stalls { seed: 11, source_percent: 20, sink_percent: 30 };
    let paused = all_engines(&s, 3, pauses);
    report("Verilator with pauses", &s, paused.interval().unwrap());

    // The last image has no successor whose input would share the memory port: the interval before it is the steady state.
    let free = all_engines(&s, 4, Stalls::default());
    let measured = free.ends[2] - free.ends[1];
    let used = report("Verilator", &s, measured);
    report("plan", &s, s.plan.timing().interval);
    assert_eq!(measured, s.plan.timing().interval);
    assert_eq!(free.ends[0] - free.first_in + 1, s.plan.timing().latency);
    assert!(used >= 0.90);
}

/// The search by itself finds shapes for wide arrays that the images keep busy, and line buffers that fit two block RAMs a bank.
#[test]
fn v1_1_keeps_wide_arrays_busy() {
    let Some(data) = data() else { return };
    let photographs = photographs(&data, CALIBRATION);
    let net = network(&data, V1_1, &photographs);
    let board = Board::parse(NEXYS_VIDEO).unwrap();
    let narrow = plan(&net, &board, &Constraints::default()).unwrap();
    assert!(narrow.timing().utilisation >= 0.97 && narrow.geometry.act_depth <= 2 * 2048, "{:?}", narrow.geometry);
    let board = Board::parse(include_str!("../../../constraints/zcu104.toml")).unwrap();
    for (macs, least) in [(1024, 0.95), (2048, 0.92)] {
        let constraints =
            Constraints { assume_ram: true, max_macs: Some(macs + macs / 16), ..Constraints::filled(&board) };
        let p = plan(&net, &board, &constraints).unwrap();
        let (g, t) = (&p.geometry, p.timing());
        println!("v1.1 at {}x{}: {} cycles, {:.2} %", g.rows, g.cols, t.interval, 100.0 * t.utilisation);
        assert!(
            g.macs_per_cycle() >= macs - macs / 16 && t.utilisation >= least && 10 * t.latency < 11 * t.interval,
            "{g:?} {t:?}"
        );
    }
}

/// Where LUTs run out first, arrays that are too wide for them do not end the search.
#[test]
fn v1_1_fills_devices_whose_luts_are_short() {
    let Some(data) = data() else { return };
    let net = network(&data, V1_1, &photographs(&data, CALIBRATION));
    let boards = [
        (include_str!("../../../constraints/kv260.toml"), 1200),
        (include_str!("../../../constraints/zcu104.toml"), 2500),
    ];
    for (board, macs) in boards {
        let board = Board::parse(board).unwrap();
        let p = plan(&net, &board, &Constraints::default()).unwrap();
        println!("v1.1 on {}: {} x {}", board.name, p.geometry.rows, p.geometry.cols);
        assert!(p.geometry.macs_per_cycle() >= macs, "{}: {:?}", board.name, p.geometry);
    }
}

/// What only poolings read is never stored, and tables may lie in LUTs: the whole network in less than 300 block RAMs of 36 Kbit, on an
/// array that is kept busy.
#[test]
fn v1_1_in_little_block_ram() {
    let Some(data) = data() else { return };
    let net = network(&data, V1_1, &photographs(&data, CALIBRATION));
    let (rows, cols) = (Some(18), Some(16));
    let (max_bram18, max_activations) = (Some(2 * 300 - 1), Some(96_000));
    let constraints = Constraints { rows, cols, max_bram18, max_activations, ..Constraints::default() };
    let p = plan(&net, &Board::parse(NEXYS_VIDEO).unwrap(), &constraints).unwrap();
    let g = &p.geometry;
    println!(
        "{}x{}, result FIFO of {} words: {} bytes, {} blocks of 18 Kbit, {:?} in LUTs, {} cycles, {:.2} %",
        g.rows,
        g.cols,
        g.pool_words,
        p.activation_bytes(),
        p.ram18(),
        p.lut_tables,
        p.timing().interval,
        100.0 * p.timing().utilisation
    );
    assert!(p.ram18() < 2 * 300 && p.activation_bytes() <= 83_000 && !p.lut_tables.is_empty());
    assert!(g.macs_per_cycle() >= 256 && p.timing().utilisation >= 0.98, "{g:?}");
}

/// Maps that only poolings read take no memory: what the others and the result FIFO need at the least.
#[test]
fn activations_of_whole_networks_are_few() {
    let Some(data) = data() else { return };
    let photographs = photographs(&data, CALIBRATION);
    for (model, rows, most) in [(V1_0, 18, 100_440), (V1_1, 28, 84_000)] {
        let net = network(&data, model, &photographs);
        let constraints = Constraints {
            rows: Some(rows),
            cols: Some(16),
            max_activations: Some(most),
            assume_ram: true,
            ..Constraints::default()
        };
        let p = plan(&net, &Board::parse(NEXYS_VIDEO).unwrap(), &constraints).unwrap();
        let direct = p.line_buffers.iter().filter(|buffer| buffer.slots == 0).count();
        println!("{} at {rows} rows: {} bytes, {direct} maps never stored", p.network, p.activation_bytes());
        assert!(p.activation_bytes() <= most && direct == 3);
    }
}

/// Two products per DSP slice, and pairs in LUTs: what an XC7Z020 would do if it had the block RAM.
#[test]
#[ignore = "takes many minutes; `make lockstep` runs it"]
fn v1_1_on_every_engine_with_the_multipliers_of_an_xc7z020() {
    let Some(data) = data() else { return };
    let board = include_str!("../../../constraints/pynq-z2.toml");
    let constraints = Constraints { assume_ram: true, ..Constraints::filled(&Board::parse(board).unwrap()) };
    let s = setup_for(&data, V1_1, 3, board, &constraints);
    assert!(s.plan.geometry.pairs() > 0 && s.plan.geometry.array_dsp() < s.plan.geometry.macs_per_cycle() / 2);
    let free = all_engines(&s, 3, Stalls::default());
    let measured = free.ends[1] - free.ends[0];
    report("Verilator", &s, measured);
    assert!(measured < 950_000);
    assert_eq!(free.ends[0] - free.first_in + 1, s.plan.timing().latency);
}

/// The whole network once, on every engine, where the shared data has it.
fn one_photograph(model: &str, board: &str, constraints: &Constraints) {
    let Some(data) = data() else { return };
    let s = setup_for(&data, model, 1, board, constraints);
    let verdict = all_engines(&s, 1, Stalls::default());
    let latency = verdict.ends[0] - verdict.first_in + 1;
    report("latency", &s, latency);
    println!("{} checksums and all scores agree, {} cycles compared", verdict.checksums, verdict.cycles);
    assert_eq!(latency, s.plan.timing().latency);
}

#[test]
#[ignore = "takes many minutes; `make lockstep` runs it"]
fn v1_0_on_every_engine() {
    one_photograph(V1_0, NEXYS_VIDEO, &Constraints::default());
}

#[test]
#[ignore = "takes many minutes; `make lockstep` runs it"]
fn simple_bypass_of_full_size_on_every_engine() {
    one_photograph(BYPASS, NEXYS_VIDEO, &Constraints::default());
}

#[test]
fn v1_1_simulator_answers_like_golden_on_ten_photographs() {
    let Some(data) = data() else { return };
    let s = setup(&data, 10);
    let mut tree = Tree::new(compose(&s.plan).unwrap().0).unwrap();
    let case = Case { plan: &s.plan, images: &s.images, golden: &s.golden, stalls: Stalls::default() };
    let verdict = verify(&case, &mut [&mut tree], &mut |_, _| true).unwrap();
    assert_eq!(verdict.ends.len(), s.images.len());
    assert_eq!(verdict.checksums, s.images.len() * s.plan.layers.len());
}

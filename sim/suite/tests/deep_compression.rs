//! Deep Compression's SqueezeNet with its 1000 classes in the block RAM of an XC7Z020, in codes of 64 values: planned with room for the
//! DMA, and photographs, with and without pauses, the same on golden model, simulator and Verilog.

use std::path::Path;
use systole_golden::Golden;
use systole_lockstep::core::compose;
use systole_lockstep::source::Stalls;
use systole_lockstep::{verify, Case, Core, Tree, Verilog};
use systole_machine::{Board, Plan};
use systole_model::quantize::{quantize, QuantizeOptions, WeightFormats};
use systole_model::{load, LoadOptions, Preprocess};
use systole_net::{Image, Net};
use systole_plan::{plan, Constraints, StoreChoice, FRUGAL};
use systole_suite::photographs::{data, photographs, workspace};
use systole_verilator::{Effort, Toolchain};

/// Photographs that calibrate; others are run.
const CALIBRATION: usize = 10;
const PHOTOGRAPHS: usize = 3;
const MODEL: &str = "models/deep_compression/squeezenet_dc_decoded.onnx";
const PYNQ_Z2: &str = include_str!("../../../constraints/pynq-z2.toml");
const NEXYS_VIDEO: &str = include_str!("../../../constraints/nexys-video.toml");
/// Most of the LUTs that the plan's estimate may fill.
const LUT_PERCENT: usize = 85;
/// Blocks of 18 Kbit to spare, and cycles of an image at most.
const SPARE: usize = 2;
/// Blocks of 36 Kbit that stay free where an array is searched for.
const SPARE_BLOCKS: usize = 4;
const MOST_CYCLES: u64 = 2_000_000;

/// The network in codes of `bits`, and the photographs that did not calibrate it.
fn network(data: &Path, bits: u32) -> (Net, Vec<Image>) {
    let graph = load(&data.join(MODEL), &LoadOptions::default()).unwrap();
    let mut images = photographs(data, CALIBRATION + PHOTOGRAPHS);
    let apart = images.split_off(CALIBRATION);
    let all = format!("codebook:{bits}").parse().unwrap();
    let weights = WeightFormats { all, ..WeightFormats::default() };
    let options = QuantizeOptions { weights, ..QuantizeOptions::default() };
    let net = quantize(&graph, &Preprocess::caffe(), &images, &options, &mut |_| ()).unwrap().0;
    (net, apart)
}

fn planned(net: &Net, board: &str, constraints: &Constraints) -> Plan {
    plan(net, &Board::parse(board).unwrap(), constraints).unwrap()
}

#[test]
fn all_of_it_in_an_xc7z020_on_every_engine() {
    let Some(data) = data() else { return };
    let (net, photographs) = network(&data, 6);
    let device = Board::parse(PYNQ_Z2).unwrap().device;
    let most_lut = LUT_PERCENT * device.lut / 100;
    // A block is left beside the DMA's.
    let max_bram18 = Board::parse(PYNQ_Z2).unwrap().free_bram18() - SPARE;
    let constraints = Constraints {
        max_dsp: Some(device.dsp),
        max_lut: Some(most_lut),
        max_bram18: Some(max_bram18),
        ..Constraints::default()
    };
    let plan = planned(&net, PYNQ_Z2, &constraints);
    let (g, total) = (&plan.geometry, plan.cost().total());
    println!(
        "{} x {}: {} blocks of 18 Kbit, {} DSP, {} LUT, {} cycles an image",
        g.rows,
        g.cols,
        total.ram18(),
        total.dsp,
        total.lut,
        plan.timing().interval
    );
    assert!(g.store().is_coded() && net.classes() == 1000);
    let taken = total.ram18() + plan.board.link_bram18();
    assert!(taken + SPARE <= device.bram18, "{taken} of {}", device.bram18);
    assert!(total.lut <= most_lut && total.dsp <= device.dsp);
    assert!(plan.timing().interval <= MOST_CYCLES, "{} cycles", plan.timing().interval);

    let images: Vec<_> = photographs.iter().map(|image| net.encode(image).unwrap()).collect();
    let golden = Golden::new(&net).unwrap();
    let golden: Vec<_> = images.iter().map(|image| golden.trace(image).unwrap()).collect();
    for stalls in [Stalls::default(), Stalls { seed: 5, source_percent: 20, sink_percent: 30 }] {
        let (tree, design) = compose(&plan).unwrap();
        let mut tree = Tree::new(tree).unwrap();
        let tools = Toolchain::locate(&workspace()).unwrap();
        let cache = workspace().join("target/verilator");
        let mut verilog = Verilog::new(&tools, &design, tree.pins(), Effort::Full, &cache).unwrap();
        let case = Case { plan: &plan, images: &images, golden: &golden, stalls };
        let verdict = verify(&case, &mut [&mut tree, &mut verilog], &mut |_, _| true).unwrap();
        assert_eq!((verdict.ends.len(), verdict.checksums), (PHOTOGRAPHS, PHOTOGRAPHS * plan.layers.len()));
        println!("{PHOTOGRAPHS} photographs, {} cycles compared", verdict.cycles);
        if stalls.source_percent == 0 {
            assert_eq!(verdict.ends[1] - verdict.ends[0], plan.timing().interval);
            assert_eq!(verdict.ends[0] - verdict.first_in + 1, plan.timing().latency);
        }
    }
}

/// The array waits for codes no more than for bytes.
#[test]
fn codes_take_the_cycles_of_bytes() {
    let Some(data) = data() else { return };
    let (net, _) = network(&data, 6);
    let with = |store| {
        let (rows, cols) = (Some(28), Some(16));
        planned(&net, NEXYS_VIDEO, &Constraints { rows, cols, store: Some(store), ..Constraints::default() })
    };
    let (bytes, codes) = (with(StoreChoice::Bytes), with(StoreChoice::Codes));
    let cycles = [&bytes, &codes].map(|plan| plan.timing().interval);
    let columns = codes.geometry.cols;
    let logic = codes.geometry.store().logic(&codes.geometry);
    println!(
        "28 x 16: {} cycles as bytes, {} as codes; {} and {} blocks of 18 Kbit; about {} LUT and {} FF a column",
        cycles[0],
        cycles[1],
        bytes.ram18(),
        codes.ram18(),
        logic.lut / columns,
        logic.ff / columns
    );
    assert!(cycles[0].abs_diff(cycles[1]) * 200 <= cycles[0], "{cycles:?}");
    assert!(codes.ram18() < bytes.ram18());
}

/// Some shapes fit only with line buffers that leave block RAM to their tables: the search finds them as well as a plan for that shape.
#[test]
fn no_array_that_is_asked_for_is_faster_by_more_than_a_smaller_one_may_be_slower() {
    let Some(data) = data() else { return };
    let (net, _) = network(&data, 6);
    let device = Board::parse(PYNQ_Z2).unwrap().device;
    let constraints = Constraints {
        max_dsp: Some(device.dsp),
        max_lut: Some(device.lut * 9 / 10),
        max_bram18: Some(device.bram18 - 2 * SPARE_BLOCKS),
        ..Constraints::default()
    };
    let found = planned(&net, PYNQ_Z2, &constraints);
    let asked = planned(&net, PYNQ_Z2, &Constraints { rows: Some(17), cols: Some(32), ..constraints });
    let [found, asked] = [found, asked].map(|plan| plan.timing().interval);
    assert!(found <= asked + asked / FRUGAL, "{found} cycles, {asked} on 17 x 32");
}

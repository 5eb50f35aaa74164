//! Yosys on whole designs for Xilinx 7: block RAMs and multipliers as many as the plan says, LUT and FF beside its estimate.

use std::path::{Path, PathBuf};
use systole_machine::report::CostLine;
use systole_machine::{Board, Plan};
use systole_model::quantize::{quantize, QuantizeOptions, WeightFormats};
use systole_model::{load, LoadOptions, Preprocess};
use systole_net::{Image, Net};
use systole_plan::{plan, Constraints, WeightChoice};
use systole_rtl::compose;
use systole_suite::yosys::{synthesise, Cells, Synthesis};

/// Photographs that choose the scales; the counts depend little on them.
const CALIBRATION: usize = 8;
/// What the estimates of LUT and FF may be off, in percent of the whole design.
const TOLERANCE: usize = 10;
const TINY: &str = include_str!("../../../constraints/tiny.toml");
const PYNQ_Z2: &str = include_str!("../../../constraints/pynq-z2.toml");
const NEXYS_VIDEO: &str = include_str!("../../../constraints/nexys-video.toml");

fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The first images of a folder, by name.
fn images(folder: &Path) -> Vec<Image> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "png"));
    files.sort();
    let read = |file: &PathBuf| {
        let rgb = image::open(file).unwrap().to_rgb8();
        Image { height: rgb.height() as usize, width: rgb.width() as usize, rgb: rgb.into_raw() }
    };
    files.iter().take(CALIBRATION).map(read).collect()
}

fn network(model: &Path, calibration: &Path, preprocess: &Preprocess) -> Net {
    let graph = load(model, &LoadOptions::default()).unwrap();
    quantize(&graph, preprocess, &images(calibration), &Default::default(), &mut |_| ()).unwrap().0
}

/// SqueezeNet v1.1 from the test data beside the repository; says loudly when it is not there.
fn squeezenet() -> Option<Net> {
    let data = workspace().join("../shared/data");
    if !data.exists() {
        println!("SKIPPED: ../shared/data is absent");
        return None;
    }
    let model = data.join("models/v1.1/squeezenet_v1.1.onnx");
    Some(network(&model, &data.join("dev/images"), &Preprocess::caffe()))
}

fn planned(net: &Net, board: &str) -> Plan {
    plan(net, &Board::parse(board).unwrap(), &Constraints::default()).unwrap()
}

fn of_plan(line: &CostLine) -> Cells {
    Cells { ramb18: line.bram18, ramb36: line.bram36, dsp: line.dsp, lut: line.lut, ff: line.ff }
}

fn print(module: &str, found: &Cells, wanted: &Cells) {
    println!(
        "{module:12} RAMB36 {:4} = {:4}  RAMB18 {:4} = {:4}  DSP {:4} = {:4}  LUT {:6} ~ {:6}  FF {:6} ~ {:6}",
        found.ramb36,
        wanted.ramb36,
        found.ramb18,
        wanted.ramb18,
        found.dsp,
        wanted.dsp,
        found.lut,
        wanted.lut,
        found.ff,
        wanted.ff
    );
}

fn within(what: &str, found: usize, estimate: usize) {
    let off = found.abs_diff(estimate) * 100;
    assert!(off <= TOLERANCE * found, "{what}: Yosys {found}, the plan estimates {estimate}");
}

/// The counts of every part of the machine, Yosys' against the plan's; those of the whole design.
fn compare(plan: &Plan) -> Cells {
    let g = &plan.geometry;
    println!("{} on {}, {}x{}: Yosys = plan (exact), ~ plan (estimate)", plan.network, plan.board.name, g.rows, g.cols);
    let design = compose(plan).unwrap().design;
    let began = std::time::Instant::now();
    let Synthesis { total, parts } = synthesise(&workspace().join("tools/yosys"), &design);
    for line in &plan.cost().lines {
        print(&line.module, parts.get(&line.module).unwrap_or(&Cells::default()), &of_plan(line));
    }
    let wanted = of_plan(&plan.cost().total());
    print("total", &total, &wanted);
    println!("Yosys took {:?}", began.elapsed());
    for line in &plan.cost().lines {
        let found = parts.get(&line.module).unwrap_or_else(|| panic!("the design has no part {}", line.module));
        assert_eq!(found.blocks(), of_plan(line).blocks(), "{}: RAMB36, RAMB18, DSP", line.module);
    }
    assert_eq!(total.blocks(), wanted.blocks(), "RAMB36, RAMB18, DSP of the whole design");
    assert_eq!(plan.cost().lines.len(), parts.len(), "every part has a line of cost: {:?}", parts.keys());
    within("LUT", total.lut, wanted.lut);
    within("FF", total.ff, wanted.ff);
    total
}

#[test]
fn demo_on_the_tiny_board_with_a_table_in_luts() {
    let demo = workspace().join("host/demo");
    let net = network(&demo.join("digits.onnx"), &demo.join("calibration"), &Preprocess::grey());
    let plain = planned(&net, TINY);
    let (rows, cols) = (Some(plain.geometry.rows), Some(plain.geometry.cols));
    let constraints = Constraints { rows, cols, max_bram18: Some(plain.ram18() - 1), ..Constraints::default() };
    let short = plan(&net, &Board::parse(TINY).unwrap(), &constraints).unwrap();
    assert!(plain.lut_tables.is_empty() && !short.lut_tables.is_empty(), "{:?}", short.lut_tables);
    compare(&short);
}

/// The loader, and memories that are written.
#[test]
#[ignore = "takes a minute; `make synth` runs it, and `--test datapath_synthesis` checks the store alone"]
fn demo_with_its_weights_loaded() {
    let demo = workspace().join("host/demo");
    let net = network(&demo.join("digits.onnx"), &demo.join("calibration"), &Preprocess::grey());
    let board = Board::parse(TINY).unwrap();
    let constraints = Constraints { rows: Some(4), weights: Some(WeightChoice::Loaded), ..Constraints::default() };
    compare(&plan(&net, &board, &constraints).unwrap());
}

/// Deep Compression's network in codes of 64 values fills an XC7Z020: the block RAM of both ports' stacks, pairs in LUTs.
#[test]
#[ignore = "takes many minutes; `make synth` runs it"]
fn deep_compression_in_an_xc7z020() {
    let data = workspace().join("../shared/data");
    if !data.exists() {
        println!("SKIPPED: ../shared/data is absent");
        return;
    }
    let graph =
        load(&data.join("models/deep_compression/squeezenet_dc_decoded.onnx"), &LoadOptions::default()).unwrap();
    let weights = WeightFormats { all: "codebook:6".parse().unwrap(), ..WeightFormats::default() };
    let options = QuantizeOptions { weights, ..QuantizeOptions::default() };
    let calibration = images(&data.join("dev/images"));
    let net = quantize(&graph, &Preprocess::caffe(), &calibration, &options, &mut |_| ()).unwrap().0;
    let board = Board::parse(PYNQ_Z2).unwrap();
    let constraints = Constraints { max_lut: Some(board.device.lut * 85 / 100), ..Constraints::filled(&board) };
    let plan = plan(&net, &board, &constraints).unwrap();
    let found = compare(&plan);
    assert!(found.dsp <= board.device.dsp && found.lut <= board.device.lut && found.ff <= board.device.ff, "{found:?}");
}

/// An XC7Z020 has the multipliers and LUTs for v1.1 but not the block RAM, which is assumed.
#[test]
#[ignore = "takes minutes; `make synth` runs it"]
fn v1_1_within_the_logic_of_an_xc7z020() {
    let Some(net) = squeezenet() else { return };
    let board = Board::parse(PYNQ_Z2).unwrap();
    let plan = plan(&net, &board, &Constraints { assume_ram: true, ..Constraints::filled(&board) }).unwrap();
    assert!(plan.ram_assumed() && plan.timing().interval < 950_000, "{} cycles", plan.timing().interval);
    let found = compare(&plan);
    assert!(found.dsp <= board.device.dsp && found.lut <= board.device.lut && found.ff <= board.device.ff, "{found:?}");
}

#[test]
#[ignore = "takes a quarter of an hour; `make synth` runs it"]
fn v1_1_on_nexys_video() {
    let Some(net) = squeezenet() else { return };
    compare(&planned(&net, NEXYS_VIDEO));
}

//! SqueezeNet v1.1 at its full size: three photographs back to back with random pauses, golden = simulator = Verilog.

use std::path::{Path, PathBuf};
use systole_golden::Golden;
use systole_model::{load, quantize::quantize, LoadOptions, Preprocess};
use systole_net::{Engine, Image, Net};
use systole_plan::{plan, Board, Wishes};
use systole_suite::core::compose;
use systole_suite::source::Stalls;
use systole_suite::{verify, Case, Core, Tree, Verilog};
use systole_verilator::{Effort, Toolchain};

/// Photographs that calibrate, and that are then run; no image does both.
const CALIBRATION: usize = 24;
const IMAGES: usize = 3;

fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The test data beside the repository; says loudly when it is not there.
fn data() -> Option<PathBuf> {
    let folder = workspace().join("../shared/data");
    if folder.exists() {
        return Some(folder);
    }
    println!("SKIPPED: ../shared/data is absent");
    None
}

fn photographs(data: &Path) -> Vec<Image> {
    let read = |i: usize| {
        let file = data.join(format!("dev/images/dev_{i:03}.png"));
        let rgb = image::open(file).unwrap().to_rgb8();
        Image { height: rgb.height() as usize, width: rgb.width() as usize, rgb: rgb.into_raw() }
    };
    (0..CALIBRATION + IMAGES).map(read).collect()
}

fn network(data: &Path, calibration: &[Image]) -> Net {
    let model = data.join("models/v1.1/squeezenet_v1.1.onnx");
    let graph = load(&model, &LoadOptions::default()).unwrap();
    quantize(&graph, &Preprocess::caffe(), calibration, &Default::default(), &mut |_| ()).unwrap().0
}

#[test]
fn v1_1_three_photographs_on_every_engine() {
    let Some(data) = data() else { return };
    let photographs = photographs(&data);
    let net = network(&data, &photographs[..CALIBRATION]);
    let board = Board::parse(include_str!("../../../constraints/nexys-video.toml")).unwrap();
    let plan = plan(&net, &board, &Wishes::default()).unwrap();
    let images: Vec<_> = photographs[CALIBRATION..].iter().map(|i| net.encode(i).unwrap()).collect();
    let mut golden = Golden::new(&net).unwrap();
    let traces: Vec<_> = images.iter().map(|i| golden.run(i).unwrap()).collect();
    let (tree, design) = compose(&plan).unwrap();
    let mut tree = Tree::new(tree).unwrap();
    let tools = Toolchain::locate(&workspace()).unwrap();
    let pins = tree.pins().to_vec();
    let cache = workspace().join("target/verilator");
    let mut verilog = Verilog::new(&tools, &design, &pins, Effort::Full, &cache).unwrap();
    let stalls = Stalls { seed: 11, source_percent: 20, sink_percent: 30 };
    let case = Case { plan: &plan, images: &images, golden: &traces, stalls };
    let began = std::time::Instant::now();
    let verdict = verify(&case, &mut [&mut tree, &mut verilog], &mut |cycle, results| {
        if cycle % (1 << 18) == 0 {
            println!("{cycle} cycles, {results} results, {:?}", began.elapsed());
        }
        true
    })
    .unwrap();
    println!("{verdict:?}");
    assert_eq!(verdict.ends.len(), IMAGES);
    assert_eq!(verdict.checksums, IMAGES * plan.layers.len());
    let macs = plan.timing.macs as f64;
    let measured = macs / (verdict.interval().unwrap() as f64 * plan.geometry.macs_per_cycle() as f64);
    println!(
        "{}x{}: plan {:.2} % in {} cycles, Verilator {:.2} % in {} cycles with pauses",
        plan.geometry.rows,
        plan.geometry.cols,
        100.0 * plan.timing.utilisation,
        plan.timing.interval,
        100.0 * measured,
        verdict.interval().unwrap()
    );
}

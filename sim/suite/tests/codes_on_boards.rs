//! SqueezeNet v1.1 in codes of few bits on the boards that hold it so: a photograph of its full size on every engine, and what the codes
//! cost beside floating point.

use std::path::Path;
use systole_golden::Golden;
use systole_lockstep::core::compose;
use systole_lockstep::source::Stalls;
use systole_lockstep::{verify, Case, Core, Tree, Verilog};
use systole_machine::Board;
use systole_model::quantize::{quantize, QuantizeOptions, WeightFormats};
use systole_model::{float, load, Graph, LoadOptions, Op, Preprocess};
use systole_net::{Image, Net};
use systole_plan::{plan, Constraints};
use systole_suite::photographs::{data, photographs, workspace};
use systole_verilator::{Effort, Toolchain};

/// Photographs that calibrate, and those behind them that are answered in floating point and in integers.
const CALIBRATION: usize = 40;
const JUDGED: usize = 60;
/// Of the 1000 classes, every so manieth is one of ten.
const EVERY: usize = 100;
const MODEL: &str = "models/v1.1/squeezenet_v1.1.onnx";
const PYNQ_Z2: &str = include_str!("../../../constraints/pynq-z2.toml");
const ARTY_A7: &str = include_str!("../../../constraints/arty-a7-100t.toml");
const NEXYS_VIDEO: &str = include_str!("../../../constraints/nexys-video.toml");
const ULTRA96: &str = include_str!("../../../constraints/ultra96v2.toml");
/// What the plan's estimate may fill of LUTs, in percent, where a part is filled.
const LUT_PERCENT: usize = 85;

fn filled(board: &str) -> Constraints {
    let device = Board::parse(board).unwrap().device;
    Constraints { max_dsp: Some(device.dsp), max_lut: Some(LUT_PERCENT * device.lut / 100), ..Constraints::default() }
}

/// The network with ten of its classes: its last convolution without the channels of the others.
fn ten_classes(mut graph: Graph) -> Graph {
    for node in graph.nodes.iter_mut().filter(|node| node.shape[0] == 1000) {
        node.shape[0] /= EVERY;
        if let Op::Conv { out_channels, weights, bias, .. } = &mut node.op {
            let each = weights.len() / *out_channels;
            *weights = weights.chunks(each).step_by(EVERY).flatten().copied().collect();
            *bias = bias.iter().step_by(EVERY).copied().collect();
            *out_channels = bias.len();
        }
    }
    graph
}

fn quantized(graph: &Graph, images: &[Image], bits: u32) -> Net {
    let all = format!("codebook:{bits}").parse().unwrap();
    let weights = WeightFormats { all, ..WeightFormats::default() };
    let options = QuantizeOptions { weights, ..QuantizeOptions::default() };
    quantize(graph, &Preprocess::caffe(), images, &options, &mut |_| ()).unwrap().0
}

fn network(data: &Path, classes: usize) -> Graph {
    let graph = load(&data.join(MODEL), &LoadOptions::default()).unwrap();
    if classes == 1000 {
        graph
    } else {
        ten_classes(graph)
    }
}

/// Plans the network in codes of `bits`, and holds a photograph that did not calibrate it against golden on simulator and Verilog.
fn agrees(classes: usize, bits: u32, board: &str, constraints: &Constraints) {
    let Some(data) = data() else { return };
    let graph = network(&data, classes);
    let mut images = photographs(&data, CALIBRATION + 1);
    let photograph = images.pop().unwrap();
    let net = quantized(&graph, &images, bits);
    let board = Board::parse(board).unwrap();
    let plan = plan(&net, &board, constraints).unwrap();
    let (g, total) = (&plan.geometry, plan.cost().total());
    assert!(g.store().is_coded() && net.classes() == classes);
    println!(
        "v1.1, {classes} classes, codes of {bits} bits on {}: {} x {}, {} blocks of 18 Kbit of {}, {} DSP, {} LUT, {} cycles an image",
        board.name,
        g.rows,
        g.cols,
        total.ram18(),
        board.device.bram18,
        total.dsp,
        total.lut,
        plan.timing().interval
    );
    assert!(total.ram18() <= board.free_bram18());

    let image = [net.encode(&photograph).unwrap()];
    let golden = [Golden::new(&net).unwrap().trace(&image[0]).unwrap()];
    let (tree, design) = compose(&plan).unwrap();
    let mut tree = Tree::new(tree).unwrap();
    let tools = Toolchain::locate(&workspace()).unwrap();
    let mut verilog =
        Verilog::new(&tools, &design, tree.pins(), Effort::Full, &workspace().join("target/verilator")).unwrap();
    let case = Case { plan: &plan, images: &image, golden: &golden, stalls: Stalls::default() };
    let verdict = verify(&case, &mut [&mut tree, &mut verilog], &mut |_, _| true).unwrap();
    assert_eq!((verdict.ends.len(), verdict.checksums), (1, plan.layers.len()));
    println!("{} checksums and all scores agree, {} cycles compared", verdict.checksums, verdict.cycles);
}

#[test]
#[ignore = "takes many minutes; `make lockstep` runs it"]
fn six_bits_in_less_than_230_blocks_of_a_nexys_video() {
    agrees(1000, 6, NEXYS_VIDEO, &Constraints { max_bram18: Some(2 * 230 - 1), ..Constraints::default() });
}

#[test]
#[ignore = "takes many minutes; `make lockstep` runs it"]
fn five_bits_in_an_xczu3eg() {
    agrees(1000, 5, ULTRA96, &Constraints::default());
}

#[test]
#[ignore = "takes many minutes; `make lockstep` runs it"]
fn three_bits_in_an_xc7z020() {
    agrees(1000, 3, PYNQ_Z2, &filled(PYNQ_Z2));
}

#[test]
#[ignore = "takes many minutes; `make lockstep` runs it"]
fn ten_classes_of_five_bits_on_an_xc7z020_and_an_xc7a100t() {
    for board in [PYNQ_Z2, ARTY_A7] {
        agrees(10, 5, board, &Constraints::default());
    }
}

#[test]
#[ignore = "takes many minutes; `make lockstep` runs it"]
fn ten_classes_of_six_bits_on_an_xc7z020_and_an_xc7a100t() {
    for board in [PYNQ_Z2, ARTY_A7] {
        agrees(10, 6, board, &Constraints::default());
    }
}

/// What ten classes lose: photographs that did not calibrate, whose best class of the ten is floating point's.
#[test]
#[ignore = "takes minutes; `make lockstep` runs it"]
fn ten_classes_lose_little() {
    let Some(data) = data() else { return };
    let graph = network(&data, 10);
    let mut images = photographs(&data, CALIBRATION + JUDGED);
    let judged = images.split_off(CALIBRATION);
    let preprocess = Preprocess::caffe();
    let float = |image: &Image| -> Vec<f64> {
        let node_0 = graph.image.node_0(&preprocess.apply(image).unwrap());
        let scores = float::run(&graph, &node_0).unwrap().pop().unwrap();
        scores.into_iter().map(f64::from).collect()
    };
    let wanted: Vec<Vec<f64>> = judged.iter().map(float).collect();
    for (bits, least) in [(6, JUDGED - 3), (5, JUDGED - 6)] {
        let net = quantized(&graph, &images, bits);
        let golden = Golden::new(&net).unwrap();
        let (mut same, mut noise, mut signal) = (0, 0.0, 0.0);
        for (image, wanted) in judged.iter().zip(&wanted) {
            let sums = golden.trace(&net.encode(image).unwrap()).unwrap().sums;
            let scores = net.scores(&sums).unwrap();
            same += usize::from(best(&scores) == best(wanted));
            noise += scores.iter().zip(wanted).map(|(s, w)| (s - w).powi(2)).sum::<f64>();
            signal += wanted.iter().map(|w| w * w).sum::<f64>();
        }
        let error = (noise / signal).sqrt();
        println!(
            "ten classes, codes of {bits} bits: best class as in float on {same} of {JUDGED}, score error {:.2} %",
            100.0 * error
        );
        assert!(same >= least, "{same} of {JUDGED}");
    }
}

/// Index of the largest score, the first of equals.
fn best(scores: &[f64]) -> usize {
    (0..scores.len()).reduce(|best, i| if scores[i] > scores[best] { i } else { best }).unwrap()
}

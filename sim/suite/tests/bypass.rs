//! The bypass networks of the SqueezeNet paper, small, on every engine: golden = simulator = Verilog.

use std::path::PathBuf;
use systole_golden::Golden;
use systole_model::squeezenet::{Bypass, DesignSpace, Version};
use systole_model::{quantize::quantize, Preprocess};
use systole_net::{Image, LayerKind, Net};
use systole_plan::planner::plan_shape;
use systole_plan::Board;
use systole_suite::core::compose;
use systole_suite::source::Stalls;
use systole_suite::{verify, Case, Core, Tree, Verilog};
use systole_verilator::{Effort, Toolchain};

const SIZE: usize = 64;
const IMAGES: usize = 2;

/// The released topology with an eighth of its filters.
fn design(version: Version, bypass: Bypass) -> DesignSpace {
    DesignSpace { base: 16, incr: 16, classes: 10, input: SIZE, bypass, ..DesignSpace::released(version) }
}

/// Blocks of changing colours, another picture for each seed.
fn picture(seed: usize) -> Image {
    let byte = |at: usize| {
        let (colour, x, y) = (at % 3, at / 3 % SIZE, at / 3 / SIZE);
        ((x / 5 + seed) * (y / 7 + 3) * 37 + colour * 71 + x * y / (seed + 1)) as u8
    };
    Image { height: SIZE, width: SIZE, rgb: (0..3 * SIZE * SIZE).map(byte).collect() }
}

fn network(design: &DesignSpace) -> Net {
    let graph = design.graph(7).unwrap();
    let calibration: Vec<Image> = (10..14).map(picture).collect();
    quantize(&graph, &Preprocess::caffe(), &calibration, &Default::default(), &mut |_| ()).unwrap().0
}

/// Layers that add, and those of them that add a signed map.
fn additions(net: &Net) -> (usize, usize) {
    let kept = net.layers.iter().filter_map(|l| match &l.kind {
        LayerKind::Conv(c) => c.residual.as_ref().map(|r| net.tensors[r.tensor].signed),
        LayerKind::Pool(_) => None,
    });
    kept.fold((0, 0), |(all, signed), s| (all + 1, signed + usize::from(s)))
}

fn agrees(net: &Net, rows: usize, cols: usize) {
    let board = Board::parse(include_str!("../../../constraints/tiny.toml")).unwrap();
    let plan = plan_shape(net, &board, rows, cols, 1, 2).unwrap();
    let golden = Golden::new(net).unwrap();
    let images: Vec<_> = (0..IMAGES).map(|seed| net.encode(&picture(seed)).unwrap()).collect();
    let traces: Vec<_> = images.iter().map(|i| golden.trace(i).unwrap()).collect();
    let (tree, design) = compose(&plan).unwrap();
    let mut tree = Tree::new(tree).unwrap();
    let workspace = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let tools = Toolchain::locate(&workspace).unwrap();
    let pins = tree.pins().to_vec();
    let mut verilog = Verilog::new(&tools, &design, &pins, Effort::Quick, &workspace.join("target/verilator")).unwrap();
    let stalls = Stalls { seed: 5, source_percent: 10, sink_percent: 10 };
    let case = Case { plan: &plan, images: &images, golden: &traces, stalls };
    let verdict = verify(&case, &mut [&mut tree, &mut verilog], &mut |_, _| true).unwrap();
    println!("{} at {rows}x{cols}: {} cycles, {} checksums agree", net.name, verdict.cycles, verdict.checksums);
    assert_eq!(verdict.ends.len(), IMAGES);
    assert_eq!(verdict.checksums, IMAGES * plan.layers.len());
}

#[test]
fn simple_bypass_agrees_on_every_engine() {
    let net = network(&design(Version::V1_0, Bypass::Simple));
    assert_eq!(additions(&net), (8, 0));
    agrees(&net, 9, 8);
}

#[test]
fn complex_bypass_agrees_on_every_engine() {
    let net = network(&design(Version::V1_1, Bypass::Complex));
    assert_eq!(additions(&net), (16, 16));
    agrees(&net, 6, 8);
}

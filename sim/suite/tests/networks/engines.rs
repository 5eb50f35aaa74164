//! One network on every engine, and what it takes to make one.

use std::path::PathBuf;
use systole_golden::Golden;
use systole_lockstep::core::compose;
use systole_lockstep::source::Stalls;
use systole_lockstep::{verify, Case, Core, Tree, Verilog};
use systole_machine::Board;
use systole_model::squeezenet::{DesignSpace, Version};
use systole_model::{quantize::quantize, Graph, Preprocess};
use systole_net::{Image, Net};
use systole_plan::planner::plan_shape;
use systole_plan::Spare;
use systole_verilator::{Effort, Toolchain};

const IMAGES: usize = 2;
/// Pixels of an image's side from which on one image calibrates.
const LARGE: usize = 64;

/// A device of no particular size.
pub fn board() -> Board {
    Board::parse(include_str!("../../../../constraints/tiny.toml")).unwrap()
}

/// The released topology with an eighth of its filters.
pub fn design(version: Version) -> DesignSpace {
    DesignSpace { base: 16, incr: 16, classes: 10, input: 64, ..DesignSpace::released(version) }
}

/// Blocks of changing colours, another picture for each seed.
fn picture(size: usize, seed: usize) -> Image {
    let byte = |at: usize| {
        let (colour, x, y) = (at % 3, at / 3 % size, at / 3 / size);
        ((x / 5 + seed) * (y / 7 + 3) * 37 + colour * 71 + x * y / (seed + 1)) as u8
    };
    Image { height: size, width: size, rgb: (0..3 * size * size).map(byte).collect() }
}

pub fn network(graph: &Graph, preprocess: &Preprocess) -> Net {
    let size = graph.nodes[0].shape[1];
    let images = if size > LARGE { 1 } else { 4 };
    calibrated(graph, preprocess, &(10..10 + images).map(|seed| picture(size, seed)).collect::<Vec<_>>())
}

pub fn calibrated(graph: &Graph, preprocess: &Preprocess, images: &[Image]) -> Net {
    quantize(graph, preprocess, images, &Default::default(), &mut |_| ()).unwrap().0
}

/// Fails at the first pin, checksum or score that differs, with pauses on both streams.
pub fn agrees(net: &Net, rows: usize, cols: usize) {
    let plan = plan_shape(net, &board(), rows, cols, Spare { slack: 1, overlaid: 2 }).unwrap();
    let golden = Golden::new(net).unwrap();
    let size = net.tensors[Net::INPUT].height;
    let images: Vec<_> = (0..IMAGES).map(|seed| net.encode(&picture(size, seed)).unwrap()).collect();
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

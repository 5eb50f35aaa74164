//! Poolings and convolutions in any number: whichever of them needs more bits, the machine is composed and right.

use std::path::PathBuf;
use systole_golden::Golden;
use systole_lockstep::core::compose;
use systole_lockstep::source::Stalls;
use systole_lockstep::{verify, Case, Core, Tree, Verilog};
use systole_machine::{Board, Plan};
use systole_net::random::random_image;
use systole_net::repeated::pooled;
use systole_net::Net;
use systole_plan::planner::plan_shape;
use systole_plan::Spare;
use systole_verilator::{Effort, Toolchain};

const IMAGES: u64 = 3;

fn planned(convolutions: usize, poolings: usize) -> (Net, Plan) {
    let board = Board::parse(include_str!("../../../constraints/tiny.toml")).unwrap();
    let net = pooled(convolutions, poolings);
    let plan = plan_shape(&net, &board, 4, 3, Spare { slack: 1, overlaid: 2 }).unwrap();
    (net, plan)
}

#[test]
fn poolings_and_convolutions_of_any_number_are_composed() {
    for convolutions in 2..=9 {
        for poolings in 0..=9 {
            let (_, plan) = planned(convolutions, poolings);
            let composed = compose(&plan);
            assert!(composed.is_ok(), "{convolutions} convolutions, {poolings} poolings: {:?}", composed.err());
        }
    }
}

#[test]
fn more_poolings_than_convolutions_agree_on_every_engine() {
    for (convolutions, poolings, verilog) in [(2, 3, true), (3, 5, false), (2, 9, false)] {
        let (net, plan) = planned(convolutions, poolings);
        let images: Vec<_> = (0..IMAGES).map(|seed| random_image(&net, seed)).collect();
        let golden = Golden::new(&net).unwrap();
        let golden: Vec<_> = images.iter().map(|image| golden.trace(image).unwrap()).collect();
        let (tree, design) = compose(&plan).unwrap();
        let mut tree = Tree::new(tree).unwrap();
        let case = Case { plan: &plan, images: &images, golden: &golden, stalls: Stalls::default() };
        let verdict = if verilog {
            let workspace = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
            let tools = Toolchain::locate(&workspace).unwrap();
            let cache = workspace.join("target/verilator");
            let mut printed = Verilog::new(&tools, &design, tree.pins(), Effort::Quick, &cache).unwrap();
            verify(&case, &mut [&mut tree, &mut printed], &mut |_, _| true).unwrap()
        } else {
            verify(&case, &mut [&mut tree], &mut |_, _| true).unwrap()
        };
        assert_eq!(verdict.checksums, images.len() * plan.layers.len());
    }
}

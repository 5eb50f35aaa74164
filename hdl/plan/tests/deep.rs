//! Deep networks, and such with many branches: plans that exist are found.

use systole_machine::{Board, Geometry};
use systole_net::repeated::{chain, concats, diamonds};
use systole_net::Net;
use systole_plan::line_buffers::{initial, whole, Spare};
use systole_plan::planner::{order, plan_shape};
use systole_plan::{plan, Constraints};

fn tiny() -> Board {
    Board::parse(include_str!("../../../constraints/tiny.toml")).unwrap()
}

fn planned(net: &Net, board: &Board) {
    let p = plan(net, board, &Constraints::default()).unwrap_or_else(|e| panic!("{}: {e}", net.name));
    assert!(p.timing().interval > 0 && !p.ram_assumed(), "{}", net.name);
}

#[test]
fn concatenations_are_planned_at_any_depth() {
    for (modules, branches) in [(10, 2), (12, 2), (16, 2), (20, 2), (12, 3), (20, 4), (40, 2)] {
        planned(&concats(modules, branches), &tiny());
    }
    planned(&concats(12, 2), &Board { rows: None, cols: None, ..tiny() });
}

#[test]
fn deep_chains_and_additions_are_planned() {
    planned(&chain(200), &tiny());
    planned(&diamonds(60), &tiny());
}

#[test]
fn any_line_buffers_are_widened_until_there_is_an_order() {
    let (net, board) = (concats(16, 2), tiny());
    let p = plan_shape(&net, &board, 8, 8, Spare::NONE).unwrap();
    let low = systole_plan::lower::Lowered::new(&net, 8).unwrap();
    let g = Geometry { act_depth: 0, ..p.geometry.clone() };
    let (buffers, ops) = order(&low, &g, initial(&low, Spare::NONE)).unwrap();
    let all: usize = low.streams.iter().map(|s| s.ops).sum();
    assert_eq!(ops.ops.len(), all);
    assert!(buffers.slots.iter().zip(&low.maps).any(|(&slots, map)| slots < map.tiles), "not all maps are held whole");
    let (_, ops) = order(&low, &g, whole(&low)).unwrap();
    assert_eq!(ops.ops.len(), all);
}

//! A tree of blocks and its own Verilog side by side, cycle by cycle, under random inputs.

use systole_cycle::TopBlock;
use systole_machine::words::mask;
use systole_net::random::Rng;
use systole_rtl::primitive::Shape;
use systole_verilator::{Model, Port, Verilated};

fn random_lanes(random: &mut Rng, shape: Shape) -> Vec<u64> {
    (0..shape.lanes).map(|_| random.bits() & mask(shape.width)).collect()
}

fn ports(model: &Model, names: &[String]) -> Vec<Port> {
    names.iter().map(|n| model.port(n).expect("the Verilog has the tree's ports")).collect()
}

fn set(model: &mut Model, port: Port, shape: Shape, lanes: &[u64]) {
    for (lane, &value) in lanes.iter().enumerate() {
        model.set_bits(port, (lane * shape.width) as u32, shape.width as u32, value);
    }
}

fn get(model: &Model, port: Port, shape: Shape) -> Vec<u64> {
    (0..shape.lanes).map(|l| model.get_bits(port, (l * shape.width) as u32, shape.width as u32)).collect()
}

/// Random inputs and, now and then, resets; every output compared before and after every edge.
pub fn run(tree: &mut TopBlock, built: &Verilated, cycles: u64, seed: u64) {
    let mut model = built.model().expect("a model");
    let (mut random, reset) = (Rng::new(seed), model.port("rst_i").expect("a reset"));
    let (inputs, outputs) = (ports(&model, &tree.inputs.names), ports(&model, &tree.outputs.names));
    for cycle in 0..cycles {
        for (at, &port) in inputs.iter().enumerate() {
            let shape = tree.inputs.shapes[at];
            let lanes = random_lanes(&mut random, shape);
            tree.set(at, &lanes);
            set(&mut model, port, shape, &lanes);
        }
        let rst = cycle < 2 || random.one_in(64);
        model.set(reset, rst.into());
        tree.settle().expect("no loop");
        model.eval();
        if cycle >= 2 {
            compare(tree, &model, &outputs, cycle);
        }
        tree.tick(rst).expect("no loop");
        model.tick();
    }
}

fn compare(tree: &TopBlock, model: &Model, outputs: &[Port], cycle: u64) {
    for (at, &port) in outputs.iter().enumerate() {
        let verilog = get(model, port, tree.outputs.shapes[at]);
        assert_eq!(tree.get(at), verilog, "cycle {cycle}, output {} (left: tree)", tree.outputs.names[at]);
    }
}

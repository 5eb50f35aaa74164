//! The waveform has the Verilog's names, and the values that Verilator writes.

use crate::demo;
use crate::tools::{cache, spec, tools};
use crate::vcd::read;
use systole_cycle::block::{TopBlock, Trace};
use systole_machine::words::mask;
use systole_net::random::Rng;
use systole_rtl::Design;
use systole_verilator::Verilated;

#[test]
fn waves_are_those_of_verilator() {
    let composed = demo::outer().build().unwrap();
    let design = Design::new(&composed, Vec::new()).unwrap();
    let mut tree = TopBlock::new(composed);
    let built = Verilated::build(&tools(), &spec(&design).trace(true), cache()).unwrap();
    let mut model = built.model().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("waves.vcd");
    let (mut ours, mut random) = (Vec::new(), Rng::new(99));
    tree.settle().unwrap();
    let mut trace = Trace::new(&mut ours, "demo_outer", &tree).unwrap();
    model.trace_open(&path).unwrap();
    for cycle in 0..40 {
        for at in 0..tree.inputs.names.len() {
            let shape = tree.inputs.shapes[at];
            let lanes: Vec<u64> = (0..shape.lanes).map(|_| random.bits() & mask(shape.width)).collect();
            let port = model.port(&tree.inputs.names[at]).unwrap();
            for (lane, &value) in lanes.iter().enumerate() {
                model.set_bits(port, (lane * shape.width) as u32, shape.width as u32, value);
            }
            tree.set(at, &lanes);
        }
        model.poke("rst_i", u64::from(cycle < 2)).unwrap();
        tree.tick_traced(cycle < 2, cycle, &mut trace).unwrap();
        model.tick();
    }
    model.trace_close();
    let ours = read("demo_outer", std::str::from_utf8(&ours).unwrap());
    let theirs = read("demo_outer", &std::fs::read_to_string(path).unwrap());
    for name in ["demo_outer.core_word", "demo_outer.core.count_now", "demo_outer.core.hold.data_o", "demo_outer.clk_i"]
    {
        assert!(ours.contains_key(name), "{name}");
    }
    for (name, changes) in &ours {
        assert_eq!(Some(changes), theirs.get(name), "{name} (left: tree)");
    }
}

//! The waveform has the Verilog's names, and the values that Verilator writes.

use crate::demo;
use crate::lockstep::{cache, spec, tools, Random};
use std::collections::BTreeMap;
use systole_rtl::block::{mask, Trace};
use systole_rtl::Design;
use systole_verilator::Verilated;

/// Time -> path of the signal (below the top module) -> value, of every change.
type Changes = BTreeMap<String, Vec<(u64, String)>>;

/// Reads as much VCD as both writers print.
fn read(text: &str) -> Changes {
    let (mut scopes, mut names, mut changes, mut time) = (Vec::new(), BTreeMap::new(), Changes::new(), 0);
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["$scope", _, name, ..] => scopes.push(name.to_string()),
            ["$upscope", ..] => drop(scopes.pop()),
            ["$var", _, _, code, name, ..] => {
                let path = scopes.iter().skip_while(|s| *s != "demo_outer").cloned().collect::<Vec<_>>().join(".");
                names.entry(code.to_string()).or_insert_with(Vec::new).push(format!("{path}.{name}"));
            }
            [stamp] if stamp.starts_with('#') => time = stamp[1..].parse().unwrap(),
            [vector, code] if vector.starts_with('b') => note(&mut changes, &names, code, time, &vector[1..]),
            [scalar] if scalar.starts_with(['0', '1']) => note(&mut changes, &names, &scalar[1..], time, &scalar[..1]),
            _ => (),
        }
    }
    changes
}

fn note(changes: &mut Changes, names: &BTreeMap<String, Vec<String>>, code: &str, time: u64, value: &str) {
    let digits = value.trim_start_matches('0').to_string();
    for name in &names[code] {
        let list: &mut Vec<(u64, String)> = changes.entry(name.clone()).or_default();
        if list.last().map(|l| &l.1) != Some(&digits) {
            list.push((time, digits.clone()));
        }
    }
}

#[test]
fn waves_are_those_of_verilator() {
    let mut tree = demo::outer().build().unwrap();
    let design = Design::new(&tree, Vec::new()).unwrap();
    let built = Verilated::build(&tools(), &spec(&design).trace(true), cache()).unwrap();
    let mut model = built.model().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("waves.vcd");
    let (mut ours, mut random) = (Vec::new(), Random(99));
    tree.settle().unwrap();
    let mut trace = Trace::new(&mut ours, "demo_outer", &tree).unwrap();
    model.trace_open(&path).unwrap();
    for cycle in 0..40 {
        for at in 0..tree.inputs.names.len() {
            let shape = tree.inputs.shapes[at];
            let lanes: Vec<u64> = (0..shape.lanes).map(|_| random.next() & mask(shape.width)).collect();
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
    let (ours, theirs) = (read(std::str::from_utf8(&ours).unwrap()), read(&std::fs::read_to_string(path).unwrap()));
    for name in ["demo_outer.core_word", "demo_outer.core.count_now", "demo_outer.core.hold.data_o", "demo_outer.clk_i"]
    {
        assert!(ours.contains_key(name), "{name}");
    }
    for (name, changes) in &ours {
        assert_eq!(Some(changes), theirs.get(name), "{name} (left: tree)");
    }
}

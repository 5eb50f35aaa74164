//! The machine twice, as a tree and as Verilog, with equal inputs.

use crate::tools::{cache, spec, tools};
use crate::vcd::read;
use systole_cycle::block::{TopBlock, Trace};
use systole_rtl::top::Machine;
use systole_verilator::{Model, Port, Verilated};
use tempfile::TempDir;

const WAVES: &str = "waves.vcd";

/// Tree and Verilog with equal inputs; outputs are compared in every cycle.
pub struct Pair {
    tree: TopBlock,
    model: Model,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    reset: Port,
    cycle: u64,
    folder: TempDir,
    trace: Option<Trace<std::fs::File>>,
}

impl Pair {
    pub fn new(machine: Machine, traced: bool) -> Self {
        let Machine { composed, design, .. } = machine;
        let tree = TopBlock::new(composed);
        let images = design.images.iter().fold(spec(&design), |spec, f| spec.image(&f.name, f.bytes()));
        // Every wire is compared, also words that nobody uses, which ASSERT inverts; it is on where machines are not opened.
        let images = if traced { images.unchecked() } else { images };
        let built = Verilated::build(&tools(), &images.trace(traced), cache()).expect("it compiles");
        let port = |name: &String| built.port(name).expect("the Verilog has the tree's ports");
        let mut pair = Pair {
            model: built.model().expect("a model"),
            inputs: tree.inputs.names.iter().map(port).collect(),
            outputs: tree.outputs.names.iter().map(port).collect(),
            reset: built.port("rst_i").expect("a reset"),
            tree,
            cycle: 0,
            folder: tempfile::tempdir().expect("a folder"),
            trace: None,
        };
        for _ in 0..4 {
            pair.tick(true);
        }
        pair
    }

    pub fn set(&mut self, name: &str, value: u64) {
        let at = self.tree.input_index(name).unwrap_or_else(|| panic!("no input {name}"));
        self.tree.set(at, &[value]);
        self.model.set(self.inputs[at], value);
    }

    pub fn get(&self, name: &str) -> u64 {
        let at = self.tree.output_index(name).unwrap_or_else(|| panic!("no output {name}"));
        self.tree.get(at)[0]
    }

    /// Lets inputs act and compares all outputs, unless waves are written, which show more.
    pub fn settle(&mut self) {
        self.tree.settle().expect("no loop");
        self.model.eval();
        if self.trace.is_some() {
            return;
        }
        for (at, &port) in self.outputs.iter().enumerate() {
            let (tree, verilog) = (self.tree.get(at)[0], self.model.get(port));
            assert_eq!(tree, verilog, "cycle {}: {} (left: tree)", self.cycle, self.tree.outputs.names[at]);
        }
    }

    pub fn tick(&mut self, reset: bool) {
        self.model.set(self.reset, reset.into());
        match &mut self.trace {
            Some(trace) => self.tree.tick_traced(reset, self.cycle, trace).expect("a waveform"),
            None => self.tree.tick(reset).expect("no loop"),
        }
        self.model.tick();
        self.cycle += 1;
    }

    pub fn trace_open(&mut self) {
        let file = std::fs::File::create(self.folder.path().join("tree.vcd")).expect("a file");
        self.trace = Some(Trace::new(file, self.tree.module(), &self.tree).expect("a header"));
        self.model.trace_open(&self.folder.path().join(WAVES)).expect("a file");
    }

    /// Every signal of the tree's waveform is in Verilator's, with the same changes. The earliest difference is reported.
    pub fn compare_waves(mut self) {
        self.model.trace_close();
        self.trace = None;
        let top = self.tree.module();
        let text = |name: &str| std::fs::read_to_string(self.folder.path().join(name)).expect("a waveform");
        let (ours, theirs) = (read(top, &text("tree.vcd")), read(top, &text(WAVES)));
        let mut differences: Vec<(u64, String)> = Vec::new();
        for (name, changes) in &ours {
            let verilog = theirs.get(name).unwrap_or_else(|| panic!("the Verilog has no {name}"));
            if let Some(at) = (0..changes.len().max(verilog.len())).find(|&at| changes.get(at) != verilog.get(at)) {
                let (tree, verilog) = (changes.get(at), verilog.get(at));
                let time = tree.iter().chain(&verilog).map(|c| c.0).min().unwrap_or(0);
                differences.push((time, format!("{time} ns: {name}: tree {tree:?}, Verilog {verilog:?}")));
            }
        }
        differences.sort();
        let first: Vec<&str> = differences.iter().take(12).map(|d| d.1.as_str()).collect();
        assert!(first.is_empty(), "{} signals differ, the first ones:\n{}", differences.len(), first.join("\n"));
        assert!(ours.len() > 300, "only {} signals", ours.len());
    }
}

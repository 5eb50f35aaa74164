//! Runs Yosys on a design and counts the cells of every part of the core.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::ops::AddAssign;
use std::path::Path;
use std::process::Command;
use systole_rtl::Design;

const CORE: &str = "systole_core";
/// LUTs that a LUT RAM takes.
const LUT_RAMS: [(&str, usize); 5] = [("RAM32M", 4), ("RAM64M", 4), ("RAM32X1D", 2), ("RAM64X1D", 2), ("RAM128X1D", 4)];

/// Cells of a device. `lut` counts LUT1 to LUT6, shift registers in LUTs, and LUT RAMs by the LUTs they take; inverters, which
/// the cells behind them absorb, carries and wide multiplexers, which lie beside the LUTs, are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    pub ramb36: usize,
    pub ramb18: usize,
    pub dsp: usize,
    pub lut: usize,
    pub ff: usize,
}

impl Cells {
    /// What must be equal: RAMB36, RAMB18, DSP48E1.
    pub fn blocks(&self) -> [usize; 3] {
        [self.ramb36, self.ramb18, self.dsp]
    }

    fn of_cell(cell: &str, count: usize) -> Self {
        let mut cells = Cells::default();
        let lut_ram = LUT_RAMS.iter().find(|(name, _)| *name == cell);
        match cell {
            "RAMB36E1" => cells.ramb36 = count,
            "RAMB18E1" => cells.ramb18 = count,
            "DSP48E1" => cells.dsp = count,
            _ if cell.starts_with("FD") => cells.ff = count,
            _ if cell.starts_with("LUT") || cell.starts_with("SRL") => cells.lut = count,
            _ => cells.lut = lut_ram.map_or(0, |(_, luts)| luts * count),
        }
        assert!(lut_ram.is_some() || !cell.starts_with("RAM") || cells != Cells::default(), "a memory {cell}");
        cells
    }
}

impl AddAssign for Cells {
    fn add_assign(&mut self, other: Cells) {
        self.ramb36 += other.ramb36;
        self.ramb18 += other.ramb18;
        self.dsp += other.dsp;
        self.lut += other.lut;
        self.ff += other.ff;
    }
}

/// A synthesised design.
pub struct Synthesis {
    pub total: Cells,
    /// The core's instances and the registers, under the names of the plan's cost lines.
    pub parts: BTreeMap<String, Cells>,
}

/// Synthesises a design with its hierarchy kept, so that equal modules are synthesised once.
pub fn synthesise(yosys: &Path, design: &Design) -> Synthesis {
    let folder = tempfile::tempdir().unwrap();
    let models = &design.models;
    for file in design.files().iter().filter(|f| !models.contains(&f.name)) {
        fs::write(folder.path().join(&file.name), file.bytes()).unwrap();
    }
    let top = &design.top;
    let script = format!(
        "read_verilog -defer *.v; synth_xilinx -family xc7 -noiopad -noclkbuf -top {top}; \
         tee -q -o cells.json stat -json; tee -q -o core.txt dump {CORE}; tee -q -o top.txt dump {top}"
    );
    let run = Command::new(yosys).arg(script).current_dir(folder.path()).output().unwrap();
    assert!(run.status.success(), "{}{}", tail(&run.stdout), tail(&run.stderr));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let modules = Modules::parse(&read("cells.json"));
    let parts = [read("core.txt"), read("top.txt")].iter().flat_map(|text| parts(text, &modules)).collect();
    Synthesis { total: modules.cells(top), parts }
}

fn tail(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// Instances of a dumped module: lines `cell <type> <name>`.
fn parts(dump: &str, modules: &Modules) -> Vec<(String, Cells)> {
    let words = dump.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let instances = words.filter(|w| w.len() == 3 && w[0] == "cell");
    let part = |w: Vec<&str>| {
        let (kind, name) = (plain(w[1]), plain(w[2]));
        (kind != CORE && modules.0.contains_key(kind)).then(|| (line_name(name), modules.cells(kind)))
    };
    instances.filter_map(part).collect()
}

/// The plan's name for an instance.
fn line_name(instance: &str) -> String {
    match (instance, instance.strip_suffix("_rom")) {
        (_, Some(table)) => table.into(),
        ("banks", _) => "activations".into(),
        ("pool", _) => "pooling".into(),
        _ => instance.into(),
    }
}

/// A name without Yosys' mark of public names.
fn plain(name: &str) -> &str {
    name.trim_start_matches('\\')
}

/// Cells and instances of every module, by type.
struct Modules(BTreeMap<String, Map<String, Value>>);

impl Modules {
    fn parse(text: &str) -> Self {
        let start = text.find('{').unwrap();
        let all: Value = serde_json::from_str(&text[start..]).unwrap();
        let of = |m: &Value| m["num_cells_by_type"].as_object().unwrap().clone();
        Modules(all["modules"].as_object().unwrap().iter().map(|(k, m)| (plain(k).to_string(), of(m))).collect())
    }

    /// Everything in and below a module.
    fn cells(&self, module: &str) -> Cells {
        let mut sum = Cells::default();
        for (cell, count) in &self.0[module] {
            let count = count.as_u64().unwrap() as usize;
            match self.0.contains_key(plain(cell)) {
                true => (0..count).for_each(|_| sum += self.cells(plain(cell))),
                false => sum += Cells::of_cell(cell, count),
            }
        }
        sum
    }
}

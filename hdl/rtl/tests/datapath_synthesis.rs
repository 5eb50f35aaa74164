//! What Yosys makes of the leaves on Xilinx 7: multipliers and block RAMs, exactly as many as the plan counts on.

use std::fs;
use std::process::Command;

use systole_rtl::leaf::{Leaf, Parameter};
use systole_rtl::leaves::act_mem::ActMem;
use systole_rtl::leaves::pe_array::PeArray;
use systole_rtl::leaves::requant::Requant;
use systole_rtl::leaves::weight_store::WeightStore;

const YOSYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/yosys");

/// Cells of a synthesised leaf.
#[derive(Debug, PartialEq, Eq)]
struct Cells {
    dsp: usize,
    ramb36: usize,
    ramb18: usize,
}

fn dsp(dsp: usize) -> Cells {
    Cells { dsp, ramb36: 0, ramb18: 0 }
}

fn ram(ramb36: usize, ramb18: usize) -> Cells {
    Cells { dsp: 0, ramb36, ramb18 }
}

/// Synthesises a leaf with its parameters and memory images.
fn synthesise(leaf: &dyn Leaf, images: &[(String, String)]) -> Cells {
    let folder = tempfile::tempdir().expect("a scratch folder");
    for (name, text) in images {
        fs::write(folder.path().join(name), text).expect("an image");
    }
    let own = [(leaf.module(), leaf.source())];
    for (name, text) in leaf.submodules().into_iter().chain(own) {
        fs::write(folder.path().join(format!("{name}.v")), text).expect("a source");
    }
    let set = |parameter: Parameter| match parameter {
        Parameter::Integer(name, value) => format!(" -set {name} {value}"),
        Parameter::Text(name, value) => format!(" -set {name} \"{value}\""),
    };
    let parameters: String = leaf.parameters().into_iter().map(set).collect();
    let module = leaf.module();
    let script = format!(
        "read_verilog -defer *.v; chparam{parameters} {module}; synth_xilinx -family xc7 -flatten -top {module}; \
         tee -q -o cells.txt stat"
    );
    let run = Command::new(YOSYS).arg(script).current_dir(folder.path()).output().expect("tools/yosys starts");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    count(&fs::read_to_string(folder.path().join("cells.txt")).expect("the cell counts"))
}

/// Lines of a count and a cell type, in either order.
fn count(text: &str) -> Cells {
    let of = |cell: &str| -> usize {
        let line = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).find(|w| w.contains(&cell));
        line.and_then(|words| words.iter().find_map(|word| word.parse().ok())).unwrap_or(0)
    };
    Cells { dsp: of("DSP48E1"), ramb36: of("RAMB36E1"), ramb18: of("RAMB18E1") }
}

#[test]
fn a_pe_and_a_rescale_unit_are_one_multiplier_each() {
    assert_eq!(synthesise(&PeArray::new(4, 4, 25), &[]), dsp(4 * 4));
    assert_eq!(synthesise(&Requant::new(4, 25, 17, 24), &[]), dsp(4));
}

/// `ceil(depth / 2048)` halves a bank, as whole blocks where even.
#[test]
fn activation_banks_take_the_fewest_halves() {
    assert_eq!(synthesise(&ActMem::new(2, 2000), &[]), ram(0, 2));
    assert_eq!(synthesise(&ActMem::new(2, 2100), &[]), ram(2, 0));
    assert_eq!(synthesise(&ActMem::new(2, 5000), &[]), ram(0, 6));
}

/// A whole block per column and full chunk; the tail as few halves as its bytes need.
#[test]
fn weight_chunks_keep_their_parity_bits() {
    let store = |depth: usize, cols: usize| {
        let weight = |i: usize| (i.wrapping_mul(0x9e37_79b9) >> 13) as i8;
        let words = (0..depth).map(|d| (0..cols).map(|c| weight(d * cols + c)).collect()).collect();
        let store = WeightStore::new(cols, 0, false, "w", words);
        let images = store.images();
        synthesise(&store, &images)
    };
    assert_eq!(store(4000, 8), ram(8, 0));
    assert_eq!(store(600, 5), ram(0, 3));
    assert_eq!(store(500, 8), ram(1, 0));
    assert_eq!(store(4096 + 2000, 9), ram(8 + 4 + 1, 1));
}

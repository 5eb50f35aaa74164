//! A save file of GTKWave: which signals of a waveform are shown, in which order and form.

use super::tree::CYCLE_NS;
use super::{Named, TopBlock};
use rust_hdl::prelude::{Atom, Block, Probe};
use std::ops::Range;

/// Says who wrote the file; GTKWave drops it when it saves one of its own.
pub const MARK: &str = "[*] systole: the streams and the layers; GTKWave may save over it\n";

/// Forms of values, as GTKWave numbers them in hexadecimal flags: one bit, hexadecimal, decimal, text (its ASCII, right-justified), a
/// heading.
const BIT: &str = "@28";
const HEX: &str = "@22";
const DECIMAL: &str = "@24";
const TEXT: &str = "@820";
const HEADING: &str = "@200";
/// Headings, and how the top's ports under them begin.
const GROUPS: [(&str, &[&str]); 4] = [
    ("clock and reset", &["clk_", "rst_"]),
    ("images in", &["s_axis_"]),
    ("results out", &["m_axis_"]),
    ("registers", &["s_axil_"]),
];
const LAYERS: &str = "layer of the array";

/// Pixels that GTKWave's window has for the waves when it opens, and pixels of a unit of time at zoom 0; each step of the zoom halves these.
const PIXELS: f64 = 800.0;
const PIXELS_AT_ZOOM_0: f64 = 200.0;

/// The save file of the waveform `vcd`, a path from beside it, that holds the cycles of `window`: all of them are shown at first.
pub fn text(vcd: &str, tree: &TopBlock, named: &Named, window: Range<u64>) -> String {
    let mut seen = Signals { named, scopes: Vec::new(), ports: Vec::new(), layer: None };
    tree.accept(tree.module(), &mut seen);
    let (start, lasts) = (window.start * CYCLE_NS, (window.end.saturating_sub(window.start) * CYCLE_NS).max(1));
    let zoom = (PIXELS_AT_ZOOM_0 * lasts as f64 / PIXELS).log2();
    let mut text = format!("{MARK}[dumpfile] \"{vcd}\"\n[timestart] {start}\n*-{zoom:.6} {start}\n");
    text += &format!("[sst_expanded] 1\n[treeopen] {}.\n", tree.module());
    if let Some((path, bits)) = &seen.layer {
        let scope = path.rsplit_once('.').map_or("", |(scope, _)| scope);
        text += &format!("{HEADING}\n-{LAYERS}\n{TEXT}\n{scope}.{}\n{}", named.variable, shown(path, *bits, DECIMAL));
    }
    for (heading, starts) in GROUPS {
        text += &format!("{HEADING}\n-{heading}\n");
        let own = |name: &str| starts.iter().any(|start| name.starts_with(start));
        for (_, path, bits) in seen.ports.iter().filter(|(name, ..)| own(name)) {
            text += &shown(path, *bits, HEX);
        }
    }
    text
}

/// A signal with its form.
fn shown(path: &str, bits: usize, form: &str) -> String {
    match bits {
        1 => format!("{BIT}\n{path}\n"),
        bits => format!("{form}\n{path}[{}:0]\n", bits - 1),
    }
}

/// What a visit of the tree has seen.
struct Signals<'n> {
    named: &'n Named,
    scopes: Vec<String>,
    /// The top's own: name, path, bits.
    ports: Vec<(String, String, usize)>,
    layer: Option<(String, usize)>,
}

impl Probe for Signals<'_> {
    fn visit_start_scope(&mut self, name: &str, _node: &dyn Block) {
        self.scopes.push(name.into());
    }

    fn visit_atom(&mut self, name: &str, signal: &dyn Atom) {
        let path = format!("{}.{name}", self.scopes.join("."));
        if self.layer.is_none() && name == self.named.signal {
            self.layer = Some((path.clone(), signal.bits()));
        }
        if self.scopes.len() == 1 {
            self.ports.push((name.into(), path, signal.bits()));
        }
    }

    fn visit_end_scope(&mut self, _name: &str, _node: &dyn Block) {
        self.scopes.pop();
    }
}

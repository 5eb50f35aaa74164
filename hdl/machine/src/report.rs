//! What a plan costs, per part of the machine.

use serde::{Deserialize, Serialize};

/// Resources of one module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CostLine {
    pub module: String,
    /// 18 Kbit halves used alone, and full 36 Kbit blocks (Xilinx); ECP5 and GW5A count 18 Kbit blocks in `bram18`.
    pub bram18: usize,
    pub bram36: usize,
    /// UltraRAMs of 288 Kbit.
    #[serde(default)]
    pub uram: usize,
    pub dsp: usize,
    pub lut: usize,
    pub ff: usize,
}

/// Resources of the whole machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    pub lines: Vec<CostLine>,
}

impl CostLine {
    /// Block RAM in 18 Kbit blocks.
    pub fn ram18(&self) -> usize {
        self.bram18 + 2 * self.bram36
    }
}

impl Cost {
    /// 18 Kbit blocks in all.
    pub fn ram18(&self) -> usize {
        self.total().ram18()
    }

    /// Sum over all modules.
    pub fn total(&self) -> CostLine {
        let mut t = CostLine { module: "total".into(), ..CostLine::default() };
        for l in &self.lines {
            t.bram18 += l.bram18;
            t.bram36 += l.bram36;
            t.uram += l.uram;
            t.dsp += l.dsp;
            t.lut += l.lut;
            t.ff += l.ff;
        }
        t
    }
}

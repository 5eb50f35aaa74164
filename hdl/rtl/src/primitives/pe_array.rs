//! The output-stationary array with its drain chains.

use crate::ports::pe_array;
use crate::primitive::{Module, Parameter, Primitive};
use systole_machine::board::Family;
use systole_machine::geometry::Geometry;

/// The array behind `pe_array.v`.
#[derive(Clone, Debug)]
pub struct PeArray {
    pub geometry: Geometry,
    /// Decides which DSP slices are instantiated.
    pub family: Family,
}

impl PeArray {
    /// On ECP5 it is left to the tool what multiplies; elsewhere DSP slices are instantiated.
    pub fn new(g: &Geometry, family: Family) -> Self {
        PeArray { geometry: g.clone(), family }
    }
}

impl Primitive for PeArray {
    fn verilog(&self) -> &'static Module {
        &pe_array::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        let g = &self.geometry;
        let slice = match self.family {
            Family::Ecp5 => 0,
            Family::Xc7 => 1,
            Family::Xcup => 2,
            Family::Gw5a => 3,
        };
        vec![
            Parameter::Integer("ROWS", g.rows as u64),
            Parameter::Integer("COLS", g.cols as u64),
            Parameter::Integer("ACC_W", g.acc_bits as u64),
            Parameter::Integer("PAIRS", g.pairs() as u64),
            Parameter::Integer("FABRIC", g.fabric() as u64),
            Parameter::Integer("PER_LINK", g.per_link.0 as u64),
            Parameter::Integer("SLICE", slice),
            Parameter::Integer("CASCADE", self.family.cascade() as u64),
        ]
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        let mut modules = vec![
            ("chain_link", include_str!("../../v/chain_link.v")),
            ("delay", include_str!("../../v/delay.v")),
            ("dsp_mac", include_str!("../../v/dsp_mac.v")),
            ("pe", include_str!("../../v/pe.v")),
        ];
        match self.family {
            Family::Xc7 => modules.push(("dsp48e1_mac", include_str!("../../v/dsp48e1_mac.v"))),
            Family::Xcup => modules.push(("dsp48e2_mac", include_str!("../../v/dsp48e2_mac.v"))),
            Family::Gw5a => modules.push(("gw5a_mac", include_str!("../../v/gw5a_mac.v"))),
            Family::Ecp5 => {}
        }
        if self.geometry.pairs() > 0 {
            modules.push(("pair_mul", include_str!("../../v/pair_mul.v")));
            modules.push(("pe_pair", include_str!("../../v/pe_pair.v")));
        }
        if self.geometry.fabric() > 0 {
            modules.push(("lut_mul", include_str!("../../v/lut_mul.v")));
        }
        modules
    }

    fn models(&self) -> Vec<(&'static str, &'static str)> {
        match self.family {
            Family::Xc7 => vec![("DSP48E1", include_str!("../../v/models/DSP48E1.v"))],
            Family::Xcup => vec![("DSP48E2", include_str!("../../v/models/DSP48E2.v"))],
            Family::Gw5a => vec![("MULT12X12", include_str!("../../v/models/MULT12X12.v"))],
            Family::Ecp5 => Vec::new(),
        }
    }
}

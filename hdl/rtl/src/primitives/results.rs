//! Layer checksums, class sums or a dump in place of them, and the result stream.

use super::bits::index_bits;
use crate::ports::results;
use crate::primitive::{Module, Parameter, Primitive};

/// Sizes and widths of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultsShape {
    pub layers: usize,
    /// Bits of a layer index: enough for all layers.
    pub layer_bits: usize,
    /// Sums of a result.
    pub classes: usize,
    /// Bits of a lane sum, at most 31.
    pub sum_bits: usize,
    /// Bits of an activation's number in its lane.
    pub first_bits: usize,
    /// Bits of what a class's sum begins with, signed, 1 to 32.
    pub offset_bits: usize,
    /// Sums in block RAM, otherwise in distributed RAM.
    pub block: bool,
}

/// The results behind `results.v`.
#[derive(Clone, Debug)]
pub struct Results {
    pub shape: ResultsShape,
}

impl Results {
    pub fn new(shape: ResultsShape) -> Self {
        Results { shape }
    }
}

impl Primitive for Results {
    fn verilog(&self) -> &'static Module {
        &results::MODULE
    }

    fn parameters(&self) -> Vec<Parameter> {
        let ResultsShape { layers, layer_bits, classes, sum_bits, first_bits, offset_bits, block } = self.shape;
        vec![
            Parameter::Integer("LAYERS", layers as u64),
            Parameter::Integer("LAYER_W", layer_bits as u64),
            Parameter::Integer("CLASSES", classes as u64),
            Parameter::Integer("CLASS_W", index_bits(classes) as u64),
            Parameter::Integer("SUM_W", sum_bits as u64),
            Parameter::Integer("FIRST_W", first_bits as u64),
            Parameter::Integer("OFFSET_W", offset_bits as u64),
            Parameter::Integer("BLOCK", block.into()),
        ]
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("skid", include_str!("../../v/skid.v")),
            ("sum_bank", include_str!("../../v/sum_bank.v")),
            ("checksums", include_str!("../../v/checksums.v")),
            ("capture", include_str!("../../v/capture.v")),
        ]
    }
}

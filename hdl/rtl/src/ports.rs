//! The ports of the primitives, as their Verilog declares them: written by `build.rs`, a module per primitive.
//!
//! Each has `MODULE`, with the list of ports, and `In` and `Out`, through which a model reads and drives them by name.

use crate::primitive::Values;

/// The structures for both directions of a primitive's ports.
pub trait Views {
    type In<'v>;
    type Out<'v>;
    fn inputs(values: &Values) -> Self::In<'_>;
    fn outputs(values: &mut Values) -> Self::Out<'_>;
}

include!(concat!(env!("OUT_DIR"), "/ports.rs"));

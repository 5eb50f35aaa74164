//! Block RAM with the weights as its initial contents: `weight_store.v`.

use super::{chunks, LoadOrder, Rams, Readback, WeightStore};
use crate::geometry::Geometry;
use crate::logic::Logic;
use crate::plan::Draft;

pub struct Initialised;

impl WeightStore for Initialised {
    fn text(&self) -> &'static str {
        "initialised weights"
    }

    fn latency(&self, g: &Geometry) -> usize {
        chunks::latency(g)
    }

    fn rams(&self, g: &Geometry) -> Vec<Rams> {
        chunks::rams(g, 0)
    }

    fn logic(&self, g: &Geometry) -> Logic {
        chunks::reading(g)
    }

    fn readback(&self, g: &Geometry) -> Readback {
        chunks::readback(g)
    }

    fn contents(&self, _draft: &Draft, weights: &[i8]) -> Vec<u8> {
        chunks::contents(weights)
    }

    fn load_order(&'static self) -> Option<&'static dyn LoadOrder> {
        None
    }
}

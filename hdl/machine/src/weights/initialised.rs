//! Block RAM with the weights as its initial contents: `weight_store.v`.

use super::{chunks, LoadOrder, RamKind, Rams, WeightStore};
use crate::geometry::Geometry;
use crate::logic::Logic;

pub struct Initialised;

impl WeightStore for Initialised {
    fn text(&self) -> &'static str {
        "initialised weights"
    }

    fn latency(&self, g: &Geometry) -> usize {
        chunks::latency(g)
    }

    fn rams(&self, g: &Geometry) -> Vec<Rams> {
        chunks::rams(g, RamKind::Block)
    }

    fn logic(&self, g: &Geometry) -> Logic {
        chunks::reading(g)
    }

    fn load_order(&'static self) -> Option<&'static dyn LoadOrder> {
        None
    }
}

//! RAM that the host writes after every start: `weight_memory.v`.

use super::{chunks, LoadOrder, Rams, Readback, WeightStore};
use crate::geometry::Geometry;
use crate::logic::Logic;
use crate::plan::Draft;

/// The store by what its memories are made of.
pub struct Written {
    /// How many of a column group's memories are UltraRAM: the first ones.
    ultra: fn(&Geometry) -> usize,
    text: &'static str,
}

pub static BLOCK: Written = Written { ultra: |_| 0, text: "weights in block RAM, loaded by the host" };
pub static ULTRA: Written = Written { ultra: chunks::memories, text: "weights in UltraRAM, loaded by the host" };
pub static ULTRA_AND_BLOCK: Written =
    Written { ultra: |g| g.ultra, text: "weights in UltraRAM and in block RAM, loaded by the host" };

impl WeightStore for Written {
    fn text(&self) -> &'static str {
        self.text
    }

    fn latency(&self, g: &Geometry) -> usize {
        chunks::latency(g)
    }

    fn rams(&self, g: &Geometry) -> Vec<Rams> {
        chunks::rams(g, (self.ultra)(g))
    }

    fn logic(&self, g: &Geometry) -> Logic {
        chunks::reading(g).plus(chunks::writing(g))
    }

    fn readback(&self, g: &Geometry) -> Readback {
        chunks::readback(g)
    }

    fn contents(&self, _draft: &Draft, weights: &[i8]) -> Vec<u8> {
        chunks::contents(weights)
    }

    fn load_order(&'static self) -> Option<&'static dyn LoadOrder> {
        Some(self)
    }
}

impl LoadOrder for Written {
    fn count(&self, g: &Geometry) -> usize {
        chunks::load_count(g)
    }

    fn words(&self, g: &Geometry, contents: &[u8]) -> Vec<u128> {
        chunks::load_words(g, contents)
    }

    fn contents(&self, g: &Geometry, words: &[u128]) -> Vec<u8> {
        chunks::loaded(g, words)
    }
}

//! Which weight store a plan takes.

use crate::constraints::{Limits, WeightChoice};
use crate::cost::{weight_ram, Ram};
use systole_machine::board::Family;
use systole_machine::{Geometry, WeightMemory};

/// The first store that is as the user wants it and finds its UltraRAM. Block RAM is judged later, with everything else that takes some.
pub(crate) fn choose(g: &Geometry, family: Family, limits: &Limits) -> WeightMemory {
    let wanted = |weights: &WeightMemory| match limits.weights {
        None => true,
        Some(WeightChoice::Initialised) => !weights.store().is_loaded(),
        Some(WeightChoice::Loaded) => weights.store().is_loaded(),
    };
    let fits = |weights: &WeightMemory| ram(g, *weights, family).ultra <= limits.uram;
    WeightMemory::ALL.into_iter().find(|weights| wanted(weights) && fits(weights)).unwrap_or_default()
}

/// UltraRAMs that the weights would take, where the device has some and the store takes none.
pub(crate) fn ultra_missed(g: &Geometry, family: Family, limits: &Limits) -> Option<usize> {
    let taken = |weights| ram(g, weights, family).ultra;
    let wants = WeightMemory::ALL.into_iter().map(taken).find(|&ultra| ultra > 0);
    wants.filter(|_| limits.uram > 0 && taken(g.weights) == 0)
}

fn ram(g: &Geometry, weights: WeightMemory, family: Family) -> Ram {
    weight_ram(&Geometry { weights, ..g.clone() }, family)
}

//! Which weight store a plan takes.

use crate::constraints::{Limits, WeightChoice};
use crate::cost::weight_ram;
use systole_machine::board::Family;
use systole_machine::{Geometry, WeightMemory};

/// UltraRAM where there is enough of it, unless the weights are to be there without a host; else block RAM.
pub(crate) fn choose(g: &Geometry, family: Family, limits: &Limits) -> WeightMemory {
    let fits = (1..=limits.uram).contains(&in_ultra(g, family));
    match limits.weights {
        Some(WeightChoice::Initialised) => WeightMemory::Initialised,
        _ if fits => WeightMemory::Ultra,
        Some(WeightChoice::Loaded) => WeightMemory::Loaded,
        None => WeightMemory::Initialised,
    }
}

/// UltraRAMs that the weights would take, where the device has some and the store is another.
pub(crate) fn ultra_missed(g: &Geometry, family: Family, limits: &Limits) -> Option<usize> {
    (limits.uram > 0 && g.weights != WeightMemory::Ultra).then(|| in_ultra(g, family))
}

fn in_ultra(g: &Geometry, family: Family) -> usize {
    weight_ram(&Geometry { weights: WeightMemory::Ultra, ..g.clone() }, family).ultra
}

//! Which weight store a plan takes.

use crate::constraints::{Limits, StoreChoice, WeightChoice};
use crate::cost::{weight_ram, Ram};
use systole_machine::board::Family;
use systole_machine::weights::codes::Codes;
use systole_machine::{Geometry, WeightMemory};

/// The first store that is as the user wants it, finds its UltraRAM, and leaves the block RAM that everything else cannot do without:
/// `room` blocks of 18 Kbit. Where none does, the last that can keep the weights at all.
pub(crate) fn choose(
    g: &Geometry,
    family: Family,
    limits: &Limits,
    room: usize,
    codes: impl FnOnce() -> Option<Codes>,
) -> Option<Geometry> {
    let wanted = |weights: &&WeightMemory| {
        let store = weights.store();
        let loaded = match limits.weights {
            None => true,
            Some(WeightChoice::Initialised) => !store.is_loaded(),
            Some(WeightChoice::Loaded) => store.is_loaded(),
        };
        loaded
            && match limits.store {
                None => true,
                Some(StoreChoice::Bytes) => !store.is_coded(),
                Some(StoreChoice::Codes) => store.is_coded(),
            }
    };
    let with = |weights: WeightMemory| Geometry { weights, ..g.clone() }.dividing(limits.uram);
    let ultra = |g: &Geometry| {
        let taken = weight_ram(g, family).ultra;
        taken <= limits.uram && (taken > 0 || g.weights != WeightMemory::UltraAndBlock)
    };
    let fits = |g: &Geometry| ultra(g) && weight_ram(g, family).halves() <= room;
    let (coded, bytes): (Vec<_>, Vec<_>) = WeightMemory::ALL.iter().filter(wanted).partition(|w| w.store().is_coded());
    let bytes: Vec<Geometry> = bytes.into_iter().map(|&weights| with(weights)).filter(ultra).collect();
    if let Some(g) = bytes.iter().find(|g| fits(g)) {
        return Some(g.clone());
    }
    let codes = if coded.is_empty() { None } else { codes() };
    let coded = codes.and_then(|codes| coded.first().map(|&&weights| Geometry { codes, ..with(weights) }));
    coded.or_else(|| bytes.into_iter().next())
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

//! The weight store in the core: which primitive a plan's store is, its wires and its memory images.

use super::check;
use super::describe::Top;
use super::expression::bits;
use super::shapes::Shapes;
use crate::design::File;
use systole_machine::memories::WEIGHTS;
use systole_machine::WeightMemory;

/// What is said of the instance, and the wire of a step's weights.
const COMMENT: &str = "A step's weights, skewed.";
const STEP: &str = "step_weights";

/// Adds the plan's store.
pub fn add(t: &mut Top, s: &Shapes) -> Vec<File> {
    match s.plan.geometry.weights {
        WeightMemory::Initialised => initialised(t, s),
        WeightMemory::Loaded | WeightMemory::Ultra => written(t, s),
    }
}

fn initialised(t: &mut Top, s: &Shapes) -> Vec<File> {
    let weights = s.weights();
    let images = weights.images().into_iter().map(|(name, text)| File::text(name, text)).collect();
    let store = t.primitive("weights", COMMENT, weights);
    check::connect(store, s, WEIGHTS);
    store.input("wgt_addr_i", "wgt_addr").output("w_o", STEP);
    images
}

/// RAM that takes the input beats while the host loads.
fn written(t: &mut Top, s: &Shapes) -> Vec<File> {
    let memory = t.primitive("weights", COMMENT, s.weight_memory());
    check::connect(memory, s, WEIGHTS);
    memory
        .input("load_i", "load_i")
        .input("s_valid_i", "arrived")
        .input("s_data_i", bits("beat", s.beat_bits() - 1, 0))
        .input("m_ready_i", "beat_ready")
        .output("s_ready_o", "arrived_ready")
        .output("m_valid_o", "beat_valid")
        .output("w_o", STEP)
        .output("load_word_o", "load_word_o")
        .by_name();
    Vec::new()
}
